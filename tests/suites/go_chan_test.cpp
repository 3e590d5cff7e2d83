// SPDX-License-Identifier: BSL-1.0
// What Go's test/chan checks of channels, in our words and code. Goroutines are threads here, so there are fewer.
#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <optional>
#include <queue>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "../support/sanitizers.hpp"

namespace sluice::test::go_chan_test {
namespace {

using namespace std::chrono_literals;

// chan/fifo: order, with a buffer.
TEST(go_fifo, a_buffered_channel_keeps_the_order) {
  const auto c = make_chan<int>(10);
  for (int i = 0; i != 10; ++i) EXPECT_TRUE(c.push(i));
  for (int i = 0; i != 10; ++i) EXPECT_EQ(c.pop(), i);
}

// chan/fifo: order without a buffer, handed down a chain in which each element may pass only when its predecessor has.
TEST(go_fifo, a_chain_without_a_buffer_keeps_the_order) {
  const auto c = make_chan<int>();
  std::vector<std::thread> chain;
  auto in = make_chan<int>();
  const auto start = in;
  for (int i = 0; i != 10; ++i) {
    const auto out = make_chan<int>();
    chain.emplace_back([=] {
      EXPECT_TRUE(in.pop().has_value());
      EXPECT_EQ(c.pop(), i);
      EXPECT_TRUE(out.push(1));
    });
    in = out;
  }
  chain.emplace_back([&] { EXPECT_TRUE(start.push(0)); });
  for (int i = 0; i != 10; ++i) EXPECT_TRUE(c.push(i));
  EXPECT_TRUE(in.pop().has_value());
  for (std::thread& t : chain) t.join();
}

// chan/goroutines: a long chain that each hands an incremented number on.
TEST(go_goroutines, a_number_passes_through_a_long_chain) {
  const int links = scaled(400);
  std::vector<std::thread> chain;
  const auto leftmost = make_chan<int>();
  auto left = leftmost;
  for (int i = 0; i != links; ++i) {
    const auto right = make_chan<int>();
    chain.emplace_back([=] { left.push(right.pop().value() + 1); });
    left = right;
  }
  EXPECT_TRUE(left.push(0));
  EXPECT_EQ(leftmost.pop(), links);
  for (std::thread& t : chain) t.join();
}

// chan/nonblock: for several types, with and without a buffer: what does not wait fails where it would have to, and
// succeeds where it need not.
template <class T>
class go_nonblock : public testing::Test {};
using element_types = testing::Types<int, bool, std::string, double>;
TYPED_TEST_SUITE(go_nonblock, element_types);

TYPED_TEST(go_nonblock, what_need_not_wait_succeeds) {
  const TypeParam value{};
  for (const std::size_t capacity : {0U, 1U}) {
    const auto c = make_chan<TypeParam>(capacity);
    EXPECT_EQ(c.try_pop().error(), conqueue_status::empty);
    std::thread pusher([&] { EXPECT_TRUE(c.push(value)); });
    auto got = c.try_pop();
    for (; !got; got = c.try_pop()) std::this_thread::yield();
    EXPECT_EQ(*got, value);
    pusher.join();
    std::thread popper([&] { EXPECT_EQ(c.pop(), value); });
    while (c.try_push(value) != conqueue_status::success) std::this_thread::yield();
    popper.join();
    if (capacity == 1) {
      EXPECT_EQ(c.try_push(value), conqueue_status::success);
    }
    EXPECT_EQ(c.try_push(value), conqueue_status::full);
  }
}

// chan/doubleselect: a select that offers one number to four channels sends each number once.
TEST(go_doubleselect, no_number_is_sent_twice) {
  const int numbers = scaled(20'000);
  chan<int> c[4];
  for (auto& one : c) one = make_chan<int>();
  const auto merged = make_chan<int>();
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    for (int i = 0; i != numbers; ++i)
      select(on_push(c[0], int{i}), on_push(c[1], int{i}), on_push(c[2], int{i}), on_push(c[3], int{i}));
    for (auto& one : c) one.close();
  });
  std::atomic<int> open{4};
  for (auto& one : c)
    threads.emplace_back([&] {
      for (const int v : receiver<int>(one)) merged.push(v);
      if (--open == 0) merged.close();
    });
  std::vector<int> times(static_cast<std::size_t>(numbers), 0);
  for (const int v : receiver<int>(merged)) ++times[static_cast<std::size_t>(v)];
  for (const int n : times) ASSERT_EQ(n, 1);
  for (std::thread& t : threads) t.join();
}

// chan/sieve1: primes, one filter after another.
TEST(go_sieve, the_chain_of_filters_finds_the_primes) {
  constexpr int primes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47};
  std::stop_source stop;
  std::vector<std::thread> filters;
  receiver<int> in;
  {
    const auto numbers = make_chan<int>();
    filters.emplace_back([=] {
      for (int i = 2; numbers.push_or_stop(i, stop.get_token()) == wait_status::success;) ++i;
    });
    in = numbers;
  }
  for (const int expected : primes) {
    const int prime = in.pop().value();
    EXPECT_EQ(prime, expected);
    const auto out = make_chan<int>();
    filters.emplace_back([=] {
      while (const auto i = in.pop_or_stop(stop.get_token()))
        if (*i % prime != 0 && out.push_or_stop(*i, stop.get_token()) != wait_status::success) return;
    });
    in = out;
  }
  stop.request_stop();
  for (std::thread& t : filters) t.join();
}

