// SPDX-License-Identifier: BSL-1.0
#pragma once
// A move-only element with an identity and a heap block of its own: a leak, a double destruction or an element taken
// twice shows in the engine's heap checks, and a value that was never written shows as an unknown identity.
#include <utility>

namespace sluice::kit {

class token {
 public:
  explicit token(int id) : id_(new int(id)) {}
  token(token&& other) noexcept : id_(std::exchange(other.id_, nullptr)) {}
  token& operator=(token&& other) noexcept {
    delete std::exchange(id_, std::exchange(other.id_, nullptr));
    return *this;
  }
  token(const token&) = delete;
  token& operator=(const token&) = delete;
  ~token() { delete id_; }

  // -1 once moved from.
  int id() const noexcept { return id_ == nullptr ? -1 : *id_; }

 private:
  int* id_;
};

}  // namespace sluice::kit
