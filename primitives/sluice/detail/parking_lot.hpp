// SPDX-License-Identifier: BSL-1.0
#pragma once
// parking_lot: lines of sleepers, found by the address of the word that they sleep on. What a futex is to threads, for
// sleepers that are something else; how they sleep and are woken is their business. After WebKit's ParkingLot and Linux's futex.
//
// park puts a sleeper in line if its word still holds what it should; unpark takes the first ones of a word out of line, and
// whoever takes a sleeper out makes it go on. cancel is for who does not wait any longer (time is up, a stop was requested):
// either it takes the sleeper out, or somebody else has, or will never have to, for the sleeper then refuses to be parked.
//
// Guarantee. park, unpark and cancel hold one of many small locks for a short time; unpark does not where nobody sleeps
// near the word. First in line, first out. Nobody is taken out twice, and by the time that `ready(s)` is called nothing of the
// lot is held and nothing of the lot touches s any more.
//
// Invariants, under the bucket's lock
//   1. A sleeper is in its bucket's line if and only if in_line is true.
//   2. sleepers is how many are in the line, and one more while a park looks at its word.
//
// Edges (release -> acquire)
//   [look]  park -> unpark   seq_cst fences: forbids that the word's old value is seen after its waker saw nobody (store
//           buffering): the word is changed, fence, the number is read; the number is raised, fence, the word is read
// Relaxed: the number, which that fence orders; who sees it too high takes the lock and finds out.
#include <cstddef>
#include <cstdint>

#include <sluice/detail/futex_lock.hpp>

namespace sluice::detail {

template <class Platform, std::size_t Buckets>
class parking_lot {
  template <class T>
  using var = typename Platform::template var<T>;

 public:
  class sleeper {
   public:
    explicit sleeper(const void* address) noexcept : address_(address) {}
    sleeper(const sleeper&) = delete;
    sleeper& operator=(const sleeper&) = delete;
    ~sleeper() = default;
    const void* address() const noexcept { return address_; }

   private:
    friend parking_lot;
    const void* const address_;
    // Under the bucket's lock.
    var<sleeper*> next_{nullptr};
    var<sleeper*> previous_{nullptr};
    var<bool> in_line_{false};
    var<bool> refuses_{false};
  };

  // Puts `s` in line. False, and nothing has happened, if `holds()` is false or `s` was cancelled. Once.
  template <class Holds>
  [[nodiscard]] bool park(sleeper& s, Holds holds) {
    bucket& b = bucket_of(s.address_);
    const lock_held lock(b.guard);
    if (s.refuses_.load()) return false;
    const std::uint32_t before = b.sleepers.load(std::memory_order_relaxed);
    b.sleepers.store(before + 1, std::memory_order_relaxed);
    Platform::fence(std::memory_order_seq_cst);  // [look] -> unpark
    if (!holds()) {
      b.sleepers.store(before, std::memory_order_relaxed);
      return false;
    }
    append(b, s);
    return true;
  }

  // Takes up to `n` sleepers of the word at `address` out of line and calls ready(s) for each; how many they were.
  template <class Ready>
  std::size_t unpark(const void* address, std::size_t n, Ready ready) {
    Platform::fence(std::memory_order_seq_cst);  // [look] <- park
    bucket& b = bucket_of(address);
    if (b.sleepers.load(std::memory_order_relaxed) == 0) return 0;
    std::size_t count = 0;
    for (sleeper* s = take(b, address, n, count); s != nullptr;) {
      sleeper* const next = s->next_.load();  // s may be gone once it is ready
      ready(*s);
      s = next;
    }
    return count;
  }

  // True: it was in line, is not any more, and the caller makes it go on. False: another one took it out, or it is not
  // parked yet and will refuse to be.
  [[nodiscard]] bool cancel(sleeper& s) {
    bucket& b = bucket_of(s.address_);
    const lock_held lock(b.guard);
    s.refuses_.store(true);
    if (!s.in_line_.load()) return false;
    remove(b, s);
    return true;
  }

 private:
  struct bucket {
    futex_lock<Platform> guard;
    typename Platform::template atomic<std::uint32_t> sleepers{0};  // written under the lock
    var<sleeper*> first{nullptr};
    var<sleeper*> last{nullptr};
  };
  static_assert((Buckets & (Buckets - 1)) == 0, "a power of two");

  bucket& bucket_of(const void* address) noexcept {
    // The upper bits of a product with the golden ratio's fraction.
    const std::uint64_t mixed = (reinterpret_cast<std::uintptr_t>(address) >> 2U) * std::uint64_t{0x9E3779B97F4A7C15};
    return table_[(mixed >> 40U) % Buckets];
  }

  static void append(bucket& b, sleeper& s) {
    sleeper* const last = b.last.load();
    s.previous_.store(last);
    (last == nullptr ? b.first : last->next_).store(&s);
    b.last.store(&s);
    s.in_line_.store(true);
  }
  static void remove(bucket& b, sleeper& s) {
    sleeper* const before = s.previous_.load();
    sleeper* const after = s.next_.load();
    (before == nullptr ? b.first : before->next_).store(after);
    (after == nullptr ? b.last : after->previous_).store(before);
    s.in_line_.store(false);
    b.sleepers.store(b.sleepers.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  }
  // The first `n` of the word, out of line and linked in their order.
  static sleeper* take(bucket& b, const void* address, std::size_t n, std::size_t& count) {
    const lock_held lock(b.guard);
    sleeper* taken = nullptr;
    sleeper* end = nullptr;
    for (sleeper* s = b.first.load(); s != nullptr && count != n;) {
      sleeper* const next = s->next_.load();
      if (s->address_ == address) {
        remove(b, *s);
        s->next_.store(nullptr);
        if (end == nullptr)
          taken = s;
        else
          end->next_.store(s);
        end = s;
        ++count;
      }
      s = next;
    }
    return taken;
  }

  bucket table_[Buckets];
};

}  // namespace sluice::detail
