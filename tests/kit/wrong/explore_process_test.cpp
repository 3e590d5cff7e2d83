// SPDX-License-Identifier: BSL-1.0
// What a client does to the whole process: it ends it, or starts threads that no search knows of. The process then ends with
// words and with the status of a failure.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <kit/explore.hpp>
#include <string>
#include <thread>

#include "../enumerator/structures.hpp"

namespace explore_process_test {
namespace {

using namespace sluice::explore;
using namespace structures;

template <template <class> class Client>
void ends_the_process(const std::string& words) {
  const testing::ExitedWithCode failed(1);
  EXPECT_EXIT(check<Client>(), failed, words);
  EXPECT_EXIT(check<Client>({.states = true}), failed, words);
  EXPECT_EXIT(check<Client>({.walks = 10}), failed, words);
}

template <void (*End)()>
struct ends {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<int> x{0};
    void thread(unsigned i) {
      x.store(1, relaxed);
      if (i == 1) End();
    }
  };
};
void goes_on() {}
void exits() { std::exit(0); }
void exits_quickly() { std::quick_exit(0); }
TEST(ExploreProcess, AClientThatCallsExit) {
  ends_the_process<ends<exits>::client>("T1 came to explore_process_test.cpp:.* and ended the process");
  ends_the_process<ends<exits_quickly>::client>("T1 came to explore_process_test.cpp:.* and ended the process");
}

template <class Engine>
struct exits_in_finish : base<Engine, 1> {
  void thread(unsigned) {}
  void finish() { std::exit(0); }
};
TEST(ExploreProcess, AClientThatCallsExitInFinish) {
  ends_the_process<exits_in_finish>("came to finish.* and ended the process");
}
TEST(ExploreProcess, ExitOutsideOfAClientIsNobodysFault) {
  EXPECT_EXIT((check<ends<goes_on>::client>(), std::exit(0)), testing::ExitedWithCode(0), "");
}

template <class Engine>
struct starts_a_thread : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  void thread(unsigned) {
    std::thread t([this] { x.store(1, relaxed); });
    t.join();
  }
};
template <class Engine>
struct starts_a_thread_that_writes : base<Engine, 2> {
  typename Engine::platform::template var<int> x{0};
  void thread(unsigned) {
    std::thread t([this] { x.store(1); });
    t.join();
  }
};
template <class Engine>
struct starts_a_thread_that_requires : base<Engine, 2> {
  void thread(unsigned) {
    std::thread t([] { Engine::require(false, "false"); });
    t.join();
  }
};
template <class Engine>
struct starts_a_thread_that_exits : base<Engine, 2> {
  void thread(unsigned) {
    std::thread t([] { std::exit(0); });
    t.join();
  }
};
TEST(ExploreProcess, AThreadOfTheSystemInAClient) {
  ends_the_process<starts_a_thread>("used at explore_process_test.cpp:.* from another OS thread");
  ends_the_process<starts_a_thread_that_writes>("used at explore_process_test.cpp:.* from another OS thread");
  ends_the_process<starts_a_thread_that_requires>("does not hold, as required from another OS thread");
  ends_the_process<starts_a_thread_that_exits>("ended while a search is under way, by another OS thread");
}

template <class Engine>
struct starts_a_thread_that_crashes : base<Engine, 2> {
  void thread(unsigned) {
    std::thread t([] { std::abort(); });
    t.join();
  }
};
TEST(ExploreProcess, ACrashInAThreadOfTheSystem) {
  EXPECT_EXIT(check<starts_a_thread_that_crashes>(), testing::KilledBySignal(SIGABRT), "a crash in another OS thread");
}

}  // namespace
}  // namespace explore_process_test
