// SPDX-License-Identifier: BSL-1.0
// What a user can do wrong: each gets a message that says what, where, and what to do.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <kit/client_threads.hpp>
#include <kit/explore.hpp>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "../enumerator/structures.hpp"

namespace explore_user_errors_test {
namespace {

using namespace sluice::explore;
using namespace structures;

template <template <class> class Client>
void is_told_once(violation how, const std::string& words, const options& o = {}) {
  const report r = check<Client>(o);
  EXPECT_EQ(r.verdict, verdict::violation) << r.message;
  EXPECT_STREQ(name_of(r.violation), name_of(how)) << r.message;
  EXPECT_NE(r.message.find(words), std::string::npos) << r.message;
}

// By each of the searches: execution by execution, by states, and at random, with priorities and without.
template <template <class> class Client>
void is_told(violation how, const std::string& words, options o = {}) {
  is_told_once<Client>(how, words, o);
  o.states = true;
  is_told_once<Client>(how, words, o);
  o.states = false;
  for (const unsigned depth : {0U, 2U}) {
    o.walks = 300;
    o.depth = depth;
    is_told_once<Client>(how, words, o);
  }
}

// --- uninitialised reads, and what is none ---
template <class Engine, class Object>
struct made_without_a_value : base<Engine, 1> {
  Object it;
};

template <bool Store>
struct blank_atomic {
  template <class Engine>
  struct client : made_without_a_value<Engine, typename Engine::platform::template atomic<int>> {
    void thread(unsigned) {
      if (Store) this->it.store(1, relaxed);
      this->it.load(relaxed);
    }
  };
};
template <class Engine>
struct blank_atomic_modified : made_without_a_value<Engine, typename Engine::platform::template atomic<int>> {
  void thread(unsigned) { this->it.fetch_add(1, relaxed); }
};
template <class Engine>
struct blank_atomic_in_finish : made_without_a_value<Engine, typename Engine::platform::template atomic<int>> {
  void thread(unsigned) {}
  void finish() { this->it.load(relaxed); }
};
template <class Engine>
struct blank_word_waited_for : made_without_a_value<Engine, typename Engine::platform::template atomic<std::uint32_t>> {
  void thread(unsigned) { Engine::platform::wait(this->it, 1); }
};
template <bool Store>
struct blank_var {
  template <class Engine>
  struct client : made_without_a_value<Engine, typename Engine::platform::template var<int>> {
    client() {
      if (Store) this->it.store(1);
    }
    void thread(unsigned) { this->it.load(); }
    void finish() { this->it.load(); }
  };
};
template <bool Construct>
struct blank_cell {
  template <class Engine>
  struct client : made_without_a_value<Engine, typename Engine::platform::template cell<int>> {
    void thread(unsigned) {
      if (Construct) std::construct_at(this->it.storage(), 1);
      this->it.value() = 2;
    }
  };
};

TEST(ExploreUserErrors, AValueThatNobodyWrote) {
  const std::string words = "never written, at explore_user_errors_test.cpp";
  is_told<blank_atomic<false>::client>(violation::uninitialised, words);
  is_told<blank_atomic_modified>(violation::uninitialised, words);
  is_told<blank_atomic_in_finish>(violation::uninitialised, words);
  is_told<blank_word_waited_for>(violation::uninitialised, words);
  is_told<blank_var<false>::client>(violation::uninitialised, words);
  is_told<blank_cell<false>::client>(violation::uninitialised, words);
}
TEST(ExploreUserErrors, AValueWrittenBeforeItIsReadIsNone) {
  EXPECT_EQ(check<blank_atomic<true>::client>().verdict, verdict::ok);
  EXPECT_EQ(check<blank_var<true>::client>().verdict, verdict::ok);
  EXPECT_EQ(check<blank_cell<true>::client>().verdict, verdict::ok);
}

// The first store is there in program order, but does not reach the reader in every execution.
template <std::memory_order Publish>
struct written_by_another {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<int> data;
    typename Engine::platform::template atomic<bool> ready{false};
    void thread(unsigned i) {
      if (i == 0) {
        data.store(1, relaxed);
        ready.store(true, Publish);
      } else if (ready.load(acquire)) {
        data.load(relaxed);
      }
    }
  };
};
TEST(ExploreUserErrors, AValueThatIsWrittenTooWeakly) {
  EXPECT_EQ(check<written_by_another<release>::client>().verdict, verdict::ok);
  is_told<written_by_another<relaxed>::client>(violation::uninitialised, "never written");
}

template <class Engine>
struct raw_memory : base<Engine, 1> {
  using atom = typename Engine::platform::template atomic<int>;
  void thread(unsigned) {
    typename Engine::platform::template allocator<atom> a;
    atom* const p = a.allocate(1);
    p->store(1, relaxed);
    a.deallocate(p, 1);
  }
};
TEST(ExploreUserErrors, MemoryInWhichNothingWasMade) {
  is_told<raw_memory>(violation::use_after_free, "does not live");
}

// Nobody destroys the atomic, its memory is just freed; no run of it comes after the free, but nothing orders it before.
template <class Engine>
struct freed_unordered : base<Engine, 2> {
  using atom = typename Engine::platform::template atomic<int>;
  typename Engine::platform::template allocator<atom> a;
  atom* const p = std::construct_at(a.allocate(1), 1);
  void thread(unsigned i) { i == 0 ? void(p->load(relaxed)) : a.deallocate(p, 1); }
};
TEST(ExploreUserErrors, MemoryFreedWhileItIsUsed) { is_told<freed_unordered>(violation::data_race, "destroys"); }

template <class Engine>
struct frees_what_is_not_its_own : base<Engine, 1> {
  int mine = 0;
  void thread(unsigned) { typename Engine::platform::template allocator<int>().deallocate(&mine, 1); }
};
TEST(ExploreUserErrors, MemoryThatTheAllocatorNeverGave) {
  is_told<frees_what_is_not_its_own>(violation::double_free, "not allocated");
}

// --- a primitive that bypasses the Platform ---
const options impatient{.patience = 0.3};

template <class Flag>
struct loop_over {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<int> x{0};
    Flag flag{};
    void thread(unsigned i) {
      x.load(relaxed);
      if (i == 1) flag = true;
      while (!flag) {
      }
    }
  };
};
TEST(ExploreUserErrors, ALoopOverAPlainVariable) {
  is_told<loop_over<volatile bool>::client>(violation::misuse, "has to go through the Platform", impatient);
}
TEST(ExploreUserErrors, ALoopOverAStdAtomic) {
  is_told<loop_over<std::atomic<bool>>::client>(violation::misuse, "T0 came to explore_user_errors_test.cpp",
                                                impatient);
}

