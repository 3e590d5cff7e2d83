// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of single_flight. Each client: one property, bounds in its shape. One key: others meet only at the mutex.
#include <atomic>
#include <cstddef>

#include <sluice/single_flight.hpp>

namespace sluice::models {

template <class Engine>
struct single_flight_clients {
  using platform = typename Engine::platform;
  using number = typename platform::template var<int>;
  struct one_bucket {
    std::size_t operator()(int) const { return 0; }
  };
  using flights = single_flight<int, int, one_bucket, std::equal_to<int>, platform>;

  // Each result tells which run it came from, and each caller sees what that run did.
  template <unsigned Threads>
  struct shares {
    static constexpr const char* property =
        "every caller gets the result of a run that was under way during its call, and sees what the run did";
    static constexpr unsigned threads = Threads;
    static constexpr unsigned role(unsigned) { return 0; }

    flights f;
    number did[Threads];
    int got[Threads] = {};
    bool shared[Threads] = {};
    bool ran[Threads] = {};

    void thread(unsigned index) {
      const auto r = f.run(7, [&] {
        ran[index] = true;
        did[index].store(1);
        return static_cast<int>(index);
      });
      Engine::require(did[static_cast<unsigned>(r.value)].load() == 1, "what the run did is seen");
      got[index] = r.value;
      shared[index] = r.shared;
    }
    void finish() {
      for (unsigned i = 0; i != Threads; ++i) {
        Engine::require(ran[static_cast<unsigned>(got[i])], "a result comes from a run");
        Engine::require(!ran[i] || got[i] == static_cast<int>(i), "who ran gets its own result");
        Engine::require(ran[i] || shared[i], "who did not run shares");
      }
      Engine::require(f.size() == 0, "nothing is left in the table");
    }
  };
  struct two_callers : shares<2> {
    static constexpr const char* name = "two_callers";
  };
  struct three_callers : shares<3> {
    static constexpr const char* name = "three_callers";
  };

  // Two who do not wait; whoever is first runs it in place.
  struct two_receivers {
    static constexpr const char* name = "two_receivers";
    static constexpr const char* property =
        "every receiver brings the result of one run, once, and what the run did is seen";
    static constexpr unsigned threads = 2;
    static constexpr unsigned role(unsigned) { return 0; }

    flights f;
    number did[threads];
    bool ran[threads] = {};

    void thread(unsigned index) {
      const auto run = [this, index] {
        ran[index] = true;
        did[index].store(1);
        return static_cast<int>(index);
      };
      const auto arrival = f.run_async(7, run, [](auto&& now) { now(); });
      const auto landed = arrival.pop();
      Engine::require(landed && !landed->failed(), "the flight lands");
      const auto r = landed->get();
      Engine::require(did[static_cast<unsigned>(r.value)].load() == 1, "what the run did is seen");
      Engine::require(ran[index] ? r.value == static_cast<int>(index) : r.shared, "who did not run shares");
      Engine::require(!arrival.try_pop(), "it lands once");
    }
    void finish() { Engine::require(f.size() == 0, "nothing is left in the table"); }
  };

  // One who waits and one who does not.
  struct caller_and_receiver {
    static constexpr const char* name = "caller_and_receiver";
    static constexpr const char* property = "who waits and who does not share a flight like two who wait";
    static constexpr unsigned threads = 2;

    flights f;
    number did[threads];
    bool ran[threads] = {};

    void check(unsigned index, const typename flights::result& r) {
      Engine::require(did[static_cast<unsigned>(r.value)].load() == 1, "what the run did is seen");
      Engine::require(ran[index] ? r.value == static_cast<int>(index) : r.shared, "who did not run shares");
    }
    void thread(unsigned index) {
      const auto run = [this, index] {
        ran[index] = true;
        did[index].store(1);
        return static_cast<int>(index);
      };
      if (index == 0) return check(index, f.run(7, run));
      const auto landed = f.run_async(7, run, [](auto&& now) { now(); }).pop();
      Engine::require(landed && !landed->failed(), "the flight lands");
      check(index, landed->get());
    }
    void finish() { Engine::require(f.size() == 0, "nothing is left in the table"); }
  };

  struct thrown_to_all {
    static constexpr const char* name = "thrown_to_all";
    static constexpr const char* property =
        "an exception reaches everybody who shares the flight, and nobody waits for ever";
    static constexpr unsigned threads = 2;
    static constexpr unsigned role(unsigned) { return 0; }

    flights f;
    int runs[2] = {};
    int caught[2] = {};

    void thread(unsigned index) {
      try {
        static_cast<void>(f.run(7, [&]() -> int {
          ++runs[index];
          throw 1;
        }));
      } catch (int) {
        ++caught[index];
      }
    }
    void finish() {
      Engine::require(caught[0] == 1 && caught[1] == 1, "both got the exception");
      Engine::require(runs[0] + runs[1] >= 1 && f.size() == 0, "it ran, and nothing is left in the table");
    }
  };

  // One thread forgets the key while others fly.
  struct forgotten {
    static constexpr const char* name = "forgotten";
    static constexpr const char* property =
        "a flight that was forgotten lands beside a younger one and leaves it alone";
    static constexpr unsigned threads = 3;
    static constexpr unsigned role(unsigned index) { return index < 2 ? 0 : index; }

    flights f;
    bool ran[2] = {};

    void thread(unsigned index) {
      if (index == 2) return f.forget(7);
      const auto r = f.run(7, [&] {
        ran[index] = true;
        return static_cast<int>(index);
      });
      Engine::require(ran[r.value], "a result comes from a run");
    }
    void finish() { Engine::require(f.size() == 0, "nothing is left in the table"); }
  };

  // One forgets its own key while it flies; the other calls at any time.
  struct forgotten_inside {
    static constexpr const char* name = "forgotten_inside";
    static constexpr const char* property = "who calls after a forget gets nothing that began before it";
    static constexpr unsigned threads = 2;

    flights f;
    typename platform::template atomic<int> forgotten{0};

    void thread(unsigned index) {
      if (index == 0) {
        static_cast<void>(f.run(7, [&] {
          f.forget(7);
          forgotten.store(1, std::memory_order_release);
          return 0;
        }));
        return;
      }
      const bool after = forgotten.load(std::memory_order_acquire) == 1;
      const auto r = f.run(7, [] { return 1; });
      Engine::require(!after || r.value == 1, "a forgotten flight is not joined");
      Engine::require(r.value == 1 || r.shared, "who did not run shares");
    }
    void finish() { Engine::require(f.size() == 0, "nothing is left in the table"); }
  };

  // Nothing runs what one has asked for.
  struct cannot_start {
    static constexpr const char* name = "cannot_start";
    static constexpr const char* property =
        "a flight that cannot start brings the reason to everybody aboard, and nobody waits for ever";
    static constexpr unsigned threads = 2;

    flights f;

    void thread(unsigned index) {
      if (index == 1) {
        try {
          Engine::require(f.run(7, [] { return 1; }).value == 1, "there is one function that can run");
        } catch (int reason) {
          Engine::require(reason == 2, "the reason");
        }
        return;
      }
      const auto landed = f.run_async(7, [] { return 0; }, [](const auto&) { throw 2; }).pop();
      Engine::require(landed.has_value(), "it lands");
      if (!landed->failed()) Engine::require(landed->get().value == 1 && landed->get().shared, "the other's flight");
    }
    void finish() { Engine::require(f.size() == 0, "nothing is left in the table"); }
  };
};

}  // namespace sluice::models
