// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of err_group. Each client: one property, bounds in its shape. A thread of the client runs what was given to go
// before; who waits is thread 0.
#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <sluice/err_group.hpp>

namespace sluice::models {

template <class Engine>
struct err_group_clients {
  using platform = typename Engine::platform;
  using number = typename platform::template var<int>;
  using group_type = basic_err_group<platform>;

  // Functions that were started, for threads to run.
  struct started {
    std::array<std::function<void()>, 2> all{};
    auto at(unsigned index) {
      return [this, index](auto run) {
        all[index] = [kept = std::make_shared<decltype(run)>(std::move(run))] { (*kept)(); };
      };
    }
    void run(unsigned index) { all[index](); }
  };
  static constexpr auto at_once = [](auto run) { run(); };

  struct first_failure_against_wait {
    static constexpr const char* name = "first_failure_against_wait";
    static constexpr const char* property =
        "wait gives one of two failures, which is the context's cause, once both functions have ended";
    static constexpr unsigned threads = 2;

    group_type group = group_type::with_context(background<platform>());
    started functions{};
    number did[2] = {0, 0};
    const std::error_code codes[2] = {std::make_error_code(std::errc::io_error),
                                      std::make_error_code(std::errc::bad_address)};

    first_failure_against_wait() {
      for (unsigned i = 0; i != 2; ++i)
        group.go(functions.at(i), [this, i] {
          did[i].store(1);
          if (group.ctx().err()) Engine::require(group.ctx().cause() == failure(codes[1 - i]), "the other one failed");
          return codes[i];
        });
    }
    void thread(unsigned index) {
      functions.run(index);
      if (index != 0) return;
      const failure why = group.wait();
      Engine::require(did[0].load() == 1 && did[1].load() == 1, "both have ended, and what they did is seen");
      Engine::require(why == failure(codes[0]) || why == failure(codes[1]), "it is one of theirs");
      Engine::require(group.ctx().cause() == why, "and why the context ended");
    }
    void finish() {}
  };

  // The only place is taken by the function that thread 0 runs.
  template <bool Waits>
  struct limit {
    static constexpr unsigned threads = 2;

    group_type group{};
    started functions{};
    number runs{0};
    bool admitted = true;

    limit() {
      group.set_limit(1);
      group.go(functions.at(0), [this] { one_more(); });
    }
    void one_more() { runs.store(runs.load() + 1); }
    void thread(unsigned index) {
      if (index == 0) return functions.run(0);
      if constexpr (Waits)
        group.go(at_once, [this] { one_more(); });
      else
        admitted = group.try_go(at_once, [this] { one_more(); });
    }
    void finish() {
      Engine::require(!group.wait(), "nothing failed");
      Engine::require(runs.load() == (admitted ? 2 : 1), "who was admitted ran");
    }
  };
  struct limit_against_try_go : limit<false> {
    static constexpr const char* name = "limit_against_try_go";
    static constexpr const char* property =
        "who is admitted runs after who left, and sees what that did; who is not does not run";
  };
  struct limit_against_go : limit<true> {
    static constexpr const char* name = "limit_against_go";
    static constexpr const char* property = "who waits for room is admitted once there is some, and never before";
  };

  // Nobody waits before the limit is changed. Not for Relacy, which gives the message of a std::logic_error to the wrong free.
  struct limit_after_the_last {
    static constexpr const char* name = "limit_after_the_last";
    static constexpr const char* property =
        "the limit is changed after what the last function did with its place, or not";
    static constexpr unsigned threads = 2;

    group_type group{};
    started functions{};

    limit_after_the_last() {
      group.set_limit(1);
      group.go(functions.at(0), [] {});
    }
    void thread(unsigned index) {
      if (index == 0) return functions.run(0);
      try {
        group.set_limit(2);
      } catch (const std::logic_error&) {
      }
    }
    void finish() {
      Engine::require(group.try_go(at_once, [] {}), "nobody is inside");
      Engine::require(!group.wait(), "nothing failed");
    }
  };

  // It lives as long as wait takes.
  struct wait_and_go {
    static constexpr const char* name = "wait_and_go";
    static constexpr const char* property = "a group may go as soon as wait has returned";
    static constexpr unsigned threads = 2;

    std::unique_ptr<group_type> group = std::make_unique<group_type>();
    started functions{};

    wait_and_go() {
      group->set_limit(1);
      group->go(functions.at(0), [] {});
    }
    void thread(unsigned index) {
      if (index == 0) return functions.run(0);
      Engine::require(!group->wait(), "nothing failed");
      group.reset();
    }
    void finish() {}
  };
};

}  // namespace sluice::models
