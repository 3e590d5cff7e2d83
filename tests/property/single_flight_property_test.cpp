// SPDX-License-Identifier: BSL-1.0
// single_flight against its spec: random sequences by one thread, and histories of several, whose functions throw, forget
// their own key, ask for another one, or fly later.
#include <sluice/single_flight.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <ostream>
#include <tuple>
#include <utility>
#include <vector>

#include <kit/linearizability.hpp>
#include <kit/perturbed_platform.hpp>
#include <kit/team.hpp>
#include <specs/single_flight.hpp>

#include "../support/property.hpp"
#include "../support/sanitizers.hpp"

namespace sluice::test::single_flight_property_test {
namespace {

struct call {
  enum operation : std::uint8_t { board, land, leave, forget, size };
  operation what = board;
  int number = 0;  // of the caller, or of the flight; to forget has the key alone
  int key = 0;
  bool fails = false;  // of a landing
  friend std::ostream& operator<<(std::ostream& out, const call& c) {
    static constexpr const char* names[] = {"board", "land", "leave", "forget", "size"};
    return out << names[c.what] << ' ' << c.number << ", key " << c.key << (c.fails ? ", fails" : "");
  }
};
struct answer {
  int number = 0;  // of flights that could be joined; of the one that was left; 1: a flight of its own
  bool failed = false;
  bool shared = false;
  friend bool operator==(const answer&, const answer&) = default;
  friend std::ostream& operator<<(std::ostream& out, const answer& a) {
    return out << a.number << (a.failed ? " failed" : "") << (a.shared ? " shared" : "");
  }
};

struct rules {
  using state = specs::single_flight;
  static state initial() { return {}; }
  static bool step(state& s, const call& c, const answer* a, std::size_t) {
    answer would;
    switch (c.what) {
      case call::board: would.number = int{s.board(c.number, c.key)}; break;
      case call::land:
        if (!s.land(c.number, c.fails)) return false;
        break;
      case call::leave: {
        const auto brought = s.leave(c.number);
        if (!brought) return false;
        // An exception does not tell whether it was shared.
        would = {brought->flight, brought->failed, brought->shared && !brought->failed};
        break;
      }
      case call::forget: s.forget(c.key); break;
      case call::size: would.number = static_cast<int>(s.size()); break;
    }
    return a == nullptr || *a == would;
  }
};

// What one thread does next, and what a function that it flies does inside.
struct step {
  enum operation : std::uint8_t { run, run_later, settle, forget, size, operations };
  enum inside_operation : std::uint8_t { nothing, forget_own, forget_and_run_own, run_next, inside_operations };
  operation what = run;
  inside_operation inside = nothing;
  int key = 0;
  bool throws = false;
  friend std::ostream& operator<<(std::ostream& out, const step& s) {
    static constexpr const char* names[] = {"run", "run later", "settle", "forget", "size"};
    static constexpr const char* insides[] = {"", ", forgets it", ", forgets it and runs it", ", runs the next"};
    return out << names[s.what] << ' ' << s.key << insides[s.inside] << (s.throws ? ", throws" : "");
  }
};
rc::Gen<step> steps(int keys) {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(0, int{step::operations}), rc::gen::inRange(0, int{step::inside_operations}),
                     rc::gen::inRange(0, keys), rc::gen::arbitrary<bool>()),
      [](const std::tuple<int, int, int, bool>& t) {
        return step{static_cast<step::operation>(std::get<0>(t)), static_cast<step::inside_operation>(std::get<1>(t)),
                    std::get<2>(t), std::get<3>(t)};
      });
}

// What came out of a receiver, or of a run.
template <class Brought>
answer answer_of(const Brought& get) {
  try {
    const auto r = get();
    return {r.value, false, r.shared};
  } catch (int flight) {
    return {flight, true, false};
  }
}

