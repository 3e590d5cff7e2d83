// SPDX-License-Identifier: BSL-1.0
// Contexts in tasks, with 1, 2 and many workers.
#include <sluice/after_func.hpp>
#include <sluice/context.hpp>
#include <sluice/task.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include <unistd.h>

#include <sluice/chan.hpp>
#include <sluice/select.hpp>
#include <sluice/wait_group.hpp>

#include "../support/sanitizers.hpp"

namespace sluice::test::context_task_test {
namespace {

using namespace std::chrono_literals;

template <class Program>
void with_workers(const Program& program) {
  for (const int workers : {1, 2, 7}) {
    scheduler s({.workers = workers});
    s.run(program);
    s.join();
  }
}

TEST(context_task, a_cancel_ends_all_tasks_that_wait_for_it_however_they_do) {
  with_workers([] {
    const auto [ctx, cancel] = with_cancel(background());
    const auto numbers = make_chan<int>();
    wait_group all;
    for (int i = 0; i != 20; ++i)
      all.go([&, i, mine = with_cancel(context(ctx)).ctx] {
        switch (i % 4) {
          case 0: EXPECT_FALSE(mine.done().pop()); break;
          case 1: EXPECT_EQ(numbers.pop_or_stop(mine).error(), wait_status::stopped); break;
          case 2: EXPECT_EQ(select(on_pop(numbers, [](auto) {}), on_pop(mine.done(), [](auto) {})), 1U); break;
          default: EXPECT_FALSE(sleep_for(1h, mine));
        }
        EXPECT_EQ(mine.err(), context_errc::canceled);
      });
    yield();
    cancel();
    all.wait();
  });
}

TEST(context_task, a_deadline_ends_tasks_that_wait) {
  with_workers([] {
    const auto ctx = with_timeout(background(), 5ms).ctx;
    wait_group all;
    for (int i = 0; i != 5; ++i) all.go([&] { EXPECT_FALSE(ctx.done().pop()); });
    all.wait();
    EXPECT_EQ(ctx.err(), context_errc::deadline_exceeded);
  });
}

TEST(context_task, a_function_runs_as_a_task_where_a_task_ends_the_context) {
  with_workers([] {
    const auto [ctx, cancel] = with_cancel(background());
    const auto ran_as = make_chan<std::uint64_t>();
    after_func(ctx, [ran_as] { ran_as.push(this_task::id()); });
    cancel();
    const auto id = ran_as.pop().value();
    EXPECT_NE(id, 0U);
    EXPECT_NE(id, this_task::id());
  });
}

TEST(context_task, tasks_that_attach_leave_and_cancel_at_once_leave_nobody_live) {
  with_workers([] {
    for (int round = 0; round != 20; ++round) {
      const auto [root, cancel] = with_cancel(background());
      wait_group all;
      for (int t = 0; t != 4; ++t)
        all.go([top = root] {
          for (int i = 0; i != 10; ++i) {
            const auto kept = with_timeout(top, 1h);
            if (i % 3 == 0) kept.cancel();
            yield();
          }
          EXPECT_FALSE(with_cancel(top).ctx.done().pop());
        });
      yield();
      cancel();
      all.wait();
    }
  });
}

// Whose callback is destroyed where is told by threads: a task that left its own in a stop's callback, to wait for a lock there, would
// be taken for another, and who comes to run there for it. `use` has what holds up the locks.
template <class Use>
void requests_a_stop_on_one_thread(const context& ctx, std::stop_source& source, const Use& use) {
  std::atomic<bool> over{false};
  wait_group users;
  for (int i = 0; i != 3; ++i)
    users.go([&, c = ctx] {
      while (!over.load(std::memory_order_relaxed)) {
        use(c);
        yield();
      }
    });
  yield();
  wait_group requester;
  requester.go([&] {
    const pid_t before = ::gettid();
    source.request_stop();
    EXPECT_EQ(::gettid(), before);
  });
  requester.wait();
  EXPECT_EQ(ctx.err(), context_errc::canceled);
  over.store(true, std::memory_order_relaxed);
  users.wait();
}

TEST(context_task, that_requests_a_stop_is_on_its_thread_until_contexts_have_ended) {
  scheduler s({.workers = 4});
  s.run([] {
    for (int round = 0; round != scaled(2000); ++round) {
      std::stop_source source;
      requests_a_stop_on_one_thread(with_stop(background(), source.get_token()), source, [](const context& c) {
        for (int n = 0; n != 50; ++n) static_cast<void>(c.done());
      });
    }
  });
}

TEST(context_task, that_requests_a_stop_is_on_its_thread_until_deadlines_below_are_disarmed) {
  scheduler s({.workers = 4});
  s.run([] {
    for (int round = 0; round != scaled(2000); ++round) {
      std::stop_source source;
      const auto stopped = with_stop(background(), source.get_token());
      const auto below = with_timeout(stopped, 1h).ctx;
      requests_a_stop_on_one_thread(stopped, source, [](const context&) {
        for (int n = 0; n != 20; ++n) static_cast<void>(with_timeout(background(), 1h));
      });
      EXPECT_EQ(below.err(), context_errc::canceled);
    }
  });
}

// The requester keeps the only worker while it waits for the context's lock, and who has that may wait for the channel's.
TEST(context_task, that_requests_a_stop_beside_one_that_ends_the_same_context_needs_no_other_worker) {
  scheduler s({.workers = 1});
  for (int round = 0; round != scaled(300); ++round) {
    std::stop_source source;
    const auto [above, cancel] = with_cancel(background());
    const auto ctx = with_stop(above, source.get_token());
    auto* const done = detail::chan_access::core(ctx.done());
    std::atomic<bool> begun{false};
    done->lock();
    s.go([&end = cancel, &begun] {
      begun.store(true, std::memory_order_relaxed);
      end();
    });
    s.go([&source] { source.request_stop(); });
    while (!begun.load(std::memory_order_relaxed)) std::this_thread::yield();
    for (int pauses = 0; pauses != 20 * round; ++pauses) std_platform::pause();  // now the one, now the other one waits
    done->unlock();
    s.join();
    EXPECT_EQ(ctx.err(), context_errc::canceled);
  }
}

// Nor does it beside one that waits for the lock of a channel that is to be closed, be it with another one's lock in its hands, or as the
// one whom the next wake-up goes to. `wait` has the two channels, in the order in which a select takes them; the second is locked.
template <class Wait>
void requests_a_stop_beside_one_that_waits_for_a_lock(const Wait& wait) {
  scheduler s({.workers = 1});
  for (int round = 0; round != scaled(300); ++round) {
    std::stop_source source;
    const context ctx[2] = {with_stop(background(), source.get_token()), with_stop(background(), source.get_token())};
    receiver<void> done[2] = {ctx[0].done(), ctx[1].done()};
    std::ranges::sort(done, std::less<>(), [](const auto& c) { return detail::chan_access::core(c); });
    auto* const last = detail::chan_access::core(done[1]);
    std::atomic<bool> begun{false};
    last->lock();
    s.go([&] {
      begun.store(true, std::memory_order_relaxed);
      wait(done[0], done[1]);
    });
    s.go([&source] { source.request_stop(); });
    while (!begun.load(std::memory_order_relaxed)) std::this_thread::yield();
    for (int pauses = 0; pauses != 20 * round; ++pauses) std_platform::pause();
    last->unlock();
    s.join();
    for (const context& c : ctx) EXPECT_EQ(c.err(), context_errc::canceled);
  }
}

TEST(context_task, that_requests_a_stop_beside_a_select_that_takes_two_locks_needs_no_other_worker) {
  requests_a_stop_beside_one_that_waits_for_a_lock([](const auto& first, const auto& second) {
    static_cast<void>(select(on_pop(first, [](auto) {}), on_pop(second, [](auto) {})));
  });
}
TEST(context_task, that_requests_a_stop_beside_a_pop_that_waits_for_the_lock_needs_no_other_worker) {
  requests_a_stop_beside_one_that_waits_for_a_lock(
      [](const auto&, const auto& second) { static_cast<void>(second.pop()); });
}

TEST(context_task, may_be_the_last_to_hold_a_context_whose_stop_it_requests) {
  scheduler s({.workers = 4});
  for (int round = 0; round != scaled(5000); ++round) {
    std::stop_source source;
    std::optional<context> ctx(with_stop(background(), source.get_token()));
    for (int i = 0; i != 3; ++i)
      s.go([c = *ctx] {
        for (int n = 0; n != 30 && !c.err(); ++n) static_cast<void>(with_cancel(c));
      });
    ctx.reset();
    s.go([&source] { source.request_stop(); });
    s.join();
  }
}

struct user {
  using type = int;
};
TEST(context_task, values_go_with_the_context_and_not_with_the_task) {
  with_workers([] {
    const auto ctx = with_value<user>(background(), 7);
    wait_group all;
    all.go([c = with_cancel(ctx).ctx] { EXPECT_EQ(*c.value<user>(), 7); });
    all.go([] { EXPECT_EQ(background().value<user>(), nullptr); });
    all.wait();
  });
}

}  // namespace
}  // namespace sluice::test::context_task_test
