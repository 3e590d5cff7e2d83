// SPDX-License-Identifier: BSL-1.0
// What Go's reflect checks of selects that are put together at run time (TestSelect, TestSelectMaxCases, TestSelectNop), in our words
// and code. A reference says which cases are ready and what comes of each; peers wait for certain, for they are coroutines.
#include <sluice/async_chan.hpp>
#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/observed_platform.hpp"
#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::go_reflect_test {
namespace {

using namespace std::chrono_literals;
using platform = observed_platform<std_platform>;

// Of a pop the element, of a push 1; none where the channel was closed.
using outcome = std::optional<int>;
using outcomes = std::map<int, outcome>;  // of those peers that have ended, by their numbers

enum class way { pop, push };

// How a channel is when a select comes to it. It has peers in line only where it is full or empty.
struct state {
  bool nil = false;
  std::size_t room = 0;
  std::size_t inside = 0;
  bool closed = false;
  std::size_t poppers = 0;
  std::size_t pushers = 0;
};

// The reference: what a channel is, as one operation comes after the other.
class spec_channel {
 public:
  explicit spec_channel(const state& s) : nil_(s.nil), room_(s.room) {}

  bool is_nil() const { return nil_; }
  std::size_t size() const { return inside_.size(); }
  bool is_ready(way w) const {
    if (nil_) return false;
    if (closed_) return true;
    return w == way::pop ? !inside_.empty() || !pushers_.empty() : !poppers_.empty() || inside_.size() < room_;
  }
  // What is ready, done.
  outcome pop() {
    if (!pushers_.empty()) {
      const auto [peer, v] = pushers_.front();
      pushers_.pop_front();
      inside_.push_back(v);
      ended_[peer] = 1;
    }
    if (inside_.empty()) return std::nullopt;
    const int v = inside_.front();
    inside_.pop_front();
    return v;
  }
  outcome push(int v) {
    if (closed_) return std::nullopt;
    if (poppers_.empty()) {
      inside_.push_back(v);
    } else {
      ended_[poppers_.front()] = v;
      poppers_.pop_front();
    }
    return 1;
  }
  // A peer that comes, and waits if it has to.
  void peer(int number, way w, int v) {
    if (is_ready(w))
      ended_[number] = w == way::pop ? pop() : push(v);
    else if (w == way::pop)
      poppers_.push_back(number);
    else
      pushers_.emplace_back(number, v);
  }
  void close() {
    closed_ = !nil_;
    for (const int number : std::exchange(poppers_, {})) ended_[number] = std::nullopt;
    for (const auto& [number, v] : std::exchange(pushers_, {})) ended_[number] = std::nullopt;
  }
  const outcomes& ended() const { return ended_; }

 private:
  bool nil_;
  std::size_t room_;
  bool closed_ = false;
  std::deque<int> inside_;
  std::deque<int> poppers_;
  std::deque<std::pair<int, int>> pushers_;
  outcomes ended_;
};

// Coroutines that can go on; told by whatever thread serves them.
class ready_list {
 public:
  struct executor {
    ready_list* to;
    void operator()(std::coroutine_handle<> h) const {
      const std::lock_guard lock(to->lock_);
      to->ready_.push_back(h);
    }
  };
  executor in() { return {this}; }
  void run() {
    for (std::coroutine_handle<> h = next(); h; h = next()) h.resume();
  }

 private:
  std::coroutine_handle<> next() {
    const std::lock_guard lock(lock_);
    if (ready_.empty()) return nullptr;
    const std::coroutine_handle<> h = ready_.front();
    ready_.pop_front();
    return h;
  }
  std::mutex lock_;
  std::deque<std::coroutine_handle<>> ready_;
};

struct process {
  struct promise_type {
    process get_return_object() noexcept { return {}; }
    static std::suspend_never initial_suspend() noexcept { return {}; }
    static std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    static void unhandled_exception() { std::terminate(); }
  };
};

using handler = std::function<void(outcome)>;

// A channel, whatever its elements are.
class real_channel {
 public:
  real_channel() = default;
  real_channel(const real_channel&) = delete;
  real_channel& operator=(const real_channel&) = delete;
  virtual ~real_channel() = default;
  virtual any_case<platform> case_of(way w, int v, handler f) const = 0;
  virtual process peer(int number, way w, int v) = 0;
  virtual void close() const = 0;
  virtual std::size_t size() const = 0;
  virtual outcome try_pop() const = 0;
  const outcomes& ended() const { return ended_; }