// chan/sieve2: the multiples of each prime come in a stream of their own; whoever merges these looks one number ahead in each, and what
// he gives is struck out of the odd numbers. He needs primes far more slowly than they are found, so they come to him through a queue.
class go_sieve2 : public testing::Test {
 protected:
  using numbers = chan<int>;
  bool put(const numbers& to, int n) const { return to.push_or_stop(n, token_) == wait_status::success; }
  // 0 once it is over.
  int get(const numbers& from) const { return from.pop_or_stop(token_).value_or(0); }

  std::thread counts(const numbers& to, int first, int step) const {
    return std::thread([=, this] {
      for (int n = first; put(to, n);) n += step;
    });
  }
  // A queue without a bound, of a select: while nothing is inside, the channel into which it would push is nil.
  void queues(const numbers& in, const numbers& out) const {
    std::deque<int> inside;
    for (;;) {
      const bool empty = inside.empty();
      const std::size_t fired =
          select(on_pop(in, [&](std::optional<int> n) { inside.push_back(n.value()); }),
                 on_push(empty ? numbers() : out, empty ? 0 : int{inside.front()}), on_stop(token_));
      if (fired == 2) return;
      if (fired == 1) inside.pop_front();
    }
  }
  // Every odd number that is none, once, in their order.
  void merges(const numbers& primes, const numbers& composites) const {
    struct stream {
      int head;
      numbers rest;
      bool operator<(const stream& other) const { return head > other.head; }  // the least one is on top
    };
    std::priority_queue<stream> streams;
    std::vector<std::thread> crew;
    int last = 0;
    while (const int p = get(primes)) {
      const auto multiples = make_chan<int>(10);
      crew.push_back(counts(multiples, p * p, 2 * p));
      while (!streams.empty() && streams.top().head < p * p && !token_.stop_requested()) {
        const stream s = streams.top();
        streams.pop();
        if (s.head != last) put(composites, last = s.head);
        streams.push({get(s.rest), s.rest});
      }
      put(composites, last = get(multiples));
      streams.push({get(multiples), multiples});
    }
    for (std::thread& t : crew) t.join();
  }
  void strikes_out(const numbers& composites, const numbers& odd, const numbers& found, const numbers& out) const {
    int n = get(odd);
    while (const int struck = get(composites)) {
      for (; n != 0 && n < struck; n = get(odd)) put(found, n), put(out, n);
      if (n == struck) n = get(odd);
    }
  }

  std::stop_source stop_;
  const std::stop_token token_ = stop_.get_token();
};

