// SPDX-License-Identifier: BSL-1.0
#pragma once
// local_values: what a task, or a thread, keeps for itself: values of any type, each under the address of its key. One owner, no
// sharing. Linear in their number, which is small.
#include <utility>

namespace sluice::detail {

class local_values {
 public:
  local_values() = default;
  local_values(const local_values&) = delete;
  local_values& operator=(const local_values&) = delete;
  ~local_values() { clear(); }

  // The value of the key, made of make() if there is none yet.
  template <class T, class Make>
  T& get(const void* key, Make make) {
    for (entry* e = first_; e != nullptr; e = e->next)
      if (e->key == key) return static_cast<entry_of<T>*>(e)->value;
    auto* const made = new entry_of<T>(key, make());
    made->next = std::exchange(first_, made);  // after make(), which may have asked for others
    return made->value;
  }
  // The youngest first. What their destructors make anew goes, too.
  void clear() noexcept {
    while (first_ != nullptr) delete std::exchange(first_, first_->next);
  }

 private:
  struct entry {
    explicit entry(const void* k) noexcept : key(k) {}
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    virtual ~entry() = default;
    const void* const key;
    entry* next = nullptr;
  };
  template <class T>
  struct entry_of final : entry {
    entry_of(const void* k, T&& v) : entry(k), value(std::move(v)) {}
    T value;
  };
  entry* first_ = nullptr;
};

}  // namespace sluice::detail