 protected:
  outcomes ended_;
};

template <class T>
class channel_of final : public real_channel {
 public:
  channel_of(const state& s, ready_list& ready) : ready_(ready) {
    if (!s.nil && s.room == SIZE_MAX)
      c_ = make_chan<T, platform>(unbounded);
    else if (!s.nil)
      c_ = make_chan<T, platform>(s.room);
  }
  any_case<platform> case_of(way w, int v, handler f) const override {
    if (w == way::pop) return on_pop(c_, [f](std::optional<T> got) { f(got ? outcome(number(*got)) : std::nullopt); });
    return on_push(c_, element(v), [f](bool accepted) { f(accepted ? outcome(1) : std::nullopt); });
  }
  process peer(int number_of_peer, way w, int v) override {
    if (w == way::pop) {
      const std::optional<T> got = co_await c_.async_pop(ready_.in());
      ended_[number_of_peer] = got ? outcome(number(*got)) : std::nullopt;
    } else {
      const bool accepted = co_await c_.async_push(element(v), ready_.in());
      ended_[number_of_peer] = accepted ? outcome(1) : std::nullopt;
    }
  }
  void close() const override { c_.close(); }
  std::size_t size() const override { return c_.size(); }
  outcome try_pop() const override {
    const auto got = c_.try_pop();
    return got ? outcome(number(*got)) : std::nullopt;
  }

 private:
  static T element(int v) {
    if constexpr (std::is_same_v<T, int>)
      return v;
    else
      return "number " + std::to_string(v) + ", in more characters than fit into a string itself";
  }
  static int number(const T& e) {
    if constexpr (std::is_same_v<T, int>)
      return e;
    else
      return std::stoi(e.substr(7));
  }

  chan<T, platform> c_;
  ready_list& ready_;
};

// What there is besides the cases.
enum class ending { otherwise, time_out, stop, nothing };
constexpr std::array endings = {ending::otherwise, ending::time_out, ending::stop, ending::nothing};

// Draws one of so many.
using draw = std::function<std::size_t(std::size_t)>;

// Channels, the reference of each beside it, and a select over them. What is said returns where they differ.
class world {
 public:
  std::size_t add_channel(const state& s) {
    both b{spec_channel(s), nullptr};
    if (all_.size() % 2 == 0)
      b.real = std::make_unique<channel_of<int>>(s, ready_);
    else
      b.real = std::make_unique<channel_of<std::string>>(s, ready_);
    all_.push_back(std::move(b));
    const std::size_t at = all_.size() - 1;
    for (std::size_t i = 0; i != s.inside + s.pushers; ++i) peer(at, way::push);
    for (std::size_t i = 0; i != s.poppers; ++i) peer(at, way::pop);
    if (s.closed) close(at);
    return at;
  }
  void add_case(std::size_t at, way w) {
    plan_.push_back({at, w, 0});
    cases_.emplace_back();
    make_case(plan_.size() - 1);
  }
  // One that is no case at all.
  void add_none() {
    plan_.push_back({SIZE_MAX, way::pop, 0});
    cases_.emplace_back();
  }
  std::size_t channels() const { return all_.size(); }
  void peer(std::size_t at, way w) {
    if (all_[at].spec.is_nil()) return;
    const int v = ++values_;
    all_[at].spec.peer(v, w, v);
    all_[at].real->peer(v, w, v);
    ready_.run();
  }
  void close(std::size_t at) {
    all_[at].spec.close();
    all_[at].real->close();
    ready_.run();
  }

  // A select. Where no case is ready and nothing else would end it, a peer makes one ready while it waits, if any can.
  std::string step(ending end, bool biased, const draw& choose) {
    fired_.clear();
    std::vector<std::size_t> ready = ready_cases();
    std::size_t index = 0;
    if (end != ending::nothing || !ready.empty())
      index = run(end, biased);
    else
      index = run_and_wait(biased, choose);
    ready_.run();
    if (end == ending::nothing && ready.empty()) {
      ready = ready_cases();
      biased = false;  // who waits is served by whoever comes
    }
    return verdict(index, ready, biased);
  }
  // What is left in each channel, and what comes of who still waits there.
  std::string finish() {
    for (std::size_t at = 0; at != all_.size(); ++at) {
      close(at);
      for (outcome expected = all_[at].spec.pop(); expected; expected = all_[at].spec.pop())
        if (all_[at].real->try_pop() != expected) return "another element is in channel " + std::to_string(at);
      if (all_[at].real->try_pop()) return "too much is in channel " + std::to_string(at);
    }
    return differences();
  }

 private:
  struct both {
    spec_channel spec;
    std::unique_ptr<real_channel> real;
  };
  struct planned {
    std::size_t channel;
    way w;
    int value;
  };
  struct helper {
    std::size_t channel;
    int what;  // 0: a peer that pushes, 1: one that pops, 2: a close
  };

