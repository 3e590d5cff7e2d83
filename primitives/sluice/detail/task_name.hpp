// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_name: what a task is called in reports. Most have no name, or one that is in the program's text, and cost two words.
#include <memory>
#include <string>
#include <utility>

namespace sluice::detail {

class task_name {
 public:
  task_name() = default;
  // `literal` stays where it is for ever.
  explicit task_name(const char* literal) noexcept : literal_(literal) {}
  explicit task_name(std::string&& given) : given_(std::make_unique<const std::string>(std::move(given))) {}

  std::string text() const { return given_ ? *given_ : std::string(literal_); }

 private:
  const char* literal_ = "";
  std::unique_ptr<const std::string> given_;
};

}  // namespace sluice::detail
