// SPDX-License-Identifier: BSL-1.0
#pragma once
// A value for each of a client's threads, which starts anew in each execution, as a platform's thread_own<T>. A thread_local
// object will not do under a checker: all of a client's threads run on one OS thread and would share it, also with the
// executions before. `Where` is the engine's: self(), below `most`, and changes(), called before a value changes.
#include <array>

namespace sluice::kit {

// T is copied, and compared.
template <class T, class Where>
class thread_own {
 public:
  thread_own() : thread_own(T{}) {}
  // With which each thread starts; so do, on a value of their own, set-up and finish().
  explicit thread_own(const T& first) { own_.fill(first); }
  thread_own(const thread_own&) = delete;
  thread_own& operator=(const thread_own&) = delete;

  const T& get() const { return own_[Where::self()]; }
  void set(const T& value) {
    T& mine = own_[Where::self()];
    if (mine == value) return;
    Where::changes();
    mine = value;
  }

 private:
  std::array<T, Where::most> own_;
};

}  // namespace sluice::kit