template <class Engine>
struct std_mutex : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  std::mutex lock;
  void thread(unsigned) {
    const std::lock_guard hold(lock);
    x.load(relaxed);
    x.fetch_add(1, relaxed);
  }
};
TEST(ExploreUserErrors, AStdMutex) { is_told<std_mutex>(violation::misuse, "std::mutex", impatient); }

// Another thread's value comes by way of a std::atomic: what is done next differs from run to run.
template <class Engine>
struct std_counter : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  typename Engine::platform::template atomic<int> y{0};
  inline static std::atomic<int> calls{0};
  void thread(unsigned) {
    x.fetch_add(1, relaxed);
    (calls++ % 3 == 0 ? x : y).fetch_add(1, relaxed);
    x.fetch_add(1, relaxed);
  }
};
TEST(ExploreUserErrors, AStdAtomicThatDecides) {
  is_told_once<std_counter>(violation::misuse, "shared memory that does not go through the Platform");
}

// --- too much of something ---
template <class Engine>
struct crowd : base<Engine, 15> {
  void thread(unsigned) {}
};
TEST(ExploreUserErrors, TooManyThreads) { is_told<crowd>(violation::misuse, "has 15 threads; at most 14"); }

unsigned depth(volatile unsigned* n) {
  volatile unsigned next = *n + 1;
  return next == 0 ? 0 : depth(&next) + next;
}
template <class Engine>
struct recursion : base<Engine, 2> {
  typename Engine::platform::template atomic<unsigned> x{0};
  void thread(unsigned i) {
    unsigned n = x.load(relaxed);
    if (i == 1) x.store(depth(&n), relaxed);
  }
};
TEST(ExploreUserErrors, UnboundedRecursion) {
  is_told<recursion>(violation::misuse, "T1 came to explore_user_errors_test.cpp");
  is_told<recursion>(violation::misuse, "stack of 256 KiB");
}

