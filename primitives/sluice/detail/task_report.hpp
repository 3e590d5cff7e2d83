// SPDX-License-Identifier: BSL-1.0
#pragma once
// What can be said of a task, for people.
#include <cstdint>
#include <exception>
#include <source_location>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <sluice/detail/utc.hpp>

namespace sluice {

struct task_report {
  std::uint64_t id = 0;
  std::string name{};
  std::source_location started{};  // where its go() stands
  const void* waits_on = nullptr;  // the word that has to change; null: it does not wait
};

inline std::string to_string(const task_report& t) {
  std::ostringstream out;
  out << "task " << t.id;
  if (!t.name.empty()) out << " '" << t.name << '\'';
  out << ", started at " << t.started.file_name() << ':' << t.started.line() << " in " << t.started.function_name();
  if (t.waits_on != nullptr) out << ", waits on what is at " << t.waits_on;
  return out.str();
}
inline std::string to_string(const std::vector<task_report>& tasks) {
  std::string text;
  for (const task_report& t : tasks) text += "  " + to_string(t) + '\n';
  return text;
}

// Every task waits, no timer is armed, and whoever waits for the tasks does not wake them: what() lists them.
class deadlock_error : public std::runtime_error {
 public:
  explicit deadlock_error(std::vector<task_report> tasks)
      : std::runtime_error("sluice: all tasks wait, and nothing can wake one:\n" + to_string(tasks)),
        tasks_(std::move(tasks)) {}
  const std::vector<task_report>& tasks() const noexcept { return tasks_; }

 private:
  std::vector<task_report> tasks_;
};

namespace detail {

inline std::string what_of(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const std::exception& x) {
    return x.what();
  } catch (...) {
    return "not a std::exception";
  }
}

}  // namespace detail
}  // namespace sluice
