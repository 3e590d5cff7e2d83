// SPDX-License-Identifier: BSL-1.0
#pragma once
// For what a client does that the engine cannot see: it computes for ever, it runs out of its stack, it touches memory
// that is not there, it aborts. A signal tells; its handler leaves the client's thread for good, which lies where it
// was, and the search ends with a message instead of the process with a signal. Outside a client the handlers do
// nothing but hand on. They stay installed: a handler that comes and goes is worse with several searches at once.
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sstream>
#include <string>

#include <kit/explore/last_words.hpp>
#include <kit/explore/machine.hpp>

namespace sluice::explore::detail {

// Watches over the searches of this OS thread for as long as it lives.
class lookout {
 public:
  explicit lookout(double patience) {
    install();
    thread_local alternative_stack stack;
    thread_local ticker ticks;
    ticks_ = &ticks;
    if (patience < 1e6) ticks.set(patience / 2);
  }
  lookout(const lookout&) = delete;
  lookout& operator=(const lookout&) = delete;
  ~lookout() { ticks_->set(0); }

  // Somebody is about to end the process, without a word from any search that is under way.
  static void process_ends() {
    const machine* const m = machine::active();
    if (m != nullptr && m->inside())
      last_words::say(m->whereabouts() + " and ended the process: a client must not call exit() or _Exit()");
    if (last_words::searches().load(std::memory_order_relaxed) != 0)
      last_words::say(std::string("the process is ended while a search is under way, by ") + last_words::foreign);
  }

 private:
  static constexpr int tick_signal = SIGALRM;
  static constexpr int faults[] = {SIGSEGV, SIGBUS, SIGABRT};

  // Where handlers run: the stack that overflowed has no room.
  struct alternative_stack {
    alternative_stack() {
      stack_t s{};
      s.ss_sp = memory;
      s.ss_size = sizeof memory;
      sigaltstack(&s, nullptr);
    }
    alignas(16) char memory[1 << 16];
  };

  class ticker {
   public:
    ticker() = default;
    ticker(const ticker&) = delete;
    ticker& operator=(const ticker&) = delete;
    ~ticker() {
      if (made_ && process_ == getpid()) timer_delete(timer_);
    }
    void set(double seconds) {
      if (!made_ || process_ != getpid()) make();  // a timer does not go with a fork
      const auto whole = static_cast<time_t>(seconds);
      const timespec t{whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
      const itimerspec every{t, t};
      timer_settime(timer_, 0, &every, nullptr);
    }

   private:
    void make() {
      sigevent e{};
      e.sigev_notify = SIGEV_THREAD_ID;
      e.sigev_signo = tick_signal;
      e._sigev_un._tid = gettid();
      made_ = timer_create(CLOCK_MONOTONIC, &e, &timer_) == 0;
      process_ = getpid();
    }
    timer_t timer_{};
    pid_t process_ = 0;
    bool made_ = false;
  };

  static void install() {
    static const bool once = [] {
      struct sigaction a{};
      a.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
      a.sa_sigaction = &on_fault;
      for (const int s : faults) sigaction(s, &a, &before(s));
      a.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
      a.sa_sigaction = &on_tick;
      sigaction(tick_signal, &a, &before(tick_signal));
      std::atexit(&process_ends);
      std::at_quick_exit(&process_ends);
      return true;
    }();
    static_cast<void>(once);
  }
  static struct sigaction& before(int signal) {
    static struct sigaction all[32];
    return all[signal];
  }

  // The thread stands where it stood two ticks ago. (One would not do: a stopped process gets one when it goes on.)
  static void on_tick(int signal, siginfo_t* info, void*) {
    if (info->si_code != SI_TIMER) {  // somebody's alarm()
      sigaction(signal, &before(signal), nullptr);
      raise(signal);
      return;
    }
    thread_local std::uint64_t last = 0;
    thread_local int silent = 0;
    machine* const m = machine::active();
    const std::uint64_t now = m == nullptr || !m->inside() ? 0 : m->footprint();
    silent = now != 0 && now == last ? silent + 1 : 0;
    last = now;
    if (silent < 2) return;
    silent = 0;
    m->was_interrupted();
    if (m->direct())
      m->fail(violation::misuse, m->whereabouts() +
                                     " and has not left it since: an endless loop, or a wait for another thread, where "
                                     "none runs?");
    m->fail(violation::misuse,
            m->whereabouts() +
                " and has computed ever since without another operation: an endless loop? Shared memory has to go "
                "through the Platform: a loop over a plain variable, a std::atomic or a std::mutex never ends here");
  }

  static void on_fault(int signal, siginfo_t* info, void*) {
    machine* const m = machine::active();
    if (m == nullptr || !m->inside()) {
      if (m == nullptr && last_words::searches().load(std::memory_order_relaxed) != 0) tell_of_foreign_fault();
      sigaction(signal, &before(signal), nullptr);  // and happens again
      return;
    }
    m->was_interrupted();
    if (signal == SIGABRT)
      m->fail(violation::exception, m->whereabouts() +
                                        " and aborted: a failed assert, or an exception that left a "
                                        "noexcept function");
    if (m->overflowed(info->si_addr))
      m->fail(violation::misuse, m->whereabouts() + " and ran out of its stack of " +
                                     std::to_string(fiber::stack_size / 1024) +
                                     " KiB: unbounded recursion, or large local objects (let them stand in the client, "
                                     "or take them from the Platform's allocator)");
    std::ostringstream where;
    where << info->si_addr;
    m->fail(violation::bad_access, m->whereabouts() + " and touched memory that is not there, at " + where.str() +
                                       ": a null or dangling pointer?");
  }

  // Whoever is at fault may hold malloc's locks.
  static void tell_of_foreign_fault() {
    const auto put = [](const char* words) { static_cast<void>(!write(STDERR_FILENO, words, std::strlen(words))); };
    put("misuse: a crash in "), put(last_words::foreign), put("\n");
  }
  const search_under_way counts_;
  ticker* ticks_;
};

}  // namespace sluice::explore::detail
