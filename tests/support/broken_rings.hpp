// SPDX-License-Identifier: BSL-1.0
#pragma once
// Rings that are wrong on purpose, each in one way that real ones were wrong in.
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <sluice/conqueue.hpp>
#include <sluice/platform.hpp>

namespace sluice::test {

// Vyukov's ring as it is usually written down: a slot that is not filled yet is taken for an empty ring, although pushes
// behind it may have completed; likewise for full.
template <class T, class Platform = std_platform>
class naive_vyukov_ring {
 public:
  explicit naive_vyukov_ring(std::size_t capacity) : slots_(capacity) {
    for (std::size_t i = 0; i != capacity; ++i) slots_[i].turn.store(2 * i, std::memory_order_relaxed);
  }
  template <class... Args>
  conqueue_status try_emplace(Args&&... args) {
    std::uint64_t pos = tail_.load(std::memory_order_relaxed);
    for (;;) {
      slot& s = slots_[pos % slots_.size()];
      const auto ahead = static_cast<std::int64_t>(s.turn.load(std::memory_order_acquire) - 2 * pos);
      if (ahead < 0) return conqueue_status::full;
      if (ahead == 0 &&
          tail_.compare_exchange_weak(pos, pos + 1, std::memory_order_relaxed, std::memory_order_relaxed)) {
        s.element.emplace(std::forward<Args>(args)...);
        s.turn.store(2 * pos + 1, std::memory_order_release);
        return conqueue_status::success;
      }
      pos = tail_.load(std::memory_order_relaxed);
    }
  }
  conqueue_status try_push(T v) { return try_emplace(std::move(v)); }
  expected<T, conqueue_status> try_pop() {
    std::uint64_t pos = head_.load(std::memory_order_relaxed);
    for (;;) {
      slot& s = slots_[pos % slots_.size()];
      const auto ahead = static_cast<std::int64_t>(s.turn.load(std::memory_order_acquire) - (2 * pos + 1));
      if (ahead < 0) return unexpected(conqueue_status::empty);
      if (ahead == 0 &&
          head_.compare_exchange_weak(pos, pos + 1, std::memory_order_relaxed, std::memory_order_relaxed)) {
        T v = std::move(*s.element);
        s.turn.store(2 * (pos + slots_.size()), std::memory_order_release);
        return v;
      }
      pos = head_.load(std::memory_order_relaxed);
    }
  }

 private:
  struct slot {
    typename Platform::template atomic<std::uint64_t> turn{0};
    std::optional<T> element{};
  };
  std::vector<slot> slots_;
  typename Platform::template atomic<std::uint64_t> tail_{0};
  typename Platform::template atomic<std::uint64_t> head_{0};
};

// Tickets by fetch-and-add; who holds one waits until its slot is empty, or full, and the slot knows no lap. `at`: between
// the two a thread can be preempted.
class ticket_ring {
 public:
  explicit ticket_ring(std::size_t capacity) : slots_(capacity) {}
  std::uint64_t push_ticket() { return tail_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t pop_ticket() { return head_.fetch_add(1, std::memory_order_relaxed); }
  void put(std::uint64_t at, int v) {
    for (int free = 0; !slot(at).compare_exchange_weak(free, v, std::memory_order_release, std::memory_order_relaxed);
         free = 0)
      std_platform::pause();
  }
  int take(std::uint64_t at) {
    for (;;) {
      if (const int v = slot(at).exchange(0, std::memory_order_acquire); v != 0) return v;
      std_platform::pause();
    }
  }

 private:
  using word = std_platform::atomic<int>;
  word& slot(std::uint64_t at) { return slots_[at % slots_.size()]; }
  std::vector<word> slots_;
  std_platform::atomic<std::uint64_t> tail_{0};
  std_platform::atomic<std::uint64_t> head_{0};
};

// Moves the element out before it claims the head: two pops can take the same one.
template <class T>
class duplicating_ring {
 public:
  explicit duplicating_ring(std::size_t capacity) { slots_.reserve(capacity); }
  conqueue_status try_push(T v) {
    slots_.push_back(std::move(v));
    return conqueue_status::success;
  }
  expected<T, conqueue_status> try_pop() {
    const std::size_t at = head_.load(std::memory_order_acquire);
    if (at == slots_.size()) return unexpected(conqueue_status::empty);
    T v = std::move(slots_[at]);
    head_.store(at + 1, std::memory_order_release);
    return v;
  }

 private:
  std::vector<T> slots_;
  std_platform::atomic<std::size_t> head_{0};
};

enum class fault { none, overwrites_when_full, last_in_first_out, close_drops, full_one_too_early, drops_one_push };

// Correct but for one sequential fault.
template <fault Fault>
class faulty_queue {
 public:
  explicit faulty_queue(std::size_t capacity) : capacity_(capacity - (Fault == fault::full_one_too_early ? 1 : 0)) {}

  conqueue_status try_push(int v) {
    const std::lock_guard lock(guard_);
    if (closed_) return conqueue_status::closed;
    if (Fault == fault::drops_one_push && v == 2) return conqueue_status::success;
    if (elements_.size() == capacity_) {
      if (Fault != fault::overwrites_when_full) return conqueue_status::full;
      elements_.erase(elements_.begin());
    }
    elements_.push_back(v);
    return conqueue_status::success;
  }
  expected<int, conqueue_status> try_pop() {
    const std::lock_guard lock(guard_);
    if (Fault == fault::close_drops && closed_) return unexpected(conqueue_status::closed);
    if (elements_.empty()) return unexpected(closed_ ? conqueue_status::closed : conqueue_status::empty);
    const auto at = Fault == fault::last_in_first_out ? elements_.end() - 1 : elements_.begin();
    const int v = *at;
    elements_.erase(at);
    return v;
  }
  void close() {
    const std::lock_guard lock(guard_);
    closed_ = true;
  }
  bool is_closed() {
    const std::lock_guard lock(guard_);
    return closed_;
  }

 private:
  std::mutex guard_;
  std::size_t capacity_;
  bool closed_ = false;
  std::vector<int> elements_;
};

}  // namespace sluice::test