TEST_F(go_sieve2, what_is_left_of_the_odd_numbers_are_the_primes) {
  const auto odd = make_chan<int>(50);
  const auto composites = make_chan<int>(50);
  const auto primes = make_chan<int>(10);
  const auto found = make_chan<int>(10);
  const auto out = make_chan<int>(10);
  EXPECT_TRUE(primes.push(3));
  std::thread crew[] = {counts(odd, 5, 2), std::thread([&] { queues(found, primes); }),
                        std::thread([&] { merges(primes, composites); }),
                        std::thread([&] { strikes_out(composites, odd, found, out); })};
  for (const int prime : {5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97})
    EXPECT_EQ(out.pop(), prime);
  stop_.request_stop();
  for (std::thread& t : crew) t.join();
}

// chan/zerosize: elements without a size.
TEST(go_zerosize, elements_may_be_empty) {
  struct empty {};
  const auto c = make_chan<empty>(2);
  EXPECT_TRUE(c.push(empty{}));
  EXPECT_TRUE(c.push(empty{}));
  EXPECT_EQ(c.try_push(empty{}), conqueue_status::full);
  EXPECT_TRUE(c.pop().has_value());
  const auto signals = make_chan<void>();
  std::thread pusher([&] { EXPECT_TRUE(signals.push()); });
  EXPECT_TRUE(signals.pop().has_value());
  pusher.join();
}

// closedchan: every way to pop from, and to push to, a closed channel, by itself and in a select.
TEST(go_closedchan, what_a_closed_channel_answers) {
  for (const std::size_t capacity : {0U, 1U, 2U}) {
    const auto c = make_chan<int>(capacity);
    const bool inside = capacity != 0;
    if (inside) {
      EXPECT_TRUE(c.push(1));
    }
    EXPECT_TRUE(c.close());
    if (inside) {
      EXPECT_EQ(c.pop(), 1);
    }
    for (int again = 0; again != 2; ++again) {
      EXPECT_EQ(c.pop(), std::nullopt);
      EXPECT_EQ(c.try_pop().error(), conqueue_status::closed);
      EXPECT_EQ(select(on_pop(c, [](auto v) { EXPECT_EQ(v, std::nullopt); })), 0U);
      EXPECT_EQ(select(on_pop(c, [](auto v) { EXPECT_EQ(v, std::nullopt); }), otherwise()), 0U);
      EXPECT_FALSE(c.push(2));
      EXPECT_EQ(c.try_push(2), conqueue_status::closed);
      EXPECT_EQ(select(on_push(c, 2, [](bool accepted) { EXPECT_FALSE(accepted); })), 0U);
      EXPECT_FALSE(c.close()) << "closing twice reports";
    }
  }
}

// chancap: what capacities there are.
TEST(go_chancap, capacities_are_what_was_asked_for) {
  for (const std::size_t n : {0U, 1U, 2U, 1000U}) EXPECT_EQ(make_chan<char>(n).capacity(), n);
  EXPECT_THROW(make_chan<int>(SIZE_MAX), std::length_error);
  EXPECT_THROW(make_chan<int>(SIZE_MAX / 2), std::length_error);
  EXPECT_EQ(chan<int>{}.capacity(), 0U);
  EXPECT_EQ(chan<int>{}.size(), 0U);
}

// ken/chan, ken/chan1: many pushers and poppers, by plain operations and by selects, on a few channels.
TEST(go_ken_chan, many_threads_on_few_channels_lose_nothing) {
  for (const std::size_t capacity : {0U, 3U}) {
    const auto a = make_chan<int>(capacity);
    const auto b = make_chan<int>(capacity);
    const int each = scaled(2'000);
    std::atomic<long> pushed{0};
    std::atomic<long> popped{0};
    std::vector<std::thread> threads;
    for (int k = 0; k != 2; ++k) {
      threads.emplace_back([&] {
        for (int i = 1; i <= each; ++i) a.push(i), pushed += i;
      });
      threads.emplace_back([&] {
        for (int i = 1; i <= each; ++i) select(on_push(a, int{i}), on_push(b, int{i})), pushed += i;
      });
      threads.emplace_back([&] {
        const auto take = [&](std::optional<int> v) { popped += v.value(); };
        for (int i = 0; i != 2 * each; ++i) select(on_pop(a, take), on_pop(b, take));
      });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(pushed, popped);
  }
}

}  // namespace
}  // namespace sluice::test::go_chan_test
