// SPDX-License-Identifier: BSL-1.0
#pragma once
// Other people's queues, where their headers are installed: Boost.Lockfree's (libboost-dev), moodycamel's
// (libconcurrentqueue-dev), atomic_queue (libatomic-queue-dev), and oneTBB's (libtbb-dev), which also needs its library,
// so the build says whether it links it (SLUICE_BENCH_TBB). ./kit deps --peers installs them.
#include <cstddef>
#include <string>
#include <utility>

#if __has_include(<boost/lockfree/queue.hpp>) && __has_include(<boost/lockfree/spsc_queue.hpp>)
#define SLUICE_BENCH_BOOST 1
// GCC and clang warn about shadowing and conversions inside; they are not ours to mend.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <boost/version.hpp>
#pragma GCC diagnostic pop
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#if __has_include(<concurrentqueue/blockingconcurrentqueue.h>)
#define SLUICE_BENCH_MOODYCAMEL 1
#include <concurrentqueue/blockingconcurrentqueue.h>
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
#define SLUICE_BENCH_ATOMIC_QUEUE 1
#include <atomic_queue/atomic_queue.h>
#endif
#pragma GCC diagnostic pop

#if defined(SLUICE_BENCH_TBB) && __has_include(<oneapi/tbb/concurrent_queue.h>)
#include <oneapi/tbb/concurrent_queue.h>
#include <oneapi/tbb/version.h>
#else
#undef SLUICE_BENCH_TBB
#endif

namespace bench {

// Which of them this program holds, in words.
inline std::string third_party_peers() {
  std::string words;
#if defined(SLUICE_BENCH_BOOST)
  words += "Boost.Lockfree " BOOST_LIB_VERSION;
#else
  words += "no Boost.Lockfree";
#endif
#if defined(SLUICE_BENCH_TBB)
  words += ", oneTBB " + std::to_string(TBB_VERSION_MAJOR) + "." + std::to_string(TBB_VERSION_MINOR);
#else
  words += ", no oneTBB";
#endif
#if defined(SLUICE_BENCH_MOODYCAMEL)
  words += ", moodycamel";
#endif
#if defined(SLUICE_BENCH_ATOMIC_QUEUE)
  words += ", atomic_queue";
#endif
  return words;
}

#if defined(SLUICE_BENCH_BOOST)
// Bounded by its nodes, which it allocates beforehand.
template <class T>
class boost_queue {
 public:
  boost_queue(std::size_t capacity, int) : queue_(capacity) {}
  bool try_put(T& v) { return queue_.bounded_push(v); }
  bool try_get(T& out) { return queue_.pop(out); }

 private:
  boost::lockfree::queue<T> queue_;
};

template <class T>
class boost_spsc {
 public:
  boost_spsc(std::size_t capacity, int) : queue_(capacity) {}
  bool try_put(T& v) { return queue_.push(v); }
  bool try_get(T& out) { return queue_.pop(out); }
  std::size_t try_put_n(const T* first, std::size_t n) { return queue_.push(first, n); }
  std::size_t try_get_n(T* out, std::size_t n) { return queue_.pop(out, n); }

 private:
  boost::lockfree::spsc_queue<T> queue_;
};
#endif

#if defined(SLUICE_BENCH_MOODYCAMEL)
// Without a bound; the capacity is what it allocates beforehand. Not FIFO, but each producer's elements keep their order.
template <class T>
class moodycamel_queue {
 public:
  moodycamel_queue(std::size_t capacity, int) : queue_(capacity) {}
  void put(T&& v) { queue_.enqueue(std::move(v)); }
  void get(T& out) { queue_.wait_dequeue(out); }

 private:
  moodycamel::BlockingConcurrentQueue<T> queue_;
};
#endif

#if defined(SLUICE_BENCH_ATOMIC_QUEUE)
// Its elements are never 0. `unordered`: of two holders of tickets for one slot, a lap apart, either may come first.
template <class T>
class atomic_queue_ring {
 public:
  using unordered = void;
  atomic_queue_ring(std::size_t capacity, int) : queue_(static_cast<unsigned>(capacity)) {}
  bool try_put(T& v) { return queue_.try_push(v); }
  bool try_get(T& out) { return queue_.try_pop(out); }

 private:
  atomic_queue::AtomicQueueB<T> queue_;
};
#endif

#if defined(SLUICE_BENCH_TBB)
template <class T>
class tbb_queue {
 public:
  tbb_queue(std::size_t capacity, int) { queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity)); }
  void put(T&& v) { queue_.push(std::move(v)); }
  void get(T& out) { queue_.pop(out); }

 private:
  tbb::concurrent_bounded_queue<T> queue_;
};
#endif

}  // namespace bench
