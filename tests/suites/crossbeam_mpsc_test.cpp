// SPDX-License-Identifier: BSL-1.0
// What crossbeam-channel's mpsc suite, which is that of Rust's std::sync::mpsc, and its thread_locals check, in our words and code,
// over make_pipe. Only the senders' end closes here: nobody learns that the receivers are gone, and a close stands for it where it
// can. Where they yield so that a peer waits, it waits for certain here.
#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/elements.hpp"
#include "../support/observed_platform.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::crossbeam_mpsc_test {
namespace {

using namespace std::chrono_literals;
using observed = observed_platform<std_platform>;

constexpr auto must_be = [](std::optional<int> expected) {
  return [expected](std::optional<int> v) { EXPECT_EQ(v, expected); };
};
constexpr auto never = [](auto&&) { FAIL() << "nothing comes here"; };

// Their channel is the one without a bound, their sync_channel has a capacity.
constexpr std::size_t without_bound = SIZE_MAX;
template <class T, class Platform = std_platform>
auto pipe_of(std::size_t capacity) {
  return capacity == without_bound ? make_pipe<T, Platform>(unbounded) : make_pipe<T, Platform>(capacity);
}
class crossbeam_mpsc : public testing::TestWithParam<std::size_t> {
 public:
  crossbeam_mpsc() { observed::reset(); }
  template <class T, class Platform = std_platform>
  static auto pipe() {
    return pipe_of<T, Platform>(GetParam());
  }
};
class crossbeam_mpsc_with_room : public crossbeam_mpsc {};
const auto name_of = [](const auto& at) {
  return at.param == without_bound ? std::string("channel") : "sync_channel_" + std::to_string(at.param);
};
INSTANTIATE_TEST_SUITE_P(crossbeam, crossbeam_mpsc, testing::Values(0U, 1U, without_bound), name_of);
INSTANTIATE_TEST_SUITE_P(crossbeam, crossbeam_mpsc_with_room, testing::Values(1U, without_bound), name_of);

// smoke_threads, oneshot_multi_task_recv_then_send, send1, {send,recv}_from_outside_runtime
TEST_P(crossbeam_mpsc, a_pop_that_waits_gets_what_a_sender_or_its_copy_pushes) {
  const auto [tx, rx] = pipe<std::unique_ptr<int>, observed>();
  const auto copy = tx;
  int expected = 0;
  for (const auto& s : {tx, copy}) {
    observed::reset();
    std::thread popper([&, &in = rx] { EXPECT_EQ(*in.pop().value(), expected); });
    observed::wait_for_sleepers(1);
    EXPECT_TRUE(s.push(std::make_unique<int>(expected)));
    popper.join();
    ++expected;
  }
}

// smoke, smoke_shared, recv_a_lot, oneshot_single_thread_*: send_then_recv, try_send_open, try_recv_open, peek_data, peek_open
TEST_P(crossbeam_mpsc_with_room, one_thread_pushes_and_pops) {
  const auto [tx, rx] = pipe<int>();
  EXPECT_EQ(rx.try_pop().error(), conqueue_status::empty);
  for (int i = 0; i != scaled(10'000); ++i) {
    const auto copy = tx;
    if (i % 2 == 0) {
      EXPECT_TRUE(copy.push(i));
    } else {
      EXPECT_EQ(copy.try_push(i), conqueue_status::success);
    }
    EXPECT_EQ(i % 3 == 0 ? rx.pop() : std::optional(rx.try_pop().value()), i);
  }
  EXPECT_EQ(rx.try_pop().error(), conqueue_status::empty);
}
TEST(crossbeam_mpsc_alone, ten_thousand_elements_may_be_inside) {
  constexpr int many = 10'000;
  for (const std::size_t capacity : {std::size_t{many}, without_bound}) {
    const auto [tx, rx] = pipe_of<void>(capacity);
    for (int i = 0; i != many; ++i) EXPECT_TRUE(tx.push());
    EXPECT_EQ(rx.size(), std::size_t{many});
    for (int i = 0; i != many; ++i) EXPECT_TRUE(rx.pop().has_value());
    EXPECT_FALSE(rx.try_pop());
  }
}

// drop_full, drop_full_shared
TEST_P(crossbeam_mpsc_with_room, what_nobody_pops_ends_with_the_channel) {
  {
    auto [tx, rx] = pipe<counted>();
    for (int i = 0; i != 2; ++i) const auto gone = tx;
    EXPECT_TRUE(tx.push(counted(0)));
    tx = {};
    EXPECT_EQ(counted::live, 1);
  }
  EXPECT_EQ(counted::live, 0);
}

// smoke_chan_gone, smoke_chan_gone_shared, oneshot_single_thread_*: close_chan_first, recv_chan_close, try_recv_closed, peek_close
TEST_P(crossbeam_mpsc, the_end_of_the_last_sender_closes_and_that_of_another_does_not) {
  auto [tx, rx] = pipe<int>();
  auto copy = tx;
  tx = {};
  EXPECT_FALSE(rx.is_closed());
  EXPECT_EQ(rx.try_pop().error(), conqueue_status::empty);
  EXPECT_EQ(rx.pop_for(0s).error(), wait_status::timed_out);
  copy = {};
  EXPECT_TRUE(rx.is_closed());
  EXPECT_EQ(rx.pop(), std::nullopt);
  for (int i = 0; i != 2; ++i) EXPECT_EQ(rx.try_pop().error(), conqueue_status::closed);
  EXPECT_EQ(rx.pop_for(1h).error(), wait_status::closed);
}

// oneshot_single_thread_try_recv_closed_with_data, preflight8, preflight9, test_recv_into_iter_owned, …_borrowed
TEST_P(crossbeam_mpsc_with_room, what_is_left_when_the_senders_are_gone_is_popped_first) {
  for (const bool by_range : {false, true}) {
    auto [tx, rx] = pipe<int>();
    EXPECT_TRUE(tx.push(10));
    tx = {};
    if (by_range) {
      std::vector<int> got;
      for (const int v : std::exchange(rx, {})) got.push_back(v);
      EXPECT_EQ(got, std::vector<int>{10});
    } else {
      EXPECT_EQ(rx.try_pop().value(), 10);
      EXPECT_EQ(rx.try_pop().error(), conqueue_status::closed);
      EXPECT_EQ(select(on_pop(rx, must_be(std::nullopt))), 0U);
    }
  }
}

// chan_gone_concurrent, oneshot_multi_task_recv_then_close, oneshot_multi_thread_recv_close_stress, the end of unblocks
TEST_P(crossbeam_mpsc, who_waits_learns_that_the_last_sender_has_gone) {
  auto [tx, rx] = pipe<int, observed>();
  const auto& in = rx;
  const auto other = make_chan<int, observed>();
  std::atomic<int> over{0};
  std::thread plain([&] {
    EXPECT_EQ(in.pop(), std::nullopt);
    ++over;
  });
  observed::wait_for_sleepers(1);
  std::thread selecting([&] {
    EXPECT_EQ(select(on_pop(other, never), on_pop(in, must_be(std::nullopt))), 1U);
    ++over;
  });
  observed::wait_for_sleepers(2);
  for (int i = 0; i != 3; ++i) const auto gone = tx;
  EXPECT_EQ(over, 0);
  tx = {};
  plain.join(), selecting.join();
}

// stress, stress_shared, shared_chan_stress, stress_recv_timeout_shared, stress_recv_timeout_two_threads
TEST_P(crossbeam_mpsc, what_eight_senders_push_arrives_and_then_it_is_closed) {
  for (const bool times_out : {false, true}) {
    auto [tx, rx] = pipe<int>();
    const int each = scaled(2'000);
    std::vector<std::thread> crew;
    for (int t = 0; t != 8; ++t)
      crew.emplace_back([mine = tx] {
        for (int i = 0; i != each; ++i) EXPECT_TRUE(mine.push(1));
      });
    tx = {};
    int sum = 0;
    if (times_out) {
      wait_status why = wait_status::success;
      while (why != wait_status::closed)
        if (const auto v = rx.pop_for(50us))
          sum += *v;
        else
          why = v.error();
    } else {
      for (const int v : rx) sum += v;
    }
    EXPECT_EQ(sum, 8 * each);
    EXPECT_EQ(rx.try_pop().error(), conqueue_status::closed);
    for (std::thread& t : crew) t.join();
  }
}

// no_runtime, issue_15761
TEST_P(crossbeam_mpsc_with_room, two_threads_answer_each_other) {
  for (int i = 0; i != scaled(300); ++i) {
    const auto there = pipe<int>();
    const auto back = pipe<int>();
    std::thread other([&] {
      EXPECT_EQ(there.second.pop(), i);
      EXPECT_EQ(back.first.try_push(i + 1), conqueue_status::success);
    });
    EXPECT_EQ(there.first.try_push(i), conqueue_status::success);
    EXPECT_EQ(back.second.pop(), i + 1);
    other.join();
  }
}

// oneshot_multi_thread_*: close_stress, send_close_stress, send_recv_stress; oneshot_single_thread_close_*_first
TEST_P(crossbeam_mpsc, both_ends_may_go_at_once) {
  for (int i = 0; i != scaled(300); ++i) {
    auto [tx, rx] = pipe<counted>();
    std::thread other([mine = std::exchange(rx, {}), i]() mutable {
      if (i % 3 == 0) {
        EXPECT_TRUE(mine.pop().has_value());
      }
      mine = {};
    });
    if (i % 3 == 0) {
      EXPECT_TRUE(tx.push(counted(0)));
    } else if (i % 3 == 1) {
      static_cast<void>(tx.try_push(counted(0)));
    }
    tx = {};
    other.join();
    EXPECT_EQ(counted::live, 0);
  }
}

// destroy_upgraded_shared_port_when_sender_still_active
TEST_P(crossbeam_mpsc, a_receiver_that_is_served_may_go_while_a_sender_stays) {
  auto [tx, rx] = pipe<int, observed>();
  const auto [done, is_done] = pipe<void>();
  std::thread other([mine = std::exchange(rx, {}), &tell = done]() mutable {
    EXPECT_EQ(mine.pop(), 7);
    mine = {};
    EXPECT_TRUE(tell.push());
  });
  observed::wait_for_sleepers(1);
  const auto copy = std::exchange(tx, {});
  EXPECT_TRUE(copy.push(7));
  EXPECT_TRUE(is_done.pop().has_value());
  other.join();
}

// stream_send_recv_stress
TEST_P(crossbeam_mpsc, ends_that_go_from_thread_to_thread_keep_the_order) {
  using element = std::unique_ptr<int>;
  const std::function<void(sender<element>, int)> push = [&](sender<element> tx, int i) {
    if (i != 10)
      std::thread([&push, i, mine = std::move(tx)]() mutable {
        EXPECT_TRUE(mine.push(std::make_unique<int>(i)));
        push(std::move(mine), i + 1);
      }).join();
  };
  const std::function<void(receiver<element>, int)> pop = [&](receiver<element> rx, int i) {
    if (i != 10)
      std::thread([&pop, i, mine = std::move(rx)]() mutable {
        EXPECT_EQ(*mine.pop().value(), i);
        pop(std::move(mine), i + 1);
      }).join();
  };
  for (int i = 0; i != scaled(20); ++i) {
    auto [tx, rx] = pipe<element>();
    std::thread pushing([&push, mine = std::exchange(tx, {})]() mutable { push(std::move(mine), 0); });
    pop(std::exchange(rx, {}), 0);
    pushing.join();
  }
}

// oneshot_single_thread_recv_timeout, recv_timeout_upgrade, recv_timeout, shared_recv_timeout
TEST_P(crossbeam_mpsc_with_room, a_pop_gives_up_after_its_time_and_not_before) {
  const auto [tx, rx] = pipe<int>();
  const auto copy = tx;
  for (int i = 0; i != 2; ++i) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(rx.pop_for(1ms).error(), wait_status::timed_out);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 1ms);
    EXPECT_TRUE(copy.push(i));
    EXPECT_EQ(rx.pop_for(0s).value(), i);
  }
}

// test_nested_recv_iter, test_recv_iter_break
TEST_P(crossbeam_mpsc, a_loop_over_a_receiver_ends_with_the_senders_or_where_it_is_left) {
  auto [tx, rx] = pipe<int>();
  const auto [total, result] = pipe<int>();
  std::thread adding([mine = rx, &to = total] {
    int sum = 0;
    for (const int v : mine) sum += v;
    EXPECT_TRUE(to.push(sum));
  });
  for (const int v : {3, 1, 2}) EXPECT_TRUE(tx.push(v));
  tx = {};
  EXPECT_EQ(result.pop(), 6);
  adding.join();

  auto [some, rest] = pipe<int>();
  std::thread leaving([mine = rest, &to = total] {
    int sum = 0;
    for (const int v : mine) {
      if (sum >= 3) break;
      sum += v;
    }
    EXPECT_TRUE(to.push(sum));
  });
  for (int i = 0; i != 3; ++i) EXPECT_TRUE(some.push(2));
  EXPECT_EQ(result.pop(), 4);
  leaving.join();
  static_cast<void>(some.try_push(9));
  EXPECT_EQ(rest.try_pop().has_value(), GetParam() != 0) << "what the loop did not take is there for others";
}

// test_recv_try_iter: their iterator that does not wait is a loop of try_pop here.
TEST_P(crossbeam_mpsc_with_room, a_loop_of_try_pop_takes_what_is_there) {
  auto [request, requests] = pipe<void>();
  auto [response, responses] = pipe<int>();
  std::thread asking([tx = std::exchange(request, {}), rx = std::exchange(responses, {})] {
    for (int sum = 0; sum != 6;) {
      EXPECT_TRUE(tx.push());
      sum += rx.pop().value();
      while (const auto more = rx.try_pop()) sum += *more;
    }
  });
  for ([[maybe_unused]] const auto& one : requests) EXPECT_TRUE(response.push(2));
  asking.join();
}

// try_recv_states
TEST_P(crossbeam_mpsc_with_room, a_try_tells_empty_from_closed_at_every_stage) {
  auto [tx, rx] = pipe<int>();
  const auto [go, goes] = pipe<void>();
  const auto [tell, told] = pipe<void>();
  std::thread other([mine = std::exchange(tx, {}), &turn = goes, &done = tell]() mutable {
    turn.pop();
    EXPECT_TRUE(mine.push(1));
    done.push();
    turn.pop();
    mine = {};
    done.push();
  });
  EXPECT_EQ(rx.try_pop().error(), conqueue_status::empty);
  go.push(), told.pop();
  EXPECT_EQ(rx.try_pop().value(), 1);
  EXPECT_EQ(rx.try_pop().error(), conqueue_status::empty);
  go.push(), told.pop();
  EXPECT_EQ(rx.try_pop().error(), conqueue_status::closed);
  other.join();
}

// smoke_port_gone and all others of its kind, oneshot_single_thread_send_port_close, try_send_closed, issue_32114: there the send
// fails. Here it is what it would be if the receiver were only slow.
TEST_P(crossbeam_mpsc, that_the_receivers_are_gone_nobody_learns) {
  {
    auto [tx, rx] = pipe<std::unique_ptr<counted>>();
    rx = {};
    const auto copy = std::exchange(tx, {});
    auto one = std::make_unique<counted>(0);
    if (GetParam() != 0) {
      EXPECT_TRUE(copy.push(std::move(one)));
      one = std::make_unique<counted>(0);
    }
    if (GetParam() != without_bound) {
      EXPECT_EQ(copy.try_push(std::move(one)), conqueue_status::full);
      EXPECT_TRUE(one) << "untouched";
      EXPECT_EQ(copy.push_for(std::move(one), 1ms), wait_status::timed_out);
      EXPECT_TRUE(one) << "untouched";
    }
  }
  EXPECT_EQ(counted::live, 0);
}

// send2, send3, send4, port_gone_concurrent and the others of its kind: a close in the place of the receiver's end.
TEST_P(crossbeam_mpsc, who_waits_to_push_learns_of_a_close_and_keeps_the_element) {
  const auto [tx, rx] = pipe<std::unique_ptr<int>, observed>();
  const auto& out = tx;
  if (GetParam() == 1) {
    EXPECT_TRUE(tx.push(nullptr));
  }
  std::vector<std::thread> pushers;
  for (int i = 0; i != 2 && GetParam() != without_bound; ++i) {
    pushers.emplace_back([&] {
      auto one = std::make_unique<int>(7);
      EXPECT_FALSE(out.push(std::move(one)));
      EXPECT_TRUE(one) << "untouched";
    });
    observed::wait_for_sleepers(pushers.size());
  }
  EXPECT_TRUE(tx.close());
  for (std::thread& t : pushers) t.join();
  auto late = std::make_unique<int>(8);
  EXPECT_FALSE(tx.push(std::move(late)));
  EXPECT_EQ(tx.try_push(std::move(late)), conqueue_status::closed);
  EXPECT_TRUE(late);
}

// try_send1 to 3, oneshot_single_thread_try_send_closed2
TEST(crossbeam_mpsc_alone, a_try_push_tells_room_from_none_from_closed) {
  const auto zero = make_pipe<int>();
  EXPECT_EQ(zero.first.try_push(1), conqueue_status::full);
  const auto one = make_pipe<int>(1);
  EXPECT_EQ(one.first.try_push(1), conqueue_status::success);
  EXPECT_EQ(one.first.try_push(1), conqueue_status::full);
  EXPECT_TRUE(one.first.close());
  EXPECT_EQ(one.first.try_push(1), conqueue_status::closed);
}

// Of select_tests: smoke, smoke2, closed, preflight1 to 7, sync1
TEST_P(crossbeam_mpsc_with_room, a_select_finds_what_is_there_and_that_the_senders_are_gone) {
  auto [tx1, rx1] = pipe<int>();
  auto [tx2, rx2] = pipe<int>();
  const auto [open, silent] = pipe<int>();
  for (int i = 0; i != 2; ++i) const auto gone = tx1;
  EXPECT_TRUE(tx1.push(1));
  EXPECT_EQ(select(on_pop(rx1, must_be(1)), on_pop(rx2, never)), 0U);
  EXPECT_TRUE(tx2.push(2));
  EXPECT_EQ(select(on_pop(rx1, never), on_pop(rx2, must_be(2))), 1U);
  tx1 = {};
  EXPECT_EQ(select(on_pop(silent, never), on_pop(rx1, must_be(std::nullopt)), on_pop(rx2, never)), 1U);
  EXPECT_TRUE(tx2.push(4));
  EXPECT_EQ(select(on_pop(silent, never), on_pop(silent, never), on_pop(silent, never), on_pop(silent, never),
                   on_pop(rx2, must_be(4))),
            4U);
  tx2 = {};
  EXPECT_EQ(select(on_pop(rx2, must_be(std::nullopt))), 0U);
}

// unblocks, oneshot_data_waiting, stream_data_waiting, shared_data_waiting, sync2, cloning, cloning2, cloning3
TEST_P(crossbeam_mpsc, a_select_that_waits_gets_what_comes_whatever_copies_of_the_sender_come_and_go) {
  auto [tx1, rx1] = pipe<int, observed>();
  auto [tx2, rx2] = pipe<int, observed>();
  const auto& in1 = rx1;
  const auto& in2 = rx2;
  for (int i = 0; i != 3; ++i) {
    observed::reset();
    std::thread selecting([&] { EXPECT_EQ(select(on_pop(in1, never), on_pop(in2, must_be(i))), 1U); });
    observed::wait_for_sleepers(1);
    for (int k = 0; k != 3; ++k) const auto gone = tx1;
    for (int k = 0; k != 3; ++k) const auto gone = tx2;
    EXPECT_TRUE(tx2.push(i));
    selecting.join();
  }
}

// sync3
TEST(crossbeam_mpsc_alone, a_select_over_a_rendezvous_and_a_channel_without_a_bound_leaves_the_other_one) {
  for (int i = 0; i != scaled(300); ++i) {
    const auto a = make_pipe<int>();
    const auto b = make_pipe<int>(unbounded);
    std::thread one([&] { EXPECT_TRUE(a.first.push(1)); });
    std::thread two([&] { EXPECT_TRUE(b.first.push(2)); });
    select(on_pop(a.second,
                  [&](std::optional<int> v) {
                    EXPECT_EQ(v, 1);
                    EXPECT_EQ(b.second.pop(), 2);
                  }),
           on_pop(b.second, [&](std::optional<int> v) {
             EXPECT_EQ(v, 2);
             EXPECT_EQ(a.second.pop(), 1);
           }));
    one.join(), two.join();
  }
}

// thread_locals: what a thread's own variables do with channels as it ends, when ours of that thread are gone already.
struct at_exit {
  const std::function<void()>* run = nullptr;
  ~at_exit() { (*run)(); }
};
TEST(crossbeam_thread_locals, channels_and_selects_may_be_used_while_a_thread_ends) {
  const auto c = make_chan<int>(1);
  const auto zero = make_chan<int>();
  const auto done = make_chan<void>();
  const auto uses = [&] {
    EXPECT_EQ(select(on_pop(c, never), on_pop(zero, never), after(1ms)), 2U);
    EXPECT_EQ(select(on_push(c, 1), on_push(zero, 1), otherwise()), 0U);
    EXPECT_EQ(c.pop_for(1h).value(), 1);
    EXPECT_EQ(zero.pop_for(1ms).error(), wait_status::timed_out);
    EXPECT_EQ(zero.push_for(1, 1ms), wait_status::timed_out);
    EXPECT_TRUE(done.push());
  };
  const std::function<void()> last = uses;
  for (const bool before : {false, true}) {
    std::thread ending([&] {
      thread_local at_exit mine;
      mine.run = &last;
      if (before) uses();
    });
    for (int i = 0; i != (before ? 2 : 1); ++i) EXPECT_TRUE(done.pop().has_value());
    ending.join();
  }
}

}  // namespace
}  // namespace sluice::test::crossbeam_mpsc_test
