// SPDX-License-Identifier: BSL-1.0
#include <sluice/async_task.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include <sluice/chan.hpp>
#include <sluice/context.hpp>
#include <sluice/mutex.hpp>
#include <sluice/select.hpp>
#include <sluice/timer.hpp>
#include <sluice/wait_group.hpp>

#include "../support/coroutine.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::async_task_test {
namespace {

using namespace std::chrono_literals;

template <class Program>
void with_workers(const Program& program) {
  for (const int workers : {1, 2, 7}) {
    scheduler s({.workers = workers});
    s.run(program);
    s.join();
    EXPECT_EQ(s.live_tasks(), 0U) << workers << " workers";
  }
}

task<int> gives(int n) { co_return n; }
task<std::unique_ptr<int>> gives_what_only_moves(int n) { co_return std::make_unique<int>(n); }
task<int> fails() {
  throw std::runtime_error("no such file");
  co_return 0;
}
task<> notes(bool& ran) {
  ran = true;
  co_return;
}
task<int> pops(receiver<int> from) {
  const auto v = co_await from.async_pop();
  co_return v.value_or(-1);
}
task<int> pops_all(receiver<int> from) {
  int sum = 0;
  for (;;) {
    const int n = co_await pops(from);
    if (n < 0) co_return sum;
    sum += n;
  }
}

TEST(async_task, gives_what_it_returns_to_threads_and_to_tasks) {
  EXPECT_EQ(await(gives(7)), 7);
  with_workers([] {
    EXPECT_EQ(await(gives(7)), 7);
    EXPECT_EQ(*await(gives_what_only_moves(8)), 8);
    bool ran = false;
    await(notes(ran));
    EXPECT_TRUE(ran);
  });
}

task<std::string&> refers_to(std::string& s) { co_return s; }
task<const std::string&> passes_on(std::string& s) { co_return co_await refers_to(s); }
task<std::string&> refers_to_nothing() {
  throw std::runtime_error("no such string");
  std::string* const none = nullptr;
  co_return *none;
}
TEST(async_task, may_return_a_reference) {
  scheduler s({.workers = 1});
  std::string here = "a string that is too long to lie in its object";
  s.run([&] {
    EXPECT_EQ(&await(refers_to(here)), &here);
    EXPECT_EQ(&await(passes_on(here)), &here);
    EXPECT_THROW(await(refers_to_nothing()), std::runtime_error);
  });
  EXPECT_FALSE(here.empty());
}

TEST(async_task, does_nothing_before_it_is_awaited) {
  bool ran = false;
  {
    const auto never = notes(ran);
  }
  EXPECT_FALSE(ran);
}

TEST(async_task, awaits_others_one_after_the_other) {
  with_workers([] {
    const auto numbers = make_chan<int>();
    go([numbers] {
      for (int i = 1; i <= 100; ++i) numbers.push(i);
      numbers.close();
    });
    EXPECT_EQ(await(pops_all(numbers)), 5'050);
  });
}

task<int> sums(int n) {
  int sum = 0;
  for (int i = 0; i != n; ++i) sum += co_await gives(1);
  co_return sum;
}
task<int> goes_down(int n) {
  if (n == 0) co_return 0;
  const int below = co_await goes_down(n - 1);
  co_return below + 1;
}
TEST(async_task, any_number_may_await_each_other_on_one_stack) {
  with_workers([] {
    EXPECT_EQ(await(sums(10'000)), 10'000);
    EXPECT_EQ(await(goes_down(10'000)), 10'000);
  });
}

task<std::string> takes_what_others_throw() {
  std::string said;
  try {
    co_await fails();
  } catch (const std::runtime_error& e) {
    said = e.what();
  }
  co_return said;
}
TEST(async_task, what_it_throws_comes_out_of_co_await_and_of_await) {
  with_workers([] {
    EXPECT_EQ(await(takes_what_others_throw()), "no such file");
    EXPECT_THROW(await(fails()), std::runtime_error);
  });
}

TEST(async_task, may_be_awaited_once) {
  auto t = gives(1);
  const auto moved = std::move(t);
  EXPECT_THROW(await(std::move(t)), std::logic_error);
  bool ran = false;
  auto once = notes(ran);
  const auto empty = std::move(once);
  EXPECT_THROW(go(std::move(once)), std::logic_error);
}

task<> waits(receiver<void> gate, std::atomic<int>& through) {
  co_await gate.async_pop();
  EXPECT_TRUE(this_task::is_one()) << "it goes on on a worker";
  ++through;
}
TEST(async_task, that_waits_counts_as_a_live_one_and_is_joined) {
  scheduler s({.workers = 2});
  const auto gate = make_chan<void>();
  std::atomic<int> through{0};
  const int n = scaled(10'000);
  s.run([&] {
    for (int i = 0; i != n; ++i) go(waits(gate, through));
  });
  std::thread opens([gate] { gate.close(); });
  s.join();
  EXPECT_EQ(through, n);
  EXPECT_EQ(s.live_tasks(), 0U);
  opens.join();
}

TEST(async_task, may_wait_as_tasks_do_on_the_stack_that_it_has) {
  with_workers([] {
    mutex m;
    int inside = 0;
    wait_group all(5);
    const auto body = [](mutex& lock, int& count, wait_group& done) -> task<> {
      for (int i = 0; i != 10; ++i) {
        lock.lock();
        const int before = count;
        yield();
        count = before + 1;
        lock.unlock();
        co_await std::suspend_never{};
      }
      done.done();
    };
    for (int i = 0; i != 5; ++i) go(body(m, inside, all));
    all.wait();
    EXPECT_EQ(inside, 50);
  });
}

task<int> selects(receiver<int> numbers, context ctx) {
  timer late(1h);
  const auto beat = tick(1ms);
  int beats = 0;
  for (;;) {
    int got = 0;
    const auto which = co_await async_select(on_pop(numbers, [&](std::optional<int> v) { got = v.value_or(-1); }),
                                             on_pop(beat, [&](auto) { ++beats; }), on_pop(late.c(), [](auto) {}),
                                             on_pop(ctx.done(), [](auto) {}));
    if (which == 0 || which == 3) co_return got;
  }
}
TEST(async_task, selects_over_channels_timers_and_contexts) {
  with_workers([] {
    const auto numbers = make_chan<int>();
    go([numbers] {
      sleep_for(3ms);
      numbers.push(7);
    });
    EXPECT_EQ(await(selects(numbers, background())), 7);
    EXPECT_EQ(await(selects(make_chan<int>(), with_timeout(background(), 3ms).ctx)), 0);
  });
}

task<bool> is_stopped(context ctx) {
  const auto got = co_await make_chan<int>().async_pop_or_stop(std::stop_token(ctx));
  co_return !got && got.error() == wait_status::stopped;
}
TEST(async_task, is_stopped_by_a_context) {
  with_workers([] {
    const auto [ctx, cancel] = with_cancel(background());
    go([end = cancel] { end(); });
    EXPECT_TRUE(await(is_stopped(ctx)));
  });
}

// Whoever ends a stop's callback knows by the thread whether it runs in it: so nobody leaves his thread there to wait for a channel's lock.
detached waits_until_stopped(chan<int> c, std::stop_token stop) {
  const auto got = co_await c.async_pop_or_stop(stop);  // goes on in the callback
  EXPECT_EQ(got.error(), wait_status::stopped);
}
TEST(async_task, goes_on_in_a_stop_of_a_task_that_stays_on_its_thread_until_the_channel_is_left) {
  scheduler s({.workers = 4});
  s.run([] {
    for (int round = 0; round != scaled(2000); ++round) {
      const auto numbers = make_chan<int>();
      std::stop_source source;
      std::atomic<bool> over{false};
      wait_group users;
      for (int i = 0; i != 3; ++i)
        users.go([&] {
          while (!over.load(std::memory_order_relaxed)) {
            for (int n = 0; n != 20; ++n) static_cast<void>(select(on_pop(numbers, [](auto) {}), after(0ns)));
            yield();
          }
        });
      yield();
      for (int i = 0; i != 3; ++i) waits_until_stopped(numbers, source.get_token());
      const pid_t before = ::gettid();
      source.request_stop();
      EXPECT_EQ(::gettid(), before);
      over.store(true, std::memory_order_relaxed);
      users.wait();
    }
  });
}

task<> throws_after(receiver<void> gate) {
  co_await gate.async_pop();
  throw std::runtime_error("no such file");
}
TEST(async_task, whose_exception_nobody_takes_is_reported_with_the_place_where_it_was_started) {
  std::string reported;
  scheduler s({.workers = 1, .on_exception = [&](const task_report& t, const std::exception_ptr& e) {
                 reported = t.name + ' ' + std::to_string(t.started.line()) + ' ' + failure(e).message();
               }});
  const auto gate = make_chan<void>();
  s.go([gate] { go(throws_after(gate)); });
  const auto line = std::to_string(__LINE__ - 1);
  gate.close();
  s.join();
  EXPECT_EQ(reported, "coroutine " + line + " no such file");
}

TEST(async_task, ones_that_wait_for_ever_are_a_deadlock_and_told_at_the_end) {
  std::size_t leaked = 0;
  const auto gate = make_chan<void>();
  std::atomic<int> through{0};
  {
    scheduler s({.workers = 1, .only_tasks = true, .on_leak = [&](const std::vector<task_report>& all) {
                   leaked = all.size();
                 }});
    s.run([&] {
      for (int i = 0; i != 3; ++i) go(waits(gate, through));
    });
    try {
      s.join();
      FAIL();
    } catch (const deadlock_error& e) {
      EXPECT_NE(std::string(e.what()).find("'3 coroutines that wait'"), std::string::npos) << e.what();
    }
    gate.close();
    s.join();
  }
  EXPECT_EQ(leaked, 0U);
  EXPECT_EQ(through, 3);
}

// Where the frame of who awaits it is, so that it stays reachable.
struct notes_frame {
  void*& where;
  static bool await_ready() noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> h) const {
    where = h.address();
    return false;
  }
  static void await_resume() noexcept {}
};
task<> waits_for_ever(receiver<void> gate, void*& frame, bool& through) {
  co_await notes_frame{frame};
  co_await gate.async_pop();
  through = true;
}
TEST(async_task, one_that_waits_when_its_scheduler_ends_never_goes_on_whoever_wakes_it) {
  static void* frame = nullptr;
  bool through = false;
  std::size_t leaked = 0;
  const auto gate = make_chan<void>();
  {
    scheduler s({.workers = 1, .on_leak = [&](const std::vector<task_report>& all) { leaked = all.size(); }});
    s.run([&] { go(waits_for_ever(gate, frame, through)); });
  }
  EXPECT_EQ(leaked, 1U);
  EXPECT_NE(frame, nullptr);
  gate.close();
  EXPECT_FALSE(through);
}

task<> waits_for(receiver<std::chrono::steady_clock::time_point> late, std::vector<void*>& frames) {
  co_await notes_frame{frames.emplace_back()};
  co_await late.async_pop();
}
TEST(async_task, its_scheduler_ends_while_the_clock_wakes_some) {
  static auto& frames = *new std::vector<void*>;  // of those that wait for ever
  frames.reserve(8000);
  for (int round = 0; round != scaled(1000); ++round) {
    scheduler s({.workers = 1, .on_leak = [](const std::vector<task_report>&) {}});
    s.run([&] {
      for (int i = 0; i != 8; ++i) go(waits_for(alarm(std::chrono::microseconds(round % 200 + 10 * i)), frames));
    });
  }
}

// Another library's coroutine, which says as task<T> does what its promise is.
struct others_task {
  struct promise_type {
    others_task get_return_object() noexcept {
      return others_task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    static std::suspend_always initial_suspend() noexcept { return {}; }
    static auto final_suspend() noexcept {
      struct back {
        static bool await_ready() noexcept { return false; }
        static std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
          return h.promise().caller;
        }
        static void await_resume() noexcept {}
      };
      return back{};
    }
    static void return_void() noexcept {}
    static void unhandled_exception() noexcept { std::terminate(); }
    std::coroutine_handle<> caller;
  };
  explicit others_task(std::coroutine_handle<promise_type> h) noexcept : frame(h) {}
  others_task(others_task&& o) noexcept : frame(std::exchange(o.frame, nullptr)) {}
  others_task& operator=(others_task&&) = delete;
  ~others_task() {
    if (frame) frame.destroy();
  }
  static bool await_ready() noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) const noexcept {
    frame.promise().caller = h;
    return frame;
  }
  static void await_resume() noexcept {}
  std::coroutine_handle<promise_type> frame;
};
others_task pops_as_others_do(receiver<void> gate) { co_await gate.async_pop(); }
others_task awaits_ours(std::atomic<int>& sum) { sum = co_await sums(100); }
TEST(async_task, what_others_made_awaits_it_and_is_awaited_and_counts_meanwhile) {
  scheduler s({.workers = 1});
  const auto gate = make_chan<void>();
  std::atomic<int> sum{0};
  const auto body = [](receiver<void> from, std::atomic<int>& to) -> task<> {
    co_await awaits_ours(to);
    co_await pops_as_others_do(from);
  };
  s.run([&] { go(body(gate, sum)); });
  while (sum == 0 || s.live_tasks() != 1) std::this_thread::yield();
  gate.close();
  s.join();
  EXPECT_EQ(sum, 100);
}

others_task pops_by_ours(receiver<int> from) { co_await pops(std::move(from)); }
TEST(async_task, one_whose_frame_goes_while_it_waits_leaves_its_line_and_counts_no_more) {
  scheduler s({.workers = 1, .only_tasks = true});
  const auto numbers = make_chan<int>();
  s.run([&] {
    const others_task waits = pops_by_ours(numbers);
    waits.frame.resume();
    EXPECT_EQ(s.live_tasks(), 2U);
  });
  EXPECT_EQ(numbers.try_push(1), conqueue_status::full);
  s.join();
  EXPECT_EQ(s.live_tasks(), 0U);
}

TEST(async_task, its_scheduler_goes_as_soon_as_a_thread_has_let_the_last_frame_go) {
  for (int round = 0; round != scaled(500); ++round) {
    auto s = std::make_unique<scheduler>(scheduler_settings{.workers = 1});  // sanitizers see what is too late
    const auto numbers = make_chan<int>();
    std::optional<others_task> waits;
    s->run([&] { waits.emplace(pops_by_ours(numbers)).frame.resume(); });
    std::thread other([&] { waits.reset(); });
    while (s->live_tasks() != 0) std::this_thread::yield();
    s.reset();
    other.join();
  }
}

// Somebody else's awaitable, resumed by a thread of its own.
struct elsewhere {
  std::thread& by;
  static bool await_ready() noexcept { return false; }
  // This lies in the frame, which may go as soon as the thread runs.
  void await_suspend(std::coroutine_handle<> h) const {
    std::thread& thread = by;
    thread = std::thread([h] { h.resume(); });
  }
  static int await_resume() noexcept { return 7; }
};
TEST(async_task, awaits_what_others_made_and_goes_on_where_that_resumes_it) {
  std::thread other;
  scheduler s({.workers = 1});
  std::atomic<bool> in_a_task{true};
  s.run([&] {
    const auto body = [](std::thread& by, std::atomic<bool>& where) -> task<int> {
      const int n = co_await elsewhere{by};
      where = this_task::is_one();
      co_return n;
    };
    EXPECT_EQ(await(body(other, in_a_task)), 7);
  });
  s.join();
  other.join();
  EXPECT_FALSE(in_a_task);
}

task<> pushes(sender<int> to, int n, wait_group& all) {
  for (int i = 1; i <= n; ++i) co_await to.async_push(i);
  all.done();
}
// On which stack it runs, so far as its callers' frames are alike.
[[gnu::noinline]] std::uintptr_t stack_here() { return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)); }
task<> notes_where_it_goes_on(receiver<void> gate, wait_group& waits, wait_group& all,
                              std::set<std::uintptr_t>& places) {
  waits.done();
  co_await gate.async_pop();
  places.insert(stack_here());
  all.done();
}
TEST(async_task, thousands_that_are_woken_at_once_share_a_few_stacks) {
  constexpr unsigned many = 2'000;
  scheduler s({.workers = 1});
  std::set<std::uintptr_t> places;
  s.run([&] {
    const auto gate = make_chan<void>();
    wait_group waits(many);
    wait_group all(many);
    for (unsigned i = 0; i != many; ++i) go(notes_where_it_goes_on(gate, waits, all, places));
    waits.wait();
    gate.close();
    all.wait();
  });
  EXPECT_LE(places.size(), 8U);
}

TEST(async_task, one_that_holds_its_stack_holds_up_no_other_that_is_ready) {
  with_workers([] {
    constexpr unsigned many = 20;
    const auto gate = make_chan<void>();
    const auto held = make_chan<void>();
    wait_group waits(many);
    wait_group hold(many);
    wait_group all(many);
    const auto holds = [](receiver<void> at, receiver<void> in, wait_group& w, wait_group& h, wait_group& a) -> task<> {
      w.done();
      co_await at.async_pop();
      h.done();
      static_cast<void>(in.pop());  // parks the stack
      a.done();
    };
    for (unsigned i = 0; i != many; ++i) go(holds(gate, held, waits, hold, all));
    waits.wait();
    gate.close();
    hold.wait();
    held.close();
    all.wait();
  });
}

TEST(async_task, ones_that_wake_each_other_for_ever_leave_turns_to_others) {
  const auto there = make_chan<int>();
  const auto back = make_chan<int>();
  scheduler s({.workers = 1});
  s.run([&] {
    const auto passes = [](receiver<int> from, sender<int> to) -> task<> {
      while (const auto v = co_await from.async_pop())
        if (!co_await to.async_push(*v)) break;
    };
    go(passes(there, back));
    go(passes(back, there));
    there.push(1);
    for (int i = 0; i != 3; ++i) yield();
    there.close();
    back.close();
  });
  s.join();
  EXPECT_EQ(s.live_tasks(), 0U);
}

TEST(async_task, coroutines_tasks_and_threads_lose_nothing_on_one_channel) {
  with_workers([] {
    const int n = scaled(2'000);
    const auto numbers = make_chan<int>(3);
    wait_group pushing(6);
    for (int i = 0; i != 4; ++i) go(pushes(numbers, n, pushing));
    go([&, numbers] {
      for (int i = 1; i <= n; ++i) numbers.push(i);
      pushing.done();
    });
    std::jthread other([&, numbers] {
      for (int i = 1; i <= n; ++i) numbers.push(i);
      pushing.done();
    });
    go([&] {
      pushing.wait();
      numbers.close();
    });
    EXPECT_EQ(await(pops_all(numbers)), 6 * (n * (n + 1) / 2));
    pushing.wait();
  });
}

}  // namespace
}  // namespace sluice::test::async_task_test