template <std::size_t Bytes>
struct large_local_object {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<int> x{0};
    void thread(unsigned i) {
      char room[Bytes];
      room[0] = static_cast<char>(i);
      asm volatile("" : : "r"(room) : "memory");  // whatever looks at it: it has to be there
      x.store(room[0], relaxed);
    }
  };
};
TEST(ExploreUserErrors, LocalObjectsThatAreTooLarge) {
  is_told<large_local_object<300'000>::client>(violation::misuse, "stack of 256 KiB");
  is_told<large_local_object<std::size_t{10} << 20>::client>(violation::misuse, "stack of 256 KiB");
}

template <class Engine>
struct adds_for_ever : base<Engine, 1> {
  typename Engine::platform::template atomic<int> x{0};
  void thread(unsigned) {
    for (;;) x.fetch_add(1, relaxed);
  }
};
TEST(ExploreUserErrors, TooManyEvents) {
  const report r = check<adds_for_ever>({.max_events = 100});
  EXPECT_EQ(r.verdict, verdict::unknown);
  EXPECT_NE(r.message.find("100 operations (max_events)"), std::string::npos) << r.message;
  is_told<adds_for_ever>(violation::misuse, "max_events is 40000; at most 32000", {.max_events = 40'000});
}

template <class Engine>
struct allocates_for_ever : base<Engine, 1> {
  void thread(unsigned) {
    typename Engine::platform::template allocator<long> a;
    for (;;) a.deallocate(a.allocate(1000), 1000);
  }
};
TEST(ExploreUserErrors, TooMuchMemory) {
  is_told<allocates_for_ever>(violation::misuse, "over 64 MiB in one execution");
}

// As std::allocator says it: the client's own code may catch that.
template <class Engine>
struct allocates_more_than_can_be_counted : base<Engine, 1> {
  void thread(unsigned) {
    typename Engine::platform::template allocator<long> a;
    try {
      a.deallocate(a.allocate(SIZE_MAX / sizeof(long) + 2), 1);
      Engine::require(false, "it is refused");
    } catch (const std::bad_array_new_length&) {
    }
  }
};
TEST(ExploreUserErrors, MoreMemoryThanCanBeCounted) {
  EXPECT_EQ(check<allocates_more_than_can_be_counted>().verdict, verdict::ok);
}

template <class Engine>
struct makes_objects_for_ever : base<Engine, 1> {
  void thread(unsigned) {
    for (;;) typename Engine::platform::template var<int>{1};
  }
};
TEST(ExploreUserErrors, TooManyObjects) {
  is_told<makes_objects_for_ever>(violation::misuse, "makes more than 65535 atomics");
}

// What stands in `seen` is part of a state only if the search looks there.
template <template <class, class> class Allocator>
struct notes {
  template <class Engine>
  struct client : base<Engine, 2> {
    std::vector<int, typename Allocator<Engine, int>::type> seen{0, 0};
    typename Engine::platform::template atomic<int> x{0};
    void thread(unsigned i) { seen[i] = x.fetch_add(1, relaxed); }
    void finish() { Engine::require(seen[0] + seen[1] == 1, "each saw another one"); }
  };
};
template <class Engine, class T>
struct of_the_platform {
  using type = typename Engine::platform::template allocator<T>;
};
template <class, class T>
struct ordinary {
  using type = std::allocator<T>;
};
TEST(ExploreUserErrors, ASearchByStatesOfWhatKeepsSomethingElsewhere) {
  is_told_once<notes<ordinary>::client>(violation::misuse, "points to the ordinary heap", {.states = true});
  EXPECT_EQ(check<notes<ordinary>::client>().verdict, verdict::ok);
  EXPECT_EQ(check<notes<of_the_platform>::client>({.states = true}).verdict, verdict::ok);
}

// --- crashes are executions that fail, not the end of the process ---
template <class Engine>
struct null_pointer : base<Engine, 2> {
  typename Engine::platform::template atomic<int*> p{nullptr};
  int value = 7;
  int seen = 0;
  void thread(unsigned i) { i == 0 ? p.store(&value, release) : void(seen = *p.load(acquire)); }
};
TEST(ExploreUserErrors, ANullPointer) {
  is_told<null_pointer>(violation::bad_access, "touched memory that is not there, at 0");
  EXPECT_NE(check<null_pointer>().trace.find("saw the initial value"), std::string::npos);
}

template <class Engine>
struct aborts : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  void thread(unsigned i) {
    if (i == 0) return x.store(1, relaxed);
    if (x.load(relaxed) != 0) std::abort();
  }
};
TEST(ExploreUserErrors, AFailedAssert) { is_told<aborts>(violation::exception, "aborted: a failed assert"); }

template <class Engine>
struct frees_what_nobody_gave : base<Engine, 2> {
  typename Engine::platform::template atomic<std::uintptr_t> x{0x1234567};
  void thread(unsigned i) {
    const std::uintptr_t p = x.load(relaxed);
    if (i == 1) std::free(reinterpret_cast<void*>(p));
  }
};
TEST(ExploreUserErrors, AWildFree) {
  is_told<frees_what_nobody_gave>(violation::bad_access, "touched memory that is not there");
}

template <class Engine>
struct throws_where_it_may_not : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  void read() noexcept {
    if (x.load(relaxed) != 0) give_up();
  }
  static void give_up() { throw 1; }
  void thread(unsigned) {
    read();
    x.store(1, relaxed);
  }
};
TEST(ExploreUserErrors, AnExceptionThatLeavesANoexceptFunction) {
  is_told<throws_where_it_may_not>(violation::exception, "left a noexcept function");
}

