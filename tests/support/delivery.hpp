// SPDX-License-Identifier: BSL-1.0
#pragma once
// Producers and consumers on real threads, as fast as they can; afterwards, whether everything came out once and in the
// order of its producer.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include <sluice/conqueue.hpp>

namespace sluice::test {

// Values are producer * each + index. "" if each value arrived once, and each consumer got each producer's in order.
inline std::string what_is_wrong(const std::vector<std::vector<int>>& received, int producers, int each) {
  std::vector<int> times(static_cast<std::size_t>(producers * each), 0);
  for (const std::vector<int>& values : received) {
    std::vector<int> last(static_cast<std::size_t>(producers), -1);
    for (const int v : values) {
      if (v < 0 || v >= producers * each) return "nobody pushed " + std::to_string(v);
      ++times[static_cast<std::size_t>(v)];
      int& before = last[static_cast<std::size_t>(v / each)];
      if (v <= before) return std::to_string(v) + " came after " + std::to_string(before);
      before = v;
    }
  }
  for (std::size_t i = 0; i != times.size(); ++i)
    if (times[i] != 1) return std::to_string(i) + " arrived " + std::to_string(times[i]) + " times";
  return "";
}

// produce(p) and consume(values, left) run on threads of their own; `left` counts what is still to be received.
template <class Produce, class Consume>
std::string deliveries(int producers, int consumers, int each, const Produce& produce, const Consume& consume) {
  std::vector<std::vector<int>> received(static_cast<std::size_t>(consumers));
  std::atomic<int> left{producers * each};
  std::vector<std::thread> threads;
  for (int p = 0; p != producers; ++p) threads.emplace_back([&, p] { produce(p); });
  for (std::vector<int>& values : received) threads.emplace_back([&] { consume(values, left); });
  for (std::thread& t : threads) t.join();
  return what_is_wrong(received, producers, each);
}

template <class Ring>
std::string try_deliveries(Ring& ring, int producers, int consumers, int each) {
  return deliveries(
      producers, consumers, each,
      [&](int p) {
        for (int i = 0; i != each; ++i)
          while (ring.try_emplace(p * each + i) != conqueue_status::success) std::this_thread::yield();
      },
      [&](std::vector<int>& values, std::atomic<int>& left) {
        while (left.load(std::memory_order_relaxed) > 0) {
          auto v = ring.try_pop();
          if (!v.has_value()) {
            std::this_thread::yield();
            continue;
          }
          left.fetch_sub(1, std::memory_order_relaxed);
          values.push_back((*v).value);
        }
      });
}

template <class Ring>
std::string bulk_deliveries(Ring& ring, int producers, int consumers, int each) {
  return deliveries(
      producers, consumers, each,
      [&](int p) {
        std::array<int, 5> values{};
        for (int next = 0; next < each;) {
          const int n = std::min<int>(static_cast<int>(values.size()), each - next);
          for (int i = 0; i != n; ++i) values[static_cast<std::size_t>(i)] = p * each + next + i;
          const bulk_result done = ring.try_push_n(values.begin(), static_cast<std::size_t>(n));
          next += static_cast<int>(done.count);
          if (done.count == 0) std::this_thread::yield();
        }
      },
      [&](std::vector<int>& received, std::atomic<int>& left) {
        std::array<int, 4> values{};
        while (left.load(std::memory_order_relaxed) > 0) {
          const bulk_result done = ring.try_pop_n(values.data(), values.size());
          left.fetch_sub(static_cast<int>(done.count), std::memory_order_relaxed);
          received.insert(received.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(done.count));
          if (done.count == 0) std::this_thread::yield();
        }
      });
}

}  // namespace sluice::test