// One thread of a history. It has landed what it put off before it waits for anybody, so that nobody waits in a circle: a
// function asks for later flights of its key, and for greater keys.
class traveller {
 public:
  static constexpr int calls = 24;  // of each thread at most, and three operations each
  using platform = kit::perturbed_platform<>;
  using group = single_flight<int, int, std::hash<int>, std::equal_to<int>, platform>;
  using recorder = kit::recorder<call, answer>;
  // Written by each flight's function: plain, so TSan sees who reads it unordered. What it threw is kept until all have
  // read it, for TSan does not see the count by which the C++ runtime knows who is the last.
  struct trace {
    bool left = false;
    std::exception_ptr thrown;
  };
  using traces = std::vector<trace>;

  traveller(unsigned thread, group& f, recorder& r, traces& did) : thread_(thread), f_(f), recorder_(r), did_(did) {}

  void take(const step& s) {
    switch (s.what) {
      case step::run: return settle(), run(s);
      case step::run_later: return run_async(s);
      case step::settle: return settle();
      case step::forget: return forget(s.key);
      default: recorder_.record(thread_, {call::size}, [this] { return answer{static_cast<int>(f_.size())}; });
    }
  }
  // Flies what was put off, and takes what arrives.
  void settle() {
    for (const auto& flight : std::exchange(put_off_, {})) flight();
    for (const auto& [me, arrival] : std::exchange(arrivals_, {}))
      recorder_.record(thread_, {call::leave, me},
                       [&] { return seen(answer_of([&] { return arrival.pop()->get(); })); });
  }

 private:
  void run(const step& s) {
    const int me = next();
    const auto boarding = recorder_.begin(thread_, {call::board, me, s.key});
    const auto leaving = recorder_.begin(thread_, {call::leave, me});
    std::size_t landing = none;
    const answer a = answer_of([&] {
      return f_.run(s.key, [&] {
        recorder_.end(thread_, boarding, {1});
        return fly(s, me, landing);
      });
    });
    recorder_.end(thread_, landing == none ? boarding : landing, {});
    recorder_.end(thread_, leaving, seen(a));
  }

  void run_async(step s) {
    const int me = next();
    s.inside = step::nothing;
    const auto boarding = recorder_.begin(thread_, {call::board, me, s.key});
    const auto landing = std::make_shared<std::size_t>(none);
    bool first = false;
    arrivals_.emplace_back(me, f_.run_async(
                                   s.key, [this, s, me, landing] { return fly(s, me, *landing); },
                                   [&](const std::function<void()>& flight) {
                                     first = true;
                                     recorder_.end(thread_, boarding, {1});
                                     put_off_.emplace_back([this, flight, landing] {
                                       flight();
                                       recorder_.end(thread_, *landing, {});
                                     });
                                   }));
    if (!first) recorder_.end(thread_, boarding, {});
  }

  void forget(int key) {
    recorder_.record(thread_, {call::forget, 0, key}, [&] { return f_.forget(key), answer{}; });
  }

  int fly(const step& s, int me, std::size_t& landing) {
    trace& mine = did_[static_cast<std::size_t>(me)];
    mine.left = true;
    if (s.inside == step::forget_own || s.inside == step::forget_and_run_own) forget(s.key);
    step further = s;
    further.inside = step::nothing;
    if (s.inside == step::run_next) ++further.key;
    if (s.inside == step::forget_and_run_own || s.inside == step::run_next) run(further);
    landing = recorder_.begin(thread_, {call::land, me, 0, s.throws});
    if (s.throws) std::rethrow_exception(mine.thrown = std::make_exception_ptr(me));
    return me;
  }

  answer seen(const answer& a) const {
    if (!did_[static_cast<std::size_t>(a.number)].left)
      ADD_FAILURE() << "what flight " << a.number << " did is not seen";
    return a;
  }
  int next() { return static_cast<int>(thread_) * calls + next_++; }

  static constexpr std::size_t none = SIZE_MAX;
  const unsigned thread_;
  group& f_;
  recorder& recorder_;
  traces& did_;
  int next_ = 0;
  std::vector<std::function<void()>> put_off_;
  std::vector<std::pair<int, receiver<group::landed, platform>>> arrivals_;
};