// --- waits that nobody ends ---
template <class Engine>
struct lock_held_to_the_end : base<Engine, 1> {
  sluice::kit::client_mutex<Engine> mutex;
  void thread(unsigned) { mutex.lock(); }
  void finish() { mutex.lock(); }
};
TEST(ExploreUserErrors, AWaitInFinish) {
  is_told<lock_held_to_the_end>(violation::deadlock, "finish() waits at client_threads.hpp:18, where no other thread");
}

template <class Engine>
struct set_up_that_locks_twice : base<Engine, 1> {
  sluice::kit::client_mutex<Engine> mutex;
  set_up_that_locks_twice() { mutex.lock(), mutex.lock(); }
  void thread(unsigned) {}
};
TEST(ExploreUserErrors, AWaitInTheSetUp) {
  is_told<set_up_that_locks_twice>(violation::deadlock, "the set-up waits at client_threads.hpp:18");
}

// Longer than anybody looks whether it is a wait.
template <class Engine>
struct pauses_often : base<Engine, 1> {
  unsigned left = 20'000;
  void thread(unsigned) {}
  void finish() {
    for (unsigned i = 0; i != 20'000; ++i) Engine::platform::pause();
    while (--left != 0) Engine::platform::pause();
  }
};
TEST(ExploreUserErrors, ALongLoopInFinishThatEndsIsNone) {
  EXPECT_EQ(check<pauses_often>().verdict, verdict::ok);
  EXPECT_EQ(check<pauses_often>({.states = true}).verdict, verdict::ok);
}

template <class Engine>
struct looks_for_ever_in_finish : base<Engine, 1> {
  typename Engine::platform::template atomic<int> x{0};
  void thread(unsigned) {}
  void finish() {
    while (x.load(relaxed) == 0) {
    }
  }
};
TEST(ExploreUserErrors, AWaitInFinishWithoutAPause) {
  is_told<looks_for_ever_in_finish>(violation::misuse, "the client came to finish() and has not left it since",
                                    impatient);
}

// Two that give way to each other for ever.
template <class Engine>
struct too_polite : base<Engine, 2> {
  typename Engine::platform::template atomic<int> wants[2]{0, 0};
  void thread(unsigned i) {
    for (;;) {
      wants[i].store(1, seq_cst);
      if (wants[1 - i].load(seq_cst) == 0) break;
      wants[i].store(0, seq_cst);
      Engine::platform::pause();
    }
    wants[i].store(0, seq_cst);
  }
};
TEST(ExploreUserErrors, ASearchThatDoesNotEndKeepsToItsTime) {
  constexpr std::uint64_t no_end = 1ULL << 60;
  const auto start = std::chrono::steady_clock::now();
  for (const options& o :
       {options{.max_seconds = 0.5}, options{.max_seconds = 0.5, .states = true},
        options{.max_seconds = 0.5, .walks = no_end}, options{.max_seconds = 0.5, .walks = no_end, .depth = 2}}) {
    const report r = check<too_polite>(o);
    EXPECT_EQ(r.verdict, verdict::unknown);
    EXPECT_EQ(r.message, "stopped at max_seconds");
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

}  // namespace
}  // namespace explore_user_errors_test
