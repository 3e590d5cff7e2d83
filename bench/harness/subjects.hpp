// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is measured, under one interface: put(v) and get(out) return when they are done, whether they blocked or spun.
#include <concepts>
#include <cstddef>
#include <utility>

#include <sluice/conqueue.hpp>

#include "../peers/mutex_queue.hpp"
#include "../peers/mutex_ring.hpp"
#include "crew.hpp"

namespace bench {

// A Subject is constructed from a capacity and the number of threads that will use it. Its put and get are inlined, so
// that what is measured is the operation and not a call around it.

// One whose put and get try without blocking: it tries again, see backoff.
template <class Tries>
class spinning {
 public:
  static constexpr bool ordered = !requires { typename Tries::unordered; };
  spinning(std::size_t capacity, int threads) : tries_(capacity, threads) {}
  template <class T>
  [[gnu::always_inline]] void put(T&& v) {
    if (tries_.try_put(v)) [[likely]]
      return;
    T kept = std::move(v);  // a variable of its own, so that the caller's can stay in a register
    again([&] { return tries_.try_put(kept); });
  }
  template <class T>
  [[gnu::always_inline]] void get(T& out) {
    if (tries_.try_get(out)) [[likely]]
      return;
    T got = out;  // as in put
    again([&] { return tries_.try_get(got); });
    out = std::move(got);
  }
  template <class T>
  void put_n(const T* first, std::size_t n) {
    for (backoff b; n != 0; b.wait()) {
      const std::size_t done = tries_.try_put_n(first, n);
      first += done, n -= done;
      if (n == 0) return;
      if (done != 0) b = {};
    }
  }
  template <class T>
  void get_n(T* out, std::size_t n) {
    for (backoff b; n != 0; b.wait()) {
      const std::size_t done = tries_.try_get_n(out, n);
      out += done, n -= done;
      if (n == 0) return;
      if (done != 0) b = {};
    }
  }

 private:
  // Apart, so that the loop around the operation is not measured where its first attempt succeeds.
  template <class Attempt>
  [[gnu::noinline]] static void again(Attempt attempt) {
    backoff b;
    do b.wait();
    while (!attempt());
  }

  Tries tries_;
};

// A ring with Sluice's vocabulary, tried through it as a user would. One that asks for its number of threads gets it.
template <class Ring>
class sluice_tries {
 public:
  using value_type = typename Ring::value_type;
  sluice_tries(std::size_t capacity, int)
    requires(!std::constructible_from<Ring, std::size_t, std::size_t>)
      : ring_(capacity) {}
  sluice_tries(std::size_t capacity, int threads)
    requires std::constructible_from<Ring, std::size_t, std::size_t>
      : ring_(capacity, static_cast<std::size_t>(threads)) {}
  [[gnu::always_inline]] bool try_put(value_type& v) {
    return ring_.try_push(std::move(v)) == sluice::conqueue_status::success;
  }
  [[gnu::always_inline]] bool try_get(value_type& out) {
    auto answer = ring_.try_pop();
    if (!answer) return false;
    out = std::move(*answer);
    return true;
  }
  std::size_t try_put_n(const value_type* first, std::size_t n) { return ring_.try_push_n(first, n).count; }
  std::size_t try_get_n(value_type* out, std::size_t n) { return ring_.try_pop_n(out, n).count; }

 private:
  Ring ring_;
};

template <class T>
class mutex_ring_tries {
 public:
  mutex_ring_tries(std::size_t capacity, int) : ring_(capacity) {}
  [[gnu::always_inline]] bool try_put(T& v) { return ring_.try_push(std::move(v)); }
  [[gnu::always_inline]] bool try_get(T& out) {
    auto answer = ring_.try_pop();
    if (!answer) return false;
    out = std::move(*answer);
    return true;
  }

 private:
  mutex_ring<T> ring_;
};
template <class T>
using mutex_ring_subject = spinning<mutex_ring_tries<T>>;

// One whose push and pop block.
template <class Queue>
class blocking {
 public:
  blocking(std::size_t capacity, int) : queue_(capacity) {}
  template <class T>
  [[gnu::always_inline]] void put(T&& v) {
    static_cast<void>(queue_.push(std::move(v)));  // never closed here; the sum would show it
  }
  template <class T>
  [[gnu::always_inline]] void get(T& out) {
    if (auto answer = queue_.pop()) out = std::move(*answer);
  }

 private:
  Queue queue_;
};
template <class T>
using mutex_queue_subject = blocking<mutex_queue<T>>;

}  // namespace bench