TEST(single_flight_property, several_threads_see_a_linearizable_one) {
  constexpr unsigned threads = 3;
  kit::team team(threads);
  EXPECT_TRUE(holds(scaled(600), [&] {
    const int keys = *rc::gen::inRange(1, 3);
    const auto program = *rc::gen::container<std::array<std::vector<step>, threads>>(
        rc::gen::container<std::vector<step>>(3, steps(keys)));
    traveller::group real;
    traveller::recorder recorder(threads, 3 * traveller::calls);
    traveller::traces did(threads * traveller::calls);
    team.begin([&](unsigned t) {
      kit::perturbation::set(t + 1, 3);
      traveller self(t, real, recorder, did);
      for (const step& s : program[t]) self.take(s);
      self.settle();
    });
    RC_ASSERT(team.finish(std::chrono::seconds(100)));
    RC_ASSERT(real.size() == 0U);
    const auto result = kit::check_linearizability(rules{}, recorder.recorded());
    if (result.verdict != kit::linearizability_verdict::ok) RC_FAIL(result.explanation());
  }));
}

// One thread alone is asked for more: a receiver brings something as soon as its flight has landed, and not before.
class lone_traveller {
 public:
  void take(const step& s, std::size_t pick) {
    const int me = next_++;
    switch (s.what) {
      case step::run:
        if (spec_.can_join(s.key)) return;  // it would wait for itself
        return run(s, me);
      case step::settle:
        if (!put_off_.empty()) land(pick % put_off_.size());
        return;
      case step::run_later: return run_later(s, me);
      case step::forget: real_.forget(s.key), spec_.forget(s.key); return;
      default: RC_ASSERT(real_.size() == spec_.size());
    }
  }
  void look() {
    std::erase_if(aboard_, [this](auto& passenger) {
      const auto brought = spec_.leave(passenger.first);
      const auto landed = passenger.second.try_pop();
      RC_ASSERT(brought.has_value() == landed.has_value());
      if (brought) check(*brought, answer_of([&] { return landed->get(); }));
      return brought.has_value();
    });
  }
  void land_all() {
    while (!put_off_.empty()) land(0);
    look();
    RC_ASSERT(aboard_.empty() && real_.size() == 0U);
  }

 private:
  using group = single_flight<int, int>;
  struct flight {
    int number;
    bool fails;
    std::function<void()> fly;
  };

  void run(const step& s, int me) {
    RC_ASSERT(spec_.board(me, s.key));
    const answer a = answer_of([&] {
      return real_.run(s.key, [&] {
        RC_ASSERT(spec_.land(me, s.throws));
        if (s.throws) throw me;
        return me;
      });
    });
    check(*spec_.leave(me), a);
  }
  void run_later(const step& s, int me) {
    bool first = false;
    aboard_.emplace_back(me, real_.run_async(
                                 s.key, [me, fails = s.throws] { return fails ? throw me : me; },
                                 [&](const std::function<void()>& fly) {
                                   first = true;
                                   put_off_.push_back({me, s.throws, fly});
                                 }));
    RC_ASSERT(spec_.board(me, s.key) == first);
  }
  void land(std::size_t which) {
    const flight f = put_off_[which];
    put_off_.erase(put_off_.begin() + static_cast<std::ptrdiff_t>(which));
    f.fly();
    RC_ASSERT(spec_.land(f.number, f.fails));
  }
  static void check(const specs::single_flight::brought& b, const answer& a) {
    RC_ASSERT(a.number == b.flight && a.failed == b.failed && a.shared == (b.shared && !b.failed));
  }

  group real_;
  specs::single_flight spec_;
  int next_ = 0;
  std::vector<flight> put_off_;
  std::vector<std::pair<int, receiver<group::landed>>> aboard_;
};

TEST(single_flight_property, one_thread_sees_its_spec) {
  EXPECT_TRUE(holds(scaled(1'000), [] {
    lone_traveller self;
    const auto program = *rc::gen::container<std::vector<std::pair<step, std::size_t>>>(
        rc::gen::pair(steps(2), rc::gen::arbitrary<std::size_t>()));
    for (const auto& [s, pick] : program) {
      self.take(s, pick);
      self.look();
    }
    self.land_all();
  }));
}

}  // namespace
}  // namespace sluice::test::single_flight_property_test
