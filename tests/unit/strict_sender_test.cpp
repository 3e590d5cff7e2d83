// SPDX-License-Identifier: BSL-1.0
#include <sluice/async_chan.hpp>
#include <sluice/async_task.hpp>
#include <sluice/select.hpp>
#include <sluice/strict_sender.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <latch>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include "../support/coroutine.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::strict_sender_test {
namespace {

using namespace std::chrono_literals;
using box = std::unique_ptr<int>;

// What it throws, or "nothing".
template <class F>
std::string thrown_by(const F& f) {
  try {
    f();
  } catch (const closed_channel& e) {
    return e.what();
  }
  return "nothing";
}
constexpr const char* refused = "push into a closed channel";

template <class Tx>
concept pops = requires(const Tx& tx) { tx.pop(); };
template <class Tx>
concept pushes_nothing = requires(const Tx& tx) { tx.push(), tx.try_push(); };
template <class Tx, class V>
concept pushes_for = requires(const Tx& tx, V v) { tx.push_for(std::move(v), 1ms); };
template <class Tx, class V>
concept pushes_async = requires(const Tx& tx, V v) { tx.async_push(std::move(v)); };
template <class Tx, class V, class F>
concept has_case = requires(const Tx& tx, V v, F f) { on_push(tx, std::move(v), f); };

static_assert(!pops<strict_sender<int>>);
static_assert(!pushes_nothing<strict_sender<int>> && pushes_nothing<strict_sender<void>>);
static_assert(pushes_for<strict_sender<int>, short> && !pushes_for<strict_sender<int>, std::string>);
static_assert(pushes_async<strict_sender<int>, short> && !pushes_async<strict_sender<int>, std::string>);
static_assert(!std::is_constructible_v<strict_sender<int>, receiver<int>>);
static_assert(!std::is_convertible_v<sender<int>, strict_sender<int>>, "what was an answer becomes an error");
static_assert(!std::is_convertible_v<strict_sender<int>, sender<int>> &&
              !std::is_convertible_v<strict_sender<int>, chan<int>>);
static_assert(std::regular<strict_sender<int>> && std::is_nothrow_move_constructible_v<strict_sender<int>>);
using tells_nothing = void (*)();
using tells_whether = void (*)(bool);
static_assert(has_case<strict_sender<int>, short, tells_nothing> && has_case<sender<int>, short, tells_whether>);
static_assert(!has_case<strict_sender<int>, short, tells_whether>, "there is no false to tell");
static_assert(!has_case<strict_sender<int>, std::string, tells_nothing>);
using made_of_chan = decltype(strict_sender(std::declval<chan<int>>()));
using made_of_sender = decltype(strict_sender(std::declval<sender<int>>()));
static_assert(std::same_as<made_of_chan, strict_sender<int>> && std::same_as<made_of_sender, strict_sender<int>>);

TEST(strict_sender, throws_where_the_channel_is_closed_and_leaves_the_argument) {
  const auto c = make_chan<box>(1);
  const strict_sender tx(c);
  std::stop_source stop;
  tx.push(std::make_unique<int>(1));
  auto p = std::make_unique<int>(2);
  EXPECT_FALSE(tx.try_push(std::move(p)));
  EXPECT_FALSE(tx.try_emplace(std::move(p)));
  tx.close();
  EXPECT_EQ(thrown_by([&] { tx.push(std::move(p)); }), refused);
  EXPECT_EQ(thrown_by([&] { tx.emplace(std::move(p)); }), refused);
  EXPECT_EQ(thrown_by([&] { tx.try_push(std::move(p)); }), refused);
  EXPECT_EQ(thrown_by([&] { tx.try_emplace(std::move(p)); }), refused);
  EXPECT_EQ(thrown_by([&] { tx.push_for(std::move(p), 1h); }), refused);
  EXPECT_EQ(thrown_by([&] { tx.push_until(std::move(p), std::chrono::system_clock::now() + 1h); }), refused);
  EXPECT_EQ(thrown_by([&] { tx.push_or_stop(std::move(p), stop.get_token()); }), refused);
  EXPECT_NE(p, nullptr);
  EXPECT_EQ(thrown_by([&] { tx.emplace(nullptr); }), refused);
  EXPECT_EQ(thrown_by([&] { tx.close(); }), "close of a closed channel");
  EXPECT_EQ(tx.lenient().try_push(nullptr), conqueue_status::closed);
  EXPECT_EQ(**c.pop(), 1);
}

TEST(strict_sender, does_what_a_sender_does_while_the_channel_is_open) {
  const auto c = make_chan<int>(7);
  const strict_sender tx(c);
  const int two = 2;
  tx.push(1);
  tx.push(two);
  tx.emplace(3);
  EXPECT_TRUE(tx.try_push(4));
  EXPECT_TRUE(tx.try_emplace(5));
  EXPECT_EQ(tx.push_for(6, 1h), wait_status::success);
  EXPECT_EQ(tx.push_or_stop(7, {}), wait_status::success);
  for (int i = 1; i != 8; ++i) EXPECT_EQ(c.pop(), i);
}

TEST(strict_sender, gives_up_without_an_error) {
  const auto c = make_chan<box>();
  const strict_sender tx(c);
  std::stop_source stop;
  stop.request_stop();
  auto p = std::make_unique<int>(1);
  EXPECT_EQ(tx.push_for(std::move(p), 1ms), wait_status::timed_out);
  EXPECT_EQ(tx.push_until(std::move(p), std::chrono::steady_clock::now()), wait_status::timed_out);
  EXPECT_EQ(tx.push_or_stop(std::move(p), stop.get_token()), wait_status::stopped);
  EXPECT_NE(p, nullptr);
}

TEST(strict_sender, throws_out_of_a_wait_when_the_channel_is_closed) {
  const auto c = make_chan<int>();
  const strict_sender tx(c);
  std::latch there(2);
  const auto waits = [&](auto push) {
    there.count_down();
    EXPECT_EQ(thrown_by(push), refused);
  };
  std::jthread one([&] { waits([&] { tx.push(1); }); });
  std::jthread other([&] { waits([&] { select(on_push(tx, 2), on_pop(receiver<int>(), [](auto) {})); }); });
  there.wait();
  tx.close();
}

TEST(strict_sender, of_nothing_pushes_signals) {
  const auto c = make_chan<void>(1);
  const strict_sender tx(c);
  tx.push();
  EXPECT_FALSE(tx.try_push());
  EXPECT_TRUE(c.pop());
  tx.close();
  EXPECT_EQ(thrown_by([&] { tx.push(); }), refused);
  EXPECT_EQ(thrown_by([&] { tx.try_push(); }), refused);
}

TEST(strict_sender, looks_and_compares_as_its_channel) {
  const auto c = make_chan<int>(3);
  const auto other = make_chan<int>(3);
  const strict_sender tx(c);
  strict_sender<int> same = tx;
  EXPECT_TRUE(tx == same && tx == c && c == tx && tx == receiver<int>(c));
  EXPECT_TRUE(tx != strict_sender(other) && tx != other && tx != strict_sender<int>());
  tx.push(1);
  EXPECT_TRUE(tx && tx.capacity() == 3 && tx.size() == 1 && !tx.is_closed());
  same.close();
  EXPECT_TRUE(tx.is_closed());
  const std::unordered_set<strict_sender<int>> both{tx, same, strict_sender(other)};
  EXPECT_EQ(both.size(), 2U);
  EXPECT_EQ(std::hash<strict_sender<int>>{}(tx), std::hash<chan<int>>{}(c));
}

TEST(strict_sender, nil_is_not_closed_and_waits) {
  const strict_sender<int> nil;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(nil);
  EXPECT_FALSE(nil.is_closed());
  EXPECT_EQ(nil.capacity() + nil.size(), 0U);
  EXPECT_FALSE(nil.try_push(1));
  EXPECT_EQ(nil.push_for(1, 1ms), wait_status::timed_out);
  EXPECT_EQ(nil.push_or_stop(1, stop.get_token()), wait_status::stopped);
  EXPECT_EQ(nil.push_n_for(std::vector{1}.begin(), 1, 1ms), (bulk_wait_result{0, wait_status::timed_out}));
  EXPECT_EQ(select(on_push(nil, 1), otherwise()), 1U);
  EXPECT_EQ(thrown_by([&] { nil.close(); }), "close of a nil channel");
}

TEST(strict_sender, keeps_a_pipe_open) {
  auto [lenient, rx] = make_pipe<int>(1);
  strict_sender tx(std::move(lenient));
  EXPECT_FALSE(rx.is_closed());
  tx = {};
  EXPECT_TRUE(rx.is_closed());
}

TEST(strict_sender, of_many_says_how_many_are_inside) {
  const auto c = make_chan<box>(2);
  const strict_sender tx(c);
  std::vector<box> v;
  for (int i = 0; i != 5; ++i) v.push_back(std::make_unique<int>(i));
  const auto from = [&](std::ptrdiff_t i) { return std::make_move_iterator(v.begin() + i); };
  tx.push_n(from(0), 1);
  EXPECT_EQ(tx.try_push_n(from(1), 4), 1U);
  EXPECT_EQ(tx.push_n_for(from(2), 3, 1ms), (bulk_wait_result{0, wait_status::timed_out}));
  std::size_t inside = 0;
  std::jthread closer([&] {
    c.pop();
    while (c.size() != 2) std::this_thread::yield();
    c.close();
  });
  try {
    tx.push_n(from(2), 3);
  } catch (const closed_channel& e) {
    inside = e.pushed();
    EXPECT_STREQ(e.what(), "push into a closed channel: 1 of 3 elements were accepted before");
  }
  EXPECT_EQ(inside, 1U);
  EXPECT_TRUE(v[2] == nullptr && v[3] != nullptr && v[4] != nullptr);
  for (int i = 1; i != 3; ++i) EXPECT_EQ(**c.pop(), i);
  std::stop_source stop;
  EXPECT_THROW(tx.try_push_n(from(3), 2), closed_channel);
  EXPECT_THROW(tx.push_n_for(from(3), 2, 1h), closed_channel);
  EXPECT_THROW(tx.push_n_until(from(3), 2, std::chrono::steady_clock::now() + 1h), closed_channel);
  EXPECT_THROW(tx.push_n_or_stop(from(3), 2, stop.get_token()), closed_channel);
  EXPECT_TRUE(v[3] != nullptr && v[4] != nullptr);
  tx.push_n(from(3), 0);
  EXPECT_EQ(tx.try_push_n(from(3), 0), 0U) << "none is asked of nobody";
}

TEST(strict_sender, in_a_select_runs_its_handler_only_where_the_element_went) {
  const auto c = make_chan<int>(1);
  const strict_sender tx(c);
  int told = 0;
  const auto tell = [&] { ++told; };
  EXPECT_EQ(select(on_push(tx, 1, tell)), 0U);
  EXPECT_EQ(select(on_push(tx, 2, tell), otherwise()), 1U);
  EXPECT_EQ(told, 1);
  tx.close();
  EXPECT_EQ(thrown_by([&] { select(on_push(tx, 2, tell)); }), refused);
  EXPECT_EQ(thrown_by([&] { select(on_push(tx, 2, tell), otherwise(tell)); }), refused) << "it is ready";
  EXPECT_EQ(thrown_by([&] { select_biased(on_push(tx, 2, tell), on_pop(c, [&](auto) { ++told; })); }), refused);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(c.pop(), 1) << "the other case did not take it";
}

TEST(strict_sender, in_a_select_throws_only_when_it_is_chosen) {
  const auto open = make_chan<int>(1);
  const auto closed = make_chan<int>(1);
  const strict_sender to_closed(closed);
  to_closed.close();
  EXPECT_EQ(select_biased(on_push(strict_sender(open), 1), on_push(to_closed, 1)), 0U);
  int went = 0;
  int thrown = 0;
  const int rounds = 200;
  for (int i = 0; i != rounds; ++i) {
    static_cast<void>(open.try_pop());
    try {
      select(on_push(strict_sender(open), i, [&] { ++went; }), on_push(to_closed, i));
    } catch (const closed_channel&) {
      ++thrown;
      EXPECT_EQ(open.size(), 0U) << "nothing went";
    }
  }
  EXPECT_EQ(went + thrown, rounds);
  EXPECT_TRUE(went > 20 && thrown > 20) << went;
}

TEST(strict_sender, in_a_select_leaves_what_it_would_have_pushed_and_no_trace_in_the_other_channels) {
  const auto c = make_chan<box>();
  const auto idle = make_chan<box>();
  const auto words = make_chan<box>();
  const strict_sender tx(c);
  auto p = std::make_unique<int>(1);
  auto q = std::make_unique<int>(2);
  std::jthread closer([&] {
    while (idle.try_push(nullptr) != conqueue_status::success) std::this_thread::yield();  // it stands in line
    c.close();
  });
  bool popped = false;
  select(on_pop(idle, [&](auto) { popped = true; }), on_push(tx, std::move(p)), on_push(words, std::move(q)));
  EXPECT_TRUE(popped);
  closer.join();
  EXPECT_EQ(thrown_by([&] {
              select_biased(on_pop(idle, [](auto) {}), on_push(tx, std::move(p)), on_push(words, std::move(q)));
            }),
            refused);
  EXPECT_TRUE(p != nullptr && q != nullptr);
  EXPECT_EQ(idle.try_push(nullptr), conqueue_status::full) << "nobody stands there";
  EXPECT_EQ(words.try_pop().error(), conqueue_status::empty);
}

TEST(strict_sender, in_a_select_that_waits_in_several_lines_throws_and_leaves_them) {
  for (int round = 0; round != scaled(300); ++round) {
    const auto c = make_chan<box>();
    const auto idle = make_chan<int>();
    const auto words = make_chan<box>();
    const strict_sender tx(c);
    auto p = std::make_unique<int>(1);
    auto q = std::make_unique<int>(2);
    std::latch there(1);
    std::jthread waits([&] {
      there.count_down();
      EXPECT_EQ(thrown_by([&] {
                  select(on_pop(idle, [](auto) {}), on_push(tx, std::move(p)),
                         on_push(strict_sender(words), std::move(q)));
                }),
                refused);
    });
    there.wait();
    tx.close();
    waits.join();
    EXPECT_TRUE(p != nullptr && q != nullptr);
    EXPECT_EQ(idle.try_push(1), conqueue_status::full);
    EXPECT_EQ(words.try_pop().error(), conqueue_status::empty);
  }
}

TEST(strict_sender, in_an_array_of_cases_throws_and_keeps_its_element) {
  const auto c = make_chan<box>(1);
  const auto numbers = make_chan<int>(1);
  const strict_sender tx(c);
  int told = 0;
  std::vector<any_case<>> cases;
  cases.emplace_back(on_pop(numbers, [](auto) {}));
  cases.emplace_back(on_push(tx, std::make_unique<int>(1), [&] { ++told; }));
  EXPECT_EQ(select(std::span(cases)), 1U);
  EXPECT_EQ(**c.pop(), 1);
  cases[1] = on_push(tx, std::make_unique<int>(2), [&] { ++told; });
  tx.close();
  for (int i = 0; i != 2; ++i) EXPECT_EQ(thrown_by([&] { select(std::span(cases)); }), refused);
  EXPECT_EQ(told, 1);
  numbers.push(1);
  EXPECT_EQ(select_biased(std::span(cases)), 0U) << "and the array can be used on";
}

// As what a coroutine throws: "nothing" if it came to its end, "" if it waits.
template <class Wish>
detached record(Wish make, std::string& thrown) {
  std::string said = "nothing";
  try {
    co_await make();
  } catch (const closed_channel& e) {
    said = e.what();
  }
  thrown = said;
}

TEST(strict_sender, in_a_coroutine_throws_where_it_is_awaited) {
  const auto c = make_chan<box>(1);
  const strict_sender tx(c);
  box first = std::make_unique<int>(1);
  box p = std::make_unique<int>(2);
  box q = std::make_unique<int>(3);
  std::string went;
  std::string ready;
  record([&] { return tx.async_push(std::move(first)); }, went);
  EXPECT_EQ(went, "nothing");
  std::string waited[3];
  std::stop_source stop;
  record([&] { return tx.async_push(std::move(p)); }, waited[0]);
  record([&] { return tx.async_push_or_stop(std::move(q), stop.get_token()); }, waited[1]);
  record([&] { return async_select(on_push(tx, nullptr), on_pop(receiver<int>(), [](auto) {})); }, waited[2]);
  for (const std::string& each : waited) EXPECT_EQ(each, "");
  tx.close();
  for (const std::string& each : waited) EXPECT_EQ(each, refused);
  EXPECT_TRUE(p != nullptr && q != nullptr);
  record([&] { return tx.async_push(std::move(p)); }, ready);
  EXPECT_EQ(ready, refused);
  EXPECT_NE(p, nullptr);
  EXPECT_EQ(**c.pop(), 1);
  EXPECT_EQ(c.pop(), std::nullopt);
}

TEST(strict_sender, in_a_coroutine_says_that_it_was_stopped_and_takes_an_executor) {
  const auto c = make_chan<int>();
  const strict_sender tx(c);
  std::stop_source stop;
  std::optional<wait_status> got;
  std::vector<std::coroutine_handle<>> handles;
  const auto pushes = [&]() -> detached {
    const wait_status s =
        co_await tx.async_push_or_stop(1, stop.get_token(), [&](std::coroutine_handle<> h) { handles.push_back(h); });
    got = s;
    static_assert(std::is_void_v<decltype(tx.async_push(1).operator co_await().await_resume())>);
  };
  pushes();
  stop.request_stop();
  ASSERT_EQ(handles.size(), 1U);
  EXPECT_FALSE(got);
  handles[0].resume();
  EXPECT_EQ(got, wait_status::stopped);
}

TEST(strict_sender, in_a_select_of_a_coroutine_over_an_array_throws) {
  const auto c = make_chan<int>();
  const strict_sender tx(c);
  std::vector<any_case<>> cases;
  cases.emplace_back(on_push(tx, 1));
  std::string waited;
  record([&] { return async_select(std::span(cases)); }, waited);
  EXPECT_EQ(waited, "");
  tx.close();
  EXPECT_EQ(waited, refused);
}

task<int> pushes_until_closed(strict_sender<int> tx) {
  for (int i = 0;; ++i) {
    bool closed = false;
    try {
      co_await tx.async_push(i);
    } catch (const closed_channel&) {
      closed = true;
    }
    if (closed) co_return i;
  }
}
task<> fails(strict_sender<int> tx) { co_await tx.async_push(1); }

TEST(strict_sender, in_a_task_throws_out_of_who_awaits_it) {
  const auto c = make_chan<int>();
  scheduler s({.workers = 2});
  s.go([c] {
    for (int i = 0; i != 10; ++i) EXPECT_EQ(c.pop(), i);
    c.close();
  });
  EXPECT_EQ(s.run([&] { return await(pushes_until_closed(strict_sender(c))); }), 10);
  EXPECT_EQ(thrown_by([&] { s.run([&] { await(fails(strict_sender(c))); }); }), refused);
}

}  // namespace
}  // namespace sluice::test::strict_sender_test