  void make_case(std::size_t i) {
    plan_[i].value = ++values_;
    cases_[i] = all_[plan_[i].channel].real->case_of(plan_[i].w, plan_[i].value,
                                                     [this, i](outcome got) { fired_.emplace_back(i, got); });
  }
  std::vector<std::size_t> ready_cases() const {
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i != plan_.size(); ++i)
      if (plan_[i].channel != SIZE_MAX && all_[plan_[i].channel].spec.is_ready(plan_[i].w)) ready.push_back(i);
    return ready;
  }
  std::size_t run(ending end, bool biased) {
    std::stop_source stopped;
    stopped.request_stop();
    const auto cases = std::span(cases_);
    const auto over = [&](auto... ends) {
      return biased ? select_biased(cases, std::move(ends)...) : select(cases, std::move(ends)...);
    };
    switch (end) {
      case ending::otherwise: return over(otherwise());
      case ending::time_out: return over(after(0s));
      case ending::stop: return over(on_stop(stopped.get_token()));
      case ending::nothing: break;
    }
    return over();
  }
  std::size_t run_and_wait(bool biased, const draw& choose) {
    const std::vector<helper> helpers = who_can_help();
    std::stop_source stop;
    std::size_t index = 0;
    platform::reset();
    std::thread waiting([&, token = stop.get_token()] {
      const auto cases = std::span(cases_);
      index = biased ? select_biased(cases, on_stop(token)) : select(cases, on_stop(token));
    });
    platform::wait_for_sleepers(1);
    if (helpers.empty())
      stop.request_stop();
    else
      help(helpers[choose(helpers.size())]);
    waiting.join();
    return index;
  }
  // Everything that makes a case ready.
  std::vector<helper> who_can_help() {
    std::vector<helper> found;
    for (std::size_t at = 0; at != all_.size(); ++at)
      for (int what = 0; what != 3 && !all_[at].spec.is_nil(); ++what) {
        const spec_channel before = all_[at].spec;
        apply(all_[at].spec, what, 0);
        if (!ready_cases().empty()) found.push_back({at, what});
        all_[at].spec = before;
      }
    return found;
  }
  static void apply(spec_channel& spec, int what, int v) {
    if (what == 2)
      spec.close();
    else
      spec.peer(v, what == 0 ? way::push : way::pop, v);
  }
  void help(const helper& h) {
    const int v = ++values_;
    apply(all_[h.channel].spec, h.what, v);
    if (h.what == 2)
      all_[h.channel].real->close();
    else
      all_[h.channel].real->peer(v, h.what == 0 ? way::push : way::pop, v);
  }

  std::string verdict(std::size_t index, const std::vector<std::size_t>& ready, bool biased) {
    const std::string which = "case " + std::to_string(index);
    if (ready.empty()) {
      if (index != plan_.size() || !fired_.empty()) return which + " fired where none was ready";
      return differences();
    }
    if (std::find(ready.begin(), ready.end(), index) == ready.end()) return which + " fired and was not ready";
    if (biased && index != ready.front()) return which + " fired and was not the first that was ready";
    if (fired_.size() != 1 || fired_.front().first != index) return "not the handler of " + which + " alone has run";
    const planned& p = plan_[index];
    spec_channel& spec = all_[p.channel].spec;
    const outcome expected = p.w == way::pop ? spec.pop() : spec.push(p.value);
    if (fired_.front().second != expected) return which + " brought something else";
    if (p.w == way::push && expected) make_case(index);
    ready_.run();
    return differences();
  }
  std::string differences() const {
    for (std::size_t at = 0; at != all_.size(); ++at) {
      const std::string where = " channel " + std::to_string(at);
      if (all_[at].real->size() != all_[at].spec.size()) return "another size:" + where;
      if (all_[at].real->ended() != all_[at].spec.ended())
        return "a peer waits, or not, or has something else:" + where;
    }
    return "";
  }

  int values_ = 0;
  ready_list ready_;
  std::vector<both> all_;
  std::vector<planned> plan_;
  std::vector<any_case<platform>> cases_;
  std::vector<std::pair<std::size_t, outcome>> fired_;
};

struct kind {
  state channel;
  way w;
};
const std::vector<kind> kinds = {
    {{.nil = true}, way::pop},
    {{.nil = true}, way::push},
    {{.room = 0}, way::pop},
    {{.room = 0}, way::push},
    {{.room = 1}, way::pop},
    {{.room = 1}, way::push},
    {{.room = 2, .inside = 2}, way::pop},
    {{.room = 2, .inside = 2}, way::push},
    {{.room = 1, .inside = 1, .pushers = 1}, way::pop},
    {{.room = 1, .inside = 1, .pushers = 1}, way::push},
    {{.room = 0, .poppers = 2}, way::pop},
    {{.room = 0, .poppers = 2}, way::push},
    {{.room = 0, .pushers = 2}, way::pop},
    {{.room = 0, .pushers = 2}, way::push},
    {{.room = 2, .inside = 1, .closed = true}, way::pop},
    {{.room = 2, .inside = 1, .closed = true}, way::push},
    {{.room = 0, .closed = true}, way::pop},
    {{.room = SIZE_MAX, .inside = 1}, way::push},
};

