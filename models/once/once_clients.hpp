// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of once and what is made of it. Each client: one property, bounds in its shape.
#include <memory>
#include <new>
#include <type_traits>

#include <sluice/once.hpp>

namespace sluice::models {

template <class Engine>
struct once_clients {
  using platform = typename Engine::platform;
  using number = typename platform::template var<int>;
  using retrying = basic_once<platform, once_policy::retry>;
  using giving_up = basic_once<platform, once_policy::give_up>;

  template <unsigned Threads>
  struct runs_once {
    static constexpr const char* property = "one caller runs it, every caller returns after it and sees what it did";
    static constexpr unsigned threads = Threads;
    static constexpr unsigned role(unsigned) { return 0; }

    retrying first;
    number runs{0};

    void thread(unsigned) {
      first.call([this] { runs.store(runs.load() + 1); });
      Engine::require(runs.load() == 1, "it has run, once");
    }
    void finish() { Engine::require(first.done() && runs.load() == 1, "it ran once in all"); }
  };
  struct two_callers : runs_once<2> {
    static constexpr const char* name = "two_callers";
  };
  struct three_callers : runs_once<3> {
    static constexpr const char* name = "three_callers";
  };

  struct asked {
    static constexpr const char* name = "asked";
    static constexpr const char* property = "who finds it done sees what it did";
    static constexpr unsigned threads = 2;

    retrying first;
    number value{0};

    void thread(unsigned index) {
      if (index == 0)
        first.call([this] { value.store(1); });
      else if (first.done())
        Engine::require(value.load() == 1, "done means that it has run");
    }
    void finish() {}
  };

  // The first attempt throws.
  template <class Once, unsigned Threads>
  struct throws_first {
    static constexpr bool retry = std::is_same_v<Once, retrying>;
    static constexpr const char* property =
        retry ? "an exception goes to its caller, the next caller tries again and sees what the first attempt did"
              : "an exception goes to its caller and counts as done: nobody tries again, nobody waits for ever";
    static constexpr unsigned threads = Threads;
    static constexpr unsigned role(unsigned) { return 0; }

    Once first;
    number attempts{0};
    int caught[Threads] = {};

    void thread(unsigned index) {
      try {
        first.call([this] {
          attempts.store(attempts.load() + 1);
          if (attempts.load() == 1) throw 1;
        });
        Engine::require(attempts.load() == (retry ? 2 : 1), "a call returns after the attempt that counts");
      } catch (int) {
        ++caught[index];
      }
    }
    void finish() {
      int all = 0;
      for (const int c : caught) all += c;
      Engine::require(all == 1, "one caller got the exception");
      Engine::require(first.done() && attempts.load() == (retry ? 2 : 1), "as often as the policy says");
    }
  };
  struct tried_again : throws_first<retrying, 2> {
    static constexpr const char* name = "tried_again";
  };
  struct tried_again_beside_a_sleeper : throws_first<retrying, 3> {
    static constexpr const char* name = "tried_again_beside_a_sleeper";
  };
  struct given_up : throws_first<giving_up, 3> {
    static constexpr const char* name = "given_up";
  };

  // Whoever finds that another one has run it destroys the once, while that one is on its way out.
  struct destroyed_when_done {
    static constexpr const char* name = "destroyed_when_done";
    static constexpr const char* property = "once it is found done, whoever ran it touches it no more";
    static constexpr unsigned threads = 2;

    typename platform::template allocator<retrying> memory;
    retrying* first = ::new (static_cast<void*>(memory.allocate(1))) retrying;
    bool destroyed = false;

    void thread(unsigned index) {
      retrying* const mine = first;
      if (index == 0) {
        mine->call([] {});
      } else if (mine->done()) {
        destroy(mine);
      }
    }
    void destroy(retrying* mine) {
      std::destroy_at(mine);
      memory.deallocate(mine, 1);
      destroyed = true;
    }
    void finish() {
      if (!destroyed) destroy(first);
    }
  };

  struct value_made_once {
    static constexpr const char* name = "value_made_once";
    static constexpr const char* property = "the value is made once, though the first attempt throws, and all see it";
    static constexpr unsigned threads = 2;
    static constexpr unsigned role(unsigned) { return 0; }

    once_value<int, platform> value;
    number attempts{0};

    void thread(unsigned) {
      for (;;) {
        try {
          const int got = value.get([this] {
            attempts.store(attempts.load() + 1);
            return attempts.load() == 1 ? throw 1 : attempts.load();
          });
          Engine::require(got == 2, "everybody gets the value of the second attempt");
          return;
        } catch (int) {
        }
      }
    }
    void finish() { Engine::require(value.get_if() != nullptr && *value.get_if() == 2, "it stays"); }
  };
};

}  // namespace sluice::models
