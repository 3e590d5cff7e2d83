// SPDX-License-Identifier: BSL-1.0
#pragma once
// Element types that notice what a container does to them.
#include <atomic>
#include <memory>
#include <stdexcept>
#include <utility>

namespace sluice::test {

// Counts its instances and notices when one is used or destroyed that was never constructed, or already destroyed.
class counted {
 public:
  counted(int v) noexcept : value(v) { begin(); }
  counted(const counted& other) noexcept : value((other.check(), other.value)) { begin(); }
  counted(counted&& other) noexcept : value((other.check(), std::exchange(other.value, moved_out))) { begin(); }
  counted& operator=(const counted& other) noexcept = default;
  counted& operator=(counted&& other) noexcept {
    check(), other.check();
    value = std::exchange(other.value, moved_out);
    return *this;
  }
  ~counted() {
    check();
    self_ = nullptr;
    --live;
  }

  static constexpr int moved_out = -1;
  static inline std::atomic<long> live{0};
  static inline std::atomic<long> faults{0};
  int value;

 private:
  void begin() noexcept {
    self_ = this;
    ++live;
  }
  void check() const noexcept {
    if (self_ != this) ++faults;
  }
  const counted* self_;
};

// A counted int whose next copy or move of this thread throws if told so.
struct fragile {
  struct broken : std::runtime_error {
    broken() : std::runtime_error("fragile: told to throw") {}
  };

  fragile(int v) : count(v) {}
  fragile(const fragile& other) : count((burn(), other.count)) {}
  fragile(fragile&& other) : count((burn(), std::move(other.count))) {}
  fragile& operator=(fragile&&) = delete;

  int value() const noexcept { return count.value; }

  static void throw_next() noexcept { lit = true; }
  static inline thread_local bool lit = false;
  counted count;

 private:
  static void burn() {
    if (std::exchange(lit, false)) throw broken();
  }
};

struct alignas(128) over_aligned {
  over_aligned(int v) noexcept : value(v) {}
  bool is_aligned() const noexcept { return reinterpret_cast<std::uintptr_t>(this) % 128 == 0; }
  int value;
};

// In a namespace where no comma compiles; iterators over these are looked up there too.
namespace without_comma {
struct element {
  int value = 0;
};
template <class A, class B>
void operator,(A&&, B&&) = delete;
}  // namespace without_comma

// Passes a test's end only if every element was destroyed exactly once since it began.
class balance {
 public:
  balance() noexcept : live_(counted::live), faults_(counted::faults) {}
  bool holds() const noexcept { return counted::live == live_ && counted::faults == faults_; }

 private:
  long live_;
  long faults_;
};

}  // namespace sluice::test
