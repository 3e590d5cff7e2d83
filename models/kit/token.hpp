// SPDX-License-Identifier: BSL-1.0
#pragma once
// A move-only element with an identity and a heap block of its own: a leak, a double destruction or an element taken
// twice shows in the engine's heap checks, and a value that was never written shows as an unknown identity.
#include <utility>

namespace sluice::kit {

// Where tokens have their blocks from: new and delete, or an engine that has a heap of its own and says so when the
// program starts.
struct token_heap {
  static inline int* (*make)(int id) = [](int id) { return new int(id); };
  static inline void (*end)(int* block) = [](int* block) { delete block; };
};

class token {
 public:
  explicit token(int id) : id_(token_heap::make(id)) {}
  token(token&& other) noexcept : id_(std::exchange(other.id_, nullptr)) {}
  token& operator=(token&& other) noexcept {
    int* const old = std::exchange(id_, std::exchange(other.id_, nullptr));
    if (old != nullptr) token_heap::end(old);
    return *this;
  }
  token(const token&) = delete;
  token& operator=(const token&) = delete;
  ~token() {
    if (id_ != nullptr) token_heap::end(id_);
  }

  // -1 once moved from.
  int id() const noexcept { return id_ == nullptr ? -1 : *id_; }

 private:
  int* id_;
};

}  // namespace sluice::kit
