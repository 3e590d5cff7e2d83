// SPDX-License-Identifier: BSL-1.0
// What Go calls it, and what it is here: README's table, row by row. Under each `Go:` stands the line of the table (tests/lint compares
// them), and around it a program that shows that it does what Go's does.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <span>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/after_func.hpp>
#include <sluice/any_case.hpp>
#include <sluice/cancel_guard.hpp>
#include <sluice/chan.hpp>
#include <sluice/cond.hpp>
#include <sluice/context.hpp>
#include <sluice/err_group.hpp>
#include <sluice/error.hpp>
#include <sluice/failure.hpp>
#include <sluice/func_timer.hpp>
#include <sluice/heartbeat.hpp>
#include <sluice/mutex.hpp>
#include <sluice/once.hpp>
#include <sluice/patterns.hpp>
#include <sluice/queue_stage.hpp>
#include <sluice/rate_limiter.hpp>
#include <sluice/replicate.hpp>
#include <sluice/result.hpp>
#include <sluice/result_stream.hpp>
#include <sluice/rw_mutex.hpp>
#include <sluice/select.hpp>
#include <sluice/semaphore.hpp>
#include <sluice/single_flight.hpp>
#include <sluice/sync_map.hpp>
#include <sluice/task.hpp>
#include <sluice/timer.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::test::go_names_test {
namespace {

namespace p = sluice::patterns;
using namespace std::chrono_literals;
using ints = std::vector<int>;

// A program of tasks that is to leave none.
template <class F>
void as_tasks(const F& program) {
  scheduler workers({.workers = 2});
  workers.run(program);
  workers.join();
}
ints all_of(const receiver<int>& in) {
  ints all;
  for (const int n : in) all.push_back(n);
  return all;
}
ints sorted(const receiver<int>& in) {
  const ints all = all_of(in);
  const std::multiset<int> in_order(all.begin(), all.end());
  return {in_order.begin(), in_order.end()};
}

// Section: Tasks

TEST(go_names, tasks) {
  std::atomic<int> sum{0};
  wait_group wg(2);
  const auto f = [&](int n) { sum += n, wg.done(); };
  as_tasks([&] {
    // Go: `go f(x)`
    go(f, 7);
    // Go: `go func() { … }()`
    go([&] { sum += 30, wg.done(); });
    wg.wait();
  });
  EXPECT_EQ(sum.load(), 37);
  const auto program = [&] { ++sum; };
  // Go: `func main() { … }`
  default_scheduler().run(program);
  EXPECT_EQ(sum.load(), 38);
}

TEST(go_names, the_scheduler) {
  scheduler workers({.workers = 2});
  // Go: `runtime.GOMAXPROCS(n)`
  workers.max_workers(1);
  EXPECT_EQ(workers.max_workers(), 1U);
  // Go: `runtime.NumCPU()`
  const unsigned cpus = std::thread::hardware_concurrency();
  EXPECT_GE(cpus, 0U);
  workers.run([&] {
    // Go: `runtime.NumGoroutine()`
    const auto tasks = workers.live_tasks();
    EXPECT_EQ(tasks, 1U);
    // Go: `runtime.Gosched()`
    yield();
    // Go: `time.Sleep(d)`
    sleep_for(1us);
  });
}

TEST(go_names, what_goes_wrong_in_a_task) {
  std::string caught;
  wait_group wg(1);
  const auto risky = [] { throw error("no disk"); };
  const auto recovered = [&](const std::exception_ptr& e) { caught = failure(e).message(), wg.done(); };
  as_tasks([&] {
    // Go: `defer func() { r := recover(); … }()`
    safe_go(recovered, risky);
    wg.wait();
  });
  EXPECT_EQ(caught, "no disk");
}

TEST(go_names, reports_of_deadlocks_and_leaks) {
  const auto waits = [] { make_chan<int>().pop(); };
  std::size_t leaks = 0;
  const auto count = [&](const std::vector<task_report>& tasks) { leaks = tasks.size(); };
  {
    // Go: a goroutine that leaks
    scheduler workers({.only_tasks = true, .on_leak = count});
    try {
      workers.run(waits);
      FAIL() << "nobody has noticed";
      // Go: `fatal error: all goroutines are asleep - deadlock!`
    } catch (const deadlock_error& report) {
      EXPECT_EQ(report.tasks().size(), 1U);
    }
  }
  EXPECT_EQ(leaks, 1U);
}

// Section: Channels

TEST(go_names, channels) {
  // Go: `ch := make(chan int, 10)`
  auto ch = make_chan<int>(10);
  // Go: `ch <- 42`
  ch.push(42);
  // Go: `len(ch)`, `cap(ch)`
  const bool full = ch.size() == ch.capacity();
  EXPECT_FALSE(full);
  // Go: `x := <-ch`
  const int x = *ch.pop();
  EXPECT_EQ(x, 42);
  for (const int n : {1, 2, 3}) ch.push(n);
  // Go: `close(ch)`
  ch.close();
  int sum = 0;
  // Go: `for v := range ch { … }`
  for (const int v : ch) sum += v;
  EXPECT_EQ(sum, 6);
  // Go: `v, ok := <-ch`
  if (const std::optional<int> v = ch.pop()) sum += *v;
  EXPECT_EQ(sum, 6);
  // Go: `var ch chan int` (nil)
  const chan<int> nil;
  EXPECT_FALSE(nil);
}

TEST(go_names, unbuffered_channels_and_ends) {
  as_tasks([] {
    // Go: `make(chan int)`
    const auto ch = make_chan<int>();
    // Go: `var in chan<- int = ch`
    const sender<int> in = ch;
    // Go: `var out <-chan int = ch`
    const receiver<int> out = ch;
    go([=] { in.push(7); });
    EXPECT_EQ(out.pop(), 7);
    // Go: `done := make(chan struct{})`
    const auto done = make_chan<void>();
    go([=] {
      // Go: `done <- struct{}{}`
      done.push();
    });
    // Go: `<-done`
    done.pop();
    // Go: `make(chan (<-chan int))`
    const auto streams = make_chan<receiver<int>>(1);
    streams.push(out);
  });
}

TEST(go_names, close_when_all_senders_are_done) {
  as_tasks([] {
    // Go: `ch := make(chan int); go func() { defer close(ch); … }()`
    auto [tx, rx] = make_pipe<int>();
    go([to = std::move(tx)] { to.push(1); });
    EXPECT_EQ(all_of(rx), ints{1});
  });
}

// Section: Select

TEST(go_names, select_statement) {
  as_tasks([] {
    const auto a = make_chan<int>(1);
    const auto b = make_chan<int>(1);
    int got = 0;
    const auto take = [&](std::optional<int> v) { got += *v; };
    a.push(3);
    b.push(0);
    // Go: `select { case v := <-a: take(v); case b <- 7: }`
    select(on_pop(a, take), on_push(b, 7));
    EXPECT_EQ(got, 3);
    // Go: `select { case v := <-a: …; default: … }`
    select(on_pop(a, take), otherwise([&] { got = 10; }));
    EXPECT_EQ(got, 10);
    // Go: `case <-time.After(d): …`
    select(on_pop(a, take), after(1us, [&] { got = 20; }));
    EXPECT_EQ(got, 20);
    std::vector<any_case<>> cases;
    for (const auto& c : {a, b}) cases.emplace_back(on_pop(c, take));
    // Go: `reflect.Select(cases)`
    select(std::span(cases));
    EXPECT_EQ(got, 20);
  });
}

TEST(go_names, for_select_loops) {
  as_tasks([] {
    const auto done = make_chan<void>();
    const auto strings = make_chan<std::string>(3);
    const auto stop = [](std::optional<unit>) {};
    for (const char* const s : {"a", "b", "c"}) {
      // Go: `select { case <-done: return; case strings <- s: }`
      if (select(on_pop(done, stop), on_push(strings, s)) == 0) return;
    }
    EXPECT_EQ(strings.size(), 3U);
    done.close();
    int rounds = 0;
    // Go: `for { select { case <-done: return; default: }; … }`
    while (!done.is_closed()) ++rounds;
    EXPECT_EQ(rounds, 0);
    std::vector<std::string> kept;
    const auto keep = [&](std::optional<std::string> s) { kept.push_back(*s); };
    // Go: `for { select { case s := <-strings: …; case <-done: return } }`
    while (select(on_pop(strings, keep), on_pop(done, stop)) == 0 && kept.size() < 3) continue;
    EXPECT_LE(kept.size(), 3U);
    // Go: `select { case ch <- data: default: log.Printf("overflow") }`
    select(on_push(strings, "d"), otherwise([&] { kept.clear(); }));
  });
}

// Section: Time

TEST(go_names, timers) {
  as_tasks([] {
    // Go: `late := time.NewTimer(time.Hour)`
    timer late(1h);
    // Go: `late.Stop()`
    const bool in_time = late.stop();
    EXPECT_TRUE(in_time);
    // Go: `late.Reset(time.Microsecond)`
    late.reset(1us);
    // Go: `at := <-late.C`
    const auto at = late.c().pop();
    EXPECT_TRUE(at);
    // Go: `<-time.After(d)`
    alarm(1us).pop();
    const auto told = make_chan<void>(1);
    // Go: `time.AfterFunc(d, f)`
    auto soon = after_func(1us, [told]() mutable { told.push(); });
    told.pop();
    EXPECT_FALSE(soon.stop());
  });
}

TEST(go_names, tickers) {
  as_tasks([] {
    // Go: `beat := time.NewTicker(time.Microsecond)`
    ticker beat(1us);
    // Go: `<-beat.C`
    beat.c().pop();
    // Go: `beat.Stop()`
    beat.stop();
    int beats = 0;
    // Go: `for range time.Tick(d) { … }`
    for (const auto at : tick(1us)) {
      if (static_cast<void>(at), ++beats == 3) break;
    }
    EXPECT_EQ(beats, 3);
  });
}

// Section: sync

TEST(go_names, wait_groups) {
  as_tasks([] {
    // Go: `var wg sync.WaitGroup`
    wait_group wg;
    // Go: `wg.Add(1)`
    wg.add(1);
    go([&] {
      // Go: `wg.Done()`
      wg.done();
    });
    // Go: `wg.Wait()`
    wg.wait();
  });
}

TEST(go_names, locks) {
  // Go: `var m sync.Mutex`
  mutex m;
  int data = 0;
  {
    // Go: `m.Lock(); defer m.Unlock()`
    const std::scoped_lock lock(m);
    ++data;
  }
  // Go: `var rw sync.RWMutex`
  rw_mutex rw;
  {
    // Go: `rw.RLock(); defer rw.RUnlock()`
    const std::shared_lock lock(rw);
    EXPECT_EQ(data, 1);
  }
  // Go: `var first sync.Once`
  once first;
  const auto f = [&] { ++data; };
  for (int i = 0; i != 10; ++i) {
    // Go: `first.Do(f)`
    first.call(f);
  }
  EXPECT_EQ(data, 2);
  // Go: `changed := sync.NewCond(&m)`
  cond changed;
  std::unique_lock lock(m);
  // Go: `for data != 2 { changed.Wait() }`
  changed.wait(lock, [&] { return data == 2; });
  // Go: `changed.Broadcast()`
  changed.notify_all();
  // Go: `places := semaphore.NewWeighted(3)`
  semaphore places(3);
  // Go: `places.TryAcquire(2)`
  const bool mine = places.try_acquire(2);
  EXPECT_TRUE(mine);
  std::atomic<int> n{0};
  // Go: `atomic.AddInt32(&n, 1)`
  n.fetch_add(1);
  EXPECT_EQ(n.load(), 1);
}

TEST(go_names, the_map) {
  // Go: `var m sync.Map`
  sync_map<std::string, int> m;
  // Go: `m.Store("a", 1)`
  m.store("a", 1);
  // Go: `v, ok := m.Load("a")`
  const std::optional<int> v = m.load("a");
  EXPECT_EQ(v, 1);
  // Go: `v, loaded := m.LoadOrStore("b", 2)`
  const auto [kept, loaded] = m.load_or_store("b", 2);
  EXPECT_TRUE(kept == 2 && !loaded);
  int sum = 0;
  // Go: `m.Range(func(key, value any) bool { …; return true })`
  m.range([&](const std::string&, const int& value) { return sum += value, true; });
  EXPECT_EQ(sum, 3);
  // Go: `m.Delete("a")`
  m.erase("a");
  EXPECT_FALSE(m.load("a"));
}

TEST(go_names, duplicate_calls) {
  as_tasks([] {
    const auto fetch = [] { return 7; };
    // Go: `var g singleflight.Group`
    single_flight<std::string, int> g;
    // Go: `v, err, shared := g.Do(key, fetch)`
    const auto [v, shared] = g.run("key", fetch);
    EXPECT_TRUE(v == 7 && !shared);
    const auto as_task = [](auto run) { go(std::move(run)); };
    // Go: `results := g.DoChan(key, fetch)`
    const auto results = g.run_async("key", fetch, as_task);
    EXPECT_EQ(results.pop()->get().value, 7);
    // Go: `g.Forget(key)`
    g.forget("key");
  });
}

// Section: context

struct user {
  using type = std::string;
};

TEST(go_names, contexts) {
  // Go: `context.Background()`
  const context root = background();
  // Go: `context.TODO()`
  const context open = todo();
  EXPECT_FALSE(root.err() || open.err());
  // Go: `ctx, cancel := context.WithCancel(root)`
  const auto [ctx, cancel] = with_cancel(root);
  // Go: `ctx, cancel := context.WithTimeout(root, time.Hour)`
  const auto [timed, cancel_timed] = with_timeout(root, 1h);
  const auto now = std::chrono::steady_clock::now();
  // Go: `ctx, cancel := context.WithDeadline(root, now)`
  const auto [late, cancel_late] = with_deadline(root, now);
  // Go: `ctx.Err()`
  const bool too_late = late.err() == context_errc::deadline_exceeded;
  EXPECT_TRUE(too_late);
  // Go: `t, ok := timed.Deadline()`
  const auto t = timed.deadline();
  EXPECT_TRUE(t.has_value());
  // Go: `defer cancel()`
  const cancel_guard end(cancel_timed);
  // Go: `ctx := context.WithValue(root, user, "ann")`
  const context named = with_value<user>(root, "ann");
  // Go: `name := named.Value(user)`
  const std::string* const name = named.value<user>();
  EXPECT_EQ(*name, "ann");
  bool told = false;
  // Go: `stop := context.AfterFunc(ctx, f)`
  auto stop = after_func(ctx, [&] { told = true; }, [](auto run) { run(); });
  cancel();
  EXPECT_TRUE(told && !stop());
  const receiver<int> input;
  std::error_code err;
  const auto take = [](std::optional<int>) {};
  // Go: `select { case in := <-input: …; case <-ctx.Done(): err = ctx.Err() }`
  select(on_pop(input, take), on_pop(ctx.done(), [&](auto) { err = ctx.err(); }));
  EXPECT_EQ(err, context_errc::canceled);
}

TEST(go_names, causes) {
  const auto [ctx, cancel] = with_cancel_cause(background());
  // Go: `cancel(err)`
  cancel(error("the user has left"));
  // Go: `context.Cause(ctx)`
  const failure why = ctx.cause();
  EXPECT_EQ(why.message(), "the user has left");
  // Go: `context.WithoutCancel(ctx)`
  const context apart = without_cancel(ctx);
  EXPECT_FALSE(apart.err());
}

// Section: errgroup

TEST(go_names, groups_of_functions_that_may_fail) {
  std::atomic<int> ended{0};
  const auto fetch = [&](const context& c) -> failure { return ++ended, c.err(); };
  as_tasks([&] {
    // Go: `g, ctx := errgroup.WithContext(root)`
    auto g = err_group::with_context(background());
    // Go: `g.SetLimit(3)`
    g.set_limit(3);
    // Go: `g.Go(func() error { return fetch(ctx) })`
    g.go([&] { return fetch(g.ctx()); });
    // Go: `started := g.TryGo(f)`
    const bool started = g.try_go([&] { return fetch(g.ctx()); });
    // Go: `err := g.Wait()`
    const failure err = g.wait();
    EXPECT_TRUE(started && !err);
  });
  EXPECT_EQ(ended.load(), 2);
}

// Section: Errors

TEST(go_names, errors) {
  const error err("disk full");
  // Go: `fmt.Errorf("not saved: %w", err)`
  const error wrapped("not saved", err);
  EXPECT_EQ(wrapped.causes().front(), err);
  // Go: `errors.Is(err, context.Canceled)`
  const bool canceled = wrapped.is(context_errc::canceled);
  EXPECT_FALSE(canceled);
  // Go: an error with stack trace, time, message for users and id
  const std::string told = wrapped.for_users("Please try again.").user_message();
  EXPECT_EQ(told, "Please try again. [" + wrapped.id() + "]");
  // Go: `type Result struct { Error error; Response T }`
  const result<int> r = unexpected(err);
  EXPECT_FALSE(r);
}

// Section: Patterns

TEST(go_names, sources_and_stages) {
  as_tasks([] {
    const auto work = [](int n) { return n * 2; };
    // Go: `done := make(chan any); defer close(done)`
    const auto [stop, done] = make_pipe<void>();
    // Go: `generator(done, 1, 2, 3, 4)`
    const auto four = p::generator(done, {1, 2, 3, 4});
    // Go: `take(done, repeat(done, 1), 10)`
    const auto ones = p::take(done, p::repeat(done, {1}), 10);
    EXPECT_EQ(all_of(ones).size(), 10U);
    // Go: `repeatFn(done, rand)`
    const auto numbers = p::repeat_fn(done, [] { return 4; });
    // Go: `toInt(done, numbers)`
    const auto as_ints = p::to<int>(done, numbers);
    EXPECT_EQ(as_ints.pop(), 4);
    const auto add = p::stage([](int n) { return n + 1; });
    const auto multiply = p::stage(work);
    // Go: `multiply(done, add(done, four))`
    const auto products = p::pipeline(done, four, add, multiply);
    EXPECT_EQ(all_of(products), (ints{4, 6, 8, 10}));
    // Go: batch processing: a stage that takes and gives slices
    const auto batches = p::batch_stage(2, [](ints some) { return some; });
    EXPECT_EQ(all_of(batches(done, p::generator(done, {1, 2, 3}))), (ints{1, 2, 3}));
    // Go: `sleep(done, time.Microsecond, in)`
    const auto slow = p::map(done, p::generator(done, {1, 2}), [](int n) { return sleep_for(1us), n; });
    EXPECT_EQ(all_of(slow), (ints{1, 2}));
  });
}

TEST(go_names, fan_out_and_fan_in) {
  as_tasks([] {
    const auto [stop, done] = make_pipe<void>();
    const auto in = p::generator(done, {1, 2, 3, 4, 5});
    const auto work = p::stage([](int n) { return n * n; });
    // Go: `for i := range finders { finders[i] = finder(done, in) }`
    const auto finders = p::fan_out(done, in, 3, work);
    // Go: `fanIn(done, finders...)`
    const auto found = p::fan_in(done, finders);
    EXPECT_EQ(sorted(found), (ints{1, 4, 9, 16, 25}));
    const auto jobs = p::generator(done, {1, 2, 3});
    const auto process = [](int n) { return -n; };
    // Go: `for i := 0; i < workers; i++ { go worker(jobs, results) }`
    const auto results = p::worker_pool(done, jobs, 3, process);
    EXPECT_EQ(sorted(results), (ints{-3, -2, -1}));
  });
}

TEST(go_names, channels_of_channels) {
  as_tasks([] {
    const auto [stop, done] = make_pipe<void>();
    const auto a = make_chan<void>();
    const auto b = make_chan<void>();
    b.close();
    // Go: `<-or(a, b)`
    p::or_channel(a, b).pop();
    const auto in = p::generator(done, {1, 2});
    int sum = 0;
    // Go: `for val := range orDone(done, in) { … }`
    for (const int val : p::or_done(done, in)) sum += val;
    EXPECT_EQ(sum, 3);
    // Go: `out1, out2 := tee(done, in)`
    const auto [out1, out2] = p::tee(done, p::generator(done, {7}));
    EXPECT_EQ(out1.pop(), 7);
    EXPECT_EQ(out2.pop(), 7);
    const auto streams = p::generator(done, {p::generator(done, {1}), p::generator(done, {2})});
    // Go: `for v := range bridge(done, streams) { … }`
    for (const int v : p::bridge(done, streams)) sum += v;
    EXPECT_EQ(sum, 6);
    // Go: `chanOwner := func() <-chan int { … }`
    const auto owned = p::chan_owner<int>(done, [](const auto& out) { out.push(5); });
    EXPECT_EQ(all_of(owned), ints{5});
  });
}

TEST(go_names, at_scale) {
  as_tasks([] {
    const auto [stop, done] = make_pipe<void>();
    const auto work = [](int n) { return n; };
    const auto source = [end = done] { return p::generator(end, {1, 2, 3}); };
    const queue_gauge<> gauge;
    int sum = 0;
    // Go: queuing: `make(chan int, 100)` between stages, and Little's law
    const auto queued = p::queue(done, source(), 100, gauge);
    EXPECT_EQ(all_of(queued), (ints{1, 2, 3}));
    EXPECT_EQ(gauge.figures().arrived, 3U);
    // Go: `for result := range checkStatus(done, urls...) { if result.Error != nil { … } }`
    for (const auto& result : p::try_map(done, source(), work)) sum += result ? *result : 0;
    EXPECT_EQ(sum, 6);
    const auto ask = [](const context&, int i) { return i; };
    // Go: timeouts: `case <-time.After(d): "timed out"`
    const result<int> in_time = p::within(background(), 1h, [&](const context& c) { return ask(c, 1); });
    EXPECT_TRUE(in_time);
    // Go: replicated requests
    const result<int> fastest = p::replicate(background(), 3, ask);
    EXPECT_TRUE(fastest);
    // Go: heartbeats: `heartbeat, results := doWork(done, pulse)`
    const auto [results, heartbeat] = p::heartbeat(done, source(), work);
    EXPECT_EQ(all_of(results), (ints{1, 2, 3}));
    EXPECT_TRUE(heartbeat.pop());
    const auto ward = [&](const receiver<void>& end) { return p::heartbeat(end, source(), work); };
    // Go: `newSteward(timeout, ward)`
    const auto healed = p::steward(done, receiver<void>(), ward).out;
    EXPECT_EQ(all_of(healed), (ints{1, 2, 3}));
    // Go: `limit := rate.NewLimiter(rate.Every(time.Second), 5)`
    const rate_limiter limit(1s, 5);
    // Go: `limit.Wait(ctx)`
    const bool in_turn = limit.take(done);
    EXPECT_TRUE(in_turn);
  });
}

}  // namespace
}  // namespace sluice::test::go_names_test