// Every select over up to three cases, each with a channel of its own, with otherwise, a time-out, a stop, or nothing else.
TEST(go_reflect_select, every_combination_of_cases_fires_one_that_is_ready) {
  std::size_t turn = 0;
  const draw in_turn = [&](std::size_t n) { return turn++ % n; };
  for (std::size_t size = 0; size != 4; ++size) {
    std::size_t combinations = 1;
    for (std::size_t i = 0; i != size; ++i) combinations *= kinds.size();
    const std::size_t stride = size == 3 ? static_cast<std::size_t>(slowdown) : 1;
    for (std::size_t combination = 0; combination < combinations; combination += stride)
      for (const ending end : endings) {
        world w;
        for (std::size_t i = 0, rest = combination; i != size; ++i, rest /= kinds.size()) {
          const kind& k = kinds[rest % kinds.size()];
          w.add_case(w.add_channel(k.channel), k.w);
        }
        ASSERT_EQ(w.step(end, in_turn(3) == 0, in_turn), "") << "combination " << combination << " of " << size;
        ASSERT_EQ(w.finish(), "") << "combination " << combination << " of " << size;
      }
  }
}

state draw_state() {
  state s;
  s.nil = *rc::gen::inRange(0, 8) == 0;
  s.room = *rc::gen::element<std::size_t>(0, 1, 2, 3, SIZE_MAX);
  s.inside = std::min<std::size_t>(s.room, *rc::gen::element<std::size_t>(0, 0, 1, 3));
  s.closed = *rc::gen::inRange(0, 6) == 0;
  const auto in_line = *rc::gen::inRange<std::size_t>(0, 3);
  if (s.inside == 0 && (s.room != 0 || *rc::gen::arbitrary<bool>()))
    s.poppers = in_line;
  else if (s.inside == s.room)
    s.pushers = in_line;
  return s;
}

// Selects one after the other over the same cases, of which several may be on one channel; between them peers come and go.
TEST(go_reflect_select, random_combinations_fire_one_that_is_ready_and_change_nothing_else) {
  EXPECT_TRUE(holds(scaled(2'000), [] {
    const draw choose = [](std::size_t n) { return *rc::gen::inRange<std::size_t>(0, n); };
    world w;
    const auto channels = *rc::gen::inRange(1, 6);
    for (int i = 0; i != channels; ++i) w.add_channel(draw_state());
    const auto cases = *rc::gen::inRange(0, 12);
    for (int i = 0; i != cases; ++i)
      if (choose(12) == 0)
        w.add_none();
      else
        w.add_case(choose(w.channels()), choose(2) == 0 ? way::pop : way::push);
    const auto rounds = *rc::gen::inRange(1, 6);
    for (int i = 0; i != rounds; ++i) {
      RC_ASSERT(w.step(endings[choose(endings.size())], choose(2) == 0, choose) == "");
      if (choose(2) == 0) w.peer(choose(w.channels()), choose(2) == 0 ? way::pop : way::push);
      if (choose(10) == 0) w.close(choose(w.channels()));
    }
    RC_ASSERT(w.finish() == "");
  }));
}

// TestSelectMaxCases: there is no most.
TEST(go_reflect_select, has_no_more_cases_than_fit_into_memory) {
  const auto closed = make_chan<int>();
  closed.close();
  const auto open = make_chan<int>();
  std::vector<any_case<>> cases;
  for (int i = 0; i != scaled(70'000); ++i) cases.emplace_back(on_pop(open, [](auto) { FAIL() << "nobody pushed"; }));
  EXPECT_EQ(select(std::span(cases), otherwise()), cases.size());
  cases.emplace_back(on_pop(closed, [](auto v) { EXPECT_EQ(v, std::nullopt); }));
  EXPECT_EQ(select(std::span(cases)), cases.size() - 1);
}

// TestSelectNop
TEST(go_reflect_select, of_no_case_takes_the_default) {
  EXPECT_EQ(select(std::span<any_case<>>(), otherwise()), 0U);
  EXPECT_EQ(select(std::span<any_case<>>(), after(0s)), 0U);
}

}  // namespace
}  // namespace sluice::test::go_reflect_test
