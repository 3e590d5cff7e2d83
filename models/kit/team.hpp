// SPDX-License-Identifier: BSL-1.0
#pragma once
// Threads that run short concurrent programs again and again, all starting at nearly the same moment.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace sluice::kit {

class team {
 public:
  explicit team(unsigned threads) : size_(threads) {
    for (unsigned i = 0; i != threads; ++i) members_.emplace_back([this, i] { work(i); });
  }
  team(const team&) = delete;
  team& operator=(const team&) = delete;
  // Waits for all to come to rest.
  ~team() {
    {
      const std::lock_guard lock(guard_);
      over_ = true;
    }
    start_.notify_all();
    for (std::thread& m : members_) m.join();
  }

  unsigned size() const noexcept { return size_; }

  // Starts f(0) … f(size() - 1), each on its thread, and returns. One program at a time: finish() comes between.
  void begin(std::function<void(unsigned)> f) {
    const std::lock_guard lock(guard_);
    program_ = std::move(f);
    arrived_.store(0, std::memory_order_relaxed);
    running_ = size();
    ++round_;
    start_.notify_all();
  }

  // Waits until all have returned and rethrows what one of them threw. False: some are still at it after `patience`.
  bool finish(std::chrono::seconds patience) {
    std::unique_lock lock(guard_);
    if (!done_.wait_until(lock, std::chrono::system_clock::now() + patience, [this] { return running_ == 0; }))
      return false;
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    return true;
  }

 private:
  void work(unsigned index) {
    for (std::size_t round = 1;; ++round) {
      {
        std::unique_lock lock(guard_);
        start_.wait(lock, [&] { return over_ || round_ == round; });
        if (over_) return;
      }
      // The last steps to the start are taken awake, or short programs would run one after the other.
      arrived_.fetch_add(1, std::memory_order_relaxed);
      while (arrived_.load(std::memory_order_relaxed) < size_) std::this_thread::yield();
      std::exception_ptr thrown;
      try {
        program_(index);
      } catch (...) {
        thrown = std::current_exception();
      }
      const std::lock_guard lock(guard_);
      if (thrown && !thrown_) thrown_ = thrown;
      if (--running_ == 0) done_.notify_one();
    }
  }

  const unsigned size_;
  std::mutex guard_;
  std::condition_variable start_;
  std::condition_variable done_;
  // Written under the mutex.
  std::function<void(unsigned)> program_;
  std::size_t round_ = 0;
  unsigned running_ = 0;
  bool over_ = false;
  std::exception_ptr thrown_;

  std::atomic<unsigned> arrived_{0};
  std::vector<std::thread> members_;
};

}  // namespace sluice::kit
