// SPDX-License-Identifier: BSL-1.0
#include <sluice/task.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/cond.hpp>
#include <sluice/mutex.hpp>
#include <sluice/platform.hpp>
#include <sluice/reclaim.hpp>
#include <sluice/select.hpp>
#include <sluice/sleep.hpp>
#include <sluice/sync_map.hpp>
#include <sluice/wait_group.hpp>

#include "../support/sanitizers.hpp"

namespace sluice::test::task_test {
namespace {

using namespace std::chrono_literals;

// A program of tasks, with 1, 2 and many workers.
template <class Program>
void with_workers(const Program& program) {
  for (const int workers : {1, 2, 7}) {
    scheduler s({.workers = workers});
    s.run(program);
    s.join();
    EXPECT_EQ(s.live_tasks(), 0U) << workers << " workers";
  }
}

// It keeps the only worker, so a wake-up that went to the other one alone would be lost.
TEST(task, that_may_not_leave_its_thread_is_woken_beside_one_that_waits_on_the_same_word) {
  scheduler s({.workers = 1});
  for (int round = 0; round != scaled(300); ++round) {
    std_platform::atomic<std::uint32_t> word{0};
    std::atomic<int> begun{0};
    const auto wait = [&] {
      begun.fetch_add(1, std::memory_order_relaxed);
      while (word.load(std::memory_order_acquire) == 0) std_platform::wait(word, 0);
      std_platform::wake_one(word);
    };
    const auto await = [&](int n) {
      while (begun.load(std::memory_order_relaxed) != n) std::this_thread::yield();
    };
    s.go(wait);
    await(1);
    s.go([&] {
      [[maybe_unused]] const auto stays = std_platform::stay_on_thread();
      wait();
    });
    await(2);
    for (int pauses = 0; pauses != 20 * round; ++pauses) std_platform::pause();
    word.store(1, std::memory_order_release);
    std_platform::wake_one(word);
    s.join();
  }
}

TEST(task, runs_what_it_is_given_with_its_arguments) {
  with_workers([] {
    auto answers = make_chan<std::string>(2);
    go([answers](int n, std::unique_ptr<int> p) mutable { answers.push(std::to_string(n + *p)); }, 40,
       std::make_unique<int>(2));
    struct method {
      void call(chan<std::string> to) { to.push("called"); }
    };
    go(&method::call, method{}, answers);
    std::array<std::string, 2> got{answers.pop().value(), answers.pop().value()};
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got[0], "42");
    EXPECT_EQ(got[1], "called");
  });
}

void push_twice(const chan<int>& to, int n) {
  to.push(n);
  to.push(n);
}
TEST(task, runs_a_plain_function) {
  with_workers([] {
    const auto answers = make_chan<int>(4);
    go(push_twice, answers, 7);
    safe_go([](const std::exception_ptr&) {}, push_twice, answers, 7);
    for (int i = 0; i != 4; ++i) EXPECT_EQ(answers.pop(), 7);
  });
}

TEST(task, that_waits_leaves_its_worker_to_others) {
  scheduler s({.workers = 1});
  EXPECT_EQ(s.run([] {
    auto to = make_chan<int>(0);
    auto back = make_chan<int>(0);
    go([to, back]() mutable {
      for (const int n : to) back.push(n + 1);
      back.close();
    });
    int sum = 0;
    for (int i = 0; i != 100; ++i) {
      to.push(i);
      sum += back.pop().value();
    }
    to.close();
    EXPECT_FALSE(back.pop().has_value());
    return sum;
  }),
            5'050);
}

TEST(task, may_be_one_of_very_many) {
  with_workers([] {
    const int n = scaled(10'000) < 2'000 ? 500 : 10'000;
    wait_group all(static_cast<std::uint32_t>(n));
    auto gate = make_chan<int>(0);
    std::atomic<int> through{0};
    for (int i = 0; i != n; ++i)
      go([&, gate]() mutable {
        gate.pop();
        ++through;
        all.done();
      });
    gate.close();
    all.wait();
    EXPECT_EQ(through.load(), n);
  });
}

TEST(task, locks_and_conditions_park_tasks) {
  with_workers([] {
    mutex m;
    cond turn_over;
    int turn = 0;
    wait_group all;
    for (int who = 0; who != 5; ++who)
      all.go([](auto f) { sluice::go(std::move(f)); },
             [&, who] {
               for (int round = 0; round != 20; ++round) {
                 std::unique_lock lock(m);
                 turn_over.wait(lock, [&] { return turn % 5 == who; });
                 ++turn;
                 turn_over.notify_all();
               }
             });
    all.wait();
    EXPECT_EQ(turn, 100);
  });
}

TEST(task, and_threads_meet_on_the_same_channel) {
  scheduler s({.workers = 2});
  auto to = make_chan<int>(1);
  auto back = make_chan<int>(1);
  std::thread outside([=]() mutable {
    for (const int n : to) back.push(n);
    back.close();
  });
  const int sum = s.run([&] {
    go([&] {
      for (int i = 1; i <= 1'000; ++i) to.push(i);
      to.close();
    });
    int total = 0;
    for (const int n : back) total += n;
    return total;
  });
  outside.join();
  EXPECT_EQ(sum, 500'500);
}

TEST(task, of_one_scheduler_wakes_one_of_another) {
  scheduler a({.workers = 1});
  scheduler b({.workers = 1});
  auto c = make_chan<int>(0);
  std::atomic<int> sum{0};
  a.go([&] {
    for (const int n : c) sum += n;
  });
  b.run([&] {
    for (int i = 1; i <= 100; ++i) c.push(i);
    c.close();
  });
  a.join();
  EXPECT_EQ(sum.load(), 5'050);
}

TEST(task, sleeps_without_its_worker_and_not_too_short) {
  scheduler s({.workers = 1});
  s.run([] {
    wait_group all(50);
    for (int i = 0; i != 50; ++i)
      go([&all, i] {
        const auto before = std::chrono::steady_clock::now();
        EXPECT_TRUE(sleep_for(std::chrono::milliseconds(1 + i % 5)));
        EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(1 + i % 5));
        all.done();
      });
    all.wait();
    EXPECT_TRUE(sleep_until(std::chrono::system_clock::now() - 1s)) << "the time has come";
  });
}

TEST(task, is_woken_by_a_stop_and_by_a_deadline) {
  with_workers([] {
    std::stop_source stop;
    wait_group all(2);
    auto never = make_chan<int>(0);
    go([&] {
      EXPECT_FALSE(sleep_for(1h, stop.get_token()));
      all.done();
    });
    go([&, never]() mutable {
      EXPECT_EQ(never.pop_for(1ms).error(), wait_status::timed_out);
      EXPECT_EQ(never.pop_or_stop(stop.get_token()).error(), wait_status::stopped);
      all.done();
    });
    yield();
    stop.request_stop();
    all.wait();
  });
}

// What a sync_map keeps for each thread, and a select's random numbers: after a wait the thread may be another one.
TEST(task, uses_what_belongs_to_the_thread_on_which_it_goes_on) {
  scheduler s({.workers = 4});
  sync_map<int, int> map;
  s.run([&] {
    wait_group all(8);
    for (int who = 0; who != 8; ++who)
      go([&, who] {
        auto mine = make_chan<int>(1);
        for (int i = 0; i != scaled(500); ++i) {
          map.store(who, i);
          yield();
          EXPECT_EQ(map.load(who), i);
          sleep_for(1us);
          map.erase(who);
          mine.push(i);
          select(on_pop(mine, [&](const std::optional<int>& v) { EXPECT_EQ(v, i); }),
                 on_pop(make_chan<int>(0), [](const auto&) { FAIL(); }));
        }
        all.done();
      });
    all.wait();
  });
  EXPECT_EQ(map.size(), 0U);
}

// What is retired is the thread's, and so is the loop that frees it: another task that came in between would find it half done.
TEST(task, stays_on_its_thread_where_the_destructor_of_what_it_frees_waits) {
  struct slow_to_end : reclaim_obj {
    slow_to_end(reclaimer& maker, std::atomic<bool>& another, std::atomic<bool>& between)
        : reclaim_obj(maker), another_ran(another), ran_between(between) {}
    ~slow_to_end() {
      sleep_for(std::chrono::milliseconds(10));
      ran_between = another_ran.load();
    }
    std::atomic<bool>& another_ran;
    std::atomic<bool>& ran_between;
  };
  std::atomic<bool> another_ran{false};
  std::atomic<bool> ran_between{true};
  scheduler s({.workers = 1});
  s.run([&] {
    go([&] { another_ran = true; });
    reclaimer& mine = this_thread_reclaimer();
    mine.retire(new slow_to_end(mine, another_ran, ran_between));
    mine.collect();
  });
  s.join();
  EXPECT_FALSE(ran_between);
  EXPECT_TRUE(another_ran);
}

// So is the section in which a value goes that was made, or copied, in vain, for another one was put meanwhile.
struct overtaken {
  struct race {
    sync_map<int, overtaken>* map = nullptr;
    bool is_over = false;
    bool another_ran = false;
    bool ran_between = false;
  };
  overtaken() = default;
  overtaken(race& r, bool at_once) : lost(&r) {
    if (at_once) overtake();
  }
  overtaken(const overtaken& other) : lost(other.lost) {
    if (lost != nullptr) overtake();
  }
  overtaken& operator=(const overtaken&) = delete;
  ~overtaken() {
    if (lost == nullptr || !std::exchange(lost->is_over, false)) return;
    yield();
    lost->ran_between = lost->another_ran;
  }
  void overtake() const {
    lost->map->store(1, overtaken());
    lost->is_over = true;
  }
  race* lost = nullptr;
};
template <class Lose>
void stays_where_it_is_overtaken(const Lose& lose) {
  static overtaken::race r;  // what was replaced is destroyed later, by whoever retires
  scheduler s({.workers = 1});
  sync_map<int, overtaken> map;
  r = {&map};
  s.run([&] {
    go([&] { r.another_ran = true; });
    lose(map, r);
    EXPECT_FALSE(r.is_over);
  });
  s.join();
  EXPECT_FALSE(r.ran_between);
  EXPECT_TRUE(r.another_ran);
}
TEST(task, stays_on_its_thread_where_the_destructor_of_a_value_that_came_too_late_waits) {
  stays_where_it_is_overtaken([](auto& map, overtaken::race& r) { EXPECT_FALSE(map.try_store(1, r, true)); });
}
TEST(task, stays_on_its_thread_where_the_destructor_of_a_copy_that_came_too_late_waits) {
  stays_where_it_is_overtaken([](auto& map, overtaken::race& r) {
    EXPECT_TRUE(map.try_store(1, r, false));
    EXPECT_TRUE(map.swap(1, overtaken()));
  });
}

// It goes on on another thread in the middle of a walk, and what it stands at lives until it goes on to the next.
TEST(task, may_wait_while_it_walks_through_a_map) {
  constexpr int keys = 64;
  constexpr int walks = 20;
  sync_map<int, std::string> m;
  for (int i = 0; i != keys; ++i) m.store(i, std::string(40, 'a'));
  std::atomic<int> wrong{0};
  scheduler s({.workers = 4});
  for (int walker = 0; walker != 4; ++walker)
    s.go([&] {
      for (int i = 0; i != walks; ++i)
        m.range([&](int key, const std::string& value) {
          yield();
          m.store(key, std::string(40, 'b'));
          if (value != std::string(40, value.front())) ++wrong;
        });
    });
  s.join();
  EXPECT_EQ(wrong, 0);
}

TEST(task, gives_its_turn_to_others) {
  scheduler s({.workers = 1});
  s.run([] {
    std::vector<int> order;
    wait_group all(2);
    for (const int who : {1, 2})
      go([&, who] {
        for (int i = 0; i != 3; ++i) {
          order.push_back(who);
          yield();
        }
        all.done();
      });
    all.wait();
    ASSERT_EQ(order.size(), 6U);
    for (std::size_t i = 1; i != 6; ++i) EXPECT_NE(order[i], order[i - 1]) << i;
  });
}

TEST(task, that_is_woken_or_started_by_one_that_computes_on_runs_on_another_worker) {
  scheduler s({.workers = 2});
  s.run([] {
    for (int i = 0; i != 5; ++i) {
      const auto c = make_chan<int>(0);
      std::atomic<int> begun{0};
      wait_group ended(2);
      go([&] {
        begun += c.pop().value();
        ended.done();
      });
      while (c.try_push(1) != conqueue_status::success) yield();
      while (begun == 0) continue;
      go([&] {
        ++begun;
        ended.done();
      });
      while (begun == 1) continue;
      ended.wait();
    }
  });
}

TEST(task, keeps_the_exception_that_it_handles_while_it_waits) {
  with_workers([] {
    wait_group all(8);
    auto gate = make_chan<int>(0);
    for (int i = 0; i != 8; ++i)
      go([&, i, gate]() mutable {
        try {
          throw i;
        } catch (int) {
          gate.pop();  // meanwhile others throw and catch on this thread
          try {
            throw;
          } catch (const int& again) {
            EXPECT_EQ(again, i);
          }
        }
        EXPECT_EQ(std::uncaught_exceptions(), 0);
        all.done();
      });
    for (int i = 0; i != 8; ++i) gate.push(i);
    all.wait();
  });
}

TEST(task, whose_exception_nobody_takes_is_reported_with_its_name_and_place) {
  std::vector<std::string> reported;
  {
    scheduler s({.workers = 1, .on_exception = [&](const task_report& t, const std::exception_ptr& e) {
                   reported.push_back(t.name + ' ' + std::to_string(t.started.line()) + ' ' + detail::what_of(e));
                 }});
    s.go_as("reader", [] { throw std::runtime_error("no such file"); });
    const auto line = std::to_string(__LINE__ - 1);
    s.join();
    ASSERT_EQ(reported.size(), 1U);
    EXPECT_EQ(reported[0], "reader " + line + " no such file");
  }
  EXPECT_NE(detail::what_of(std::make_exception_ptr(7)).find("not a std::exception"), std::string::npos);
}

TEST(task, ends_the_program_with_an_exception_that_nobody_takes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        scheduler s({.workers = 1});
        s.go_as("reader", [] { throw std::runtime_error("no such file"); });
        s.join();
      },
      "Z: an exception has left task .* 'reader', started at .*task_test.cpp:[0-9]+ in .*: no such file");
}

TEST(task, hands_its_exception_to_who_asked_for_it) {
  with_workers([] {
    auto taken = make_chan<std::string>(0);
    safe_go([taken](const std::exception_ptr& e) mutable { taken.push(detail::what_of(e)); },
            [](int n) { throw std::runtime_error(std::to_string(n)); }, 12);
    EXPECT_EQ(taken.pop().value(), "12");
  });
}

TEST(task, that_runs_as_main_gives_what_it_returns_or_throws) {
  scheduler s({.workers = 2});
  EXPECT_EQ(*s.run([] { return std::make_unique<int>(3); }), 3);
  EXPECT_THROW(s.run([] { throw std::out_of_range("x"); }), std::out_of_range);
}

TEST(task, knows_itself) {
  EXPECT_FALSE(this_task::is_one());
  EXPECT_EQ(this_task::id(), 0U);
  EXPECT_EQ(this_task::name(), "");
  with_workers([] {
    EXPECT_TRUE(this_task::is_one());
    EXPECT_NE(this_task::id(), 0U);
    EXPECT_EQ(this_task::name(), "main");
    this_task::rename("other");
    EXPECT_EQ(this_task::name(), "other");
  });
}

TEST(task, counts_among_the_live_ones_until_it_has_ended) {
  scheduler s({.workers = 2});
  auto gate = make_chan<int>(0);
  for (int i = 0; i != 3; ++i) s.go([gate]() mutable { gate.pop(); });
  EXPECT_EQ(s.live_tasks(), 3U);
  gate.close();
  s.join();
  EXPECT_EQ(s.live_tasks(), 0U);
}

// Copied, it waits; so whoever starts a task with it may go on on another worker before the task is there.
struct copied_slowly {
  explicit copied_slowly(wait_group& done) : done_(&done) {}
  copied_slowly(const copied_slowly& other) : done_(other.done_) { yield(); }
  copied_slowly(copied_slowly&&) = default;
  copied_slowly& operator=(const copied_slowly&) = delete;
  copied_slowly& operator=(copied_slowly&&) = delete;
  ~copied_slowly() = default;
  void operator()() const { done_->done(); }

 private:
  wait_group* done_;
};
TEST(task, may_be_given_what_waits_while_it_is_copied) {
  constexpr int starters = 8;
  constexpr int each = 25;
#if defined(SLUICE_TEST_TSAN)
  constexpr int rounds = 5;
#else
  constexpr int rounds = 100;
#endif
  scheduler s({.workers = 3});
  for (int round = 0; round != rounds; ++round)
    s.run([] {
      wait_group started, ended;
      started.add(starters);
      ended.add(starters * each);
      for (int i = 0; i != starters; ++i)
        go([&] {
          const copied_slowly f(ended);
          for (int k = 0; k != each; ++k) go(f);
          started.done();
        });
      started.wait();
      ended.wait();
    });
  s.join();
  EXPECT_EQ(s.live_tasks(), 0U);
}

}  // namespace
}  // namespace sluice::test::task_test
