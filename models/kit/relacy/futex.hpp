// SPDX-License-Identifier: BSL-1.0
#pragma once
// The modelled futex: sleeping on a 32-bit atomic, with time-outs, stop requests and spurious wake-ups as choices.
// Between the check of the word and the sleep nothing can happen, nor inside a wake: that is the kernel's bucket lock.
// Neither creates happens-before. Who sleeps for ever is reported by Relacy as a deadlock: so a lost wake-up shows.
#include <kit/relacy/atomic.hpp>
#include <kit/stop_callback.hpp>

#include <memory>

#include <sluice/platform.hpp>

namespace sluice::relacy {

inline constexpr unsigned most_threads = 16;

struct futex_event {
  const char* what;
  const void* address;
  long long value;
  unsigned asleep;
  void output(std::ostream& out) const {
    out << "<" << address << "> futex " << what << " " << value << ", asleep=" << asleep;
  }
};

struct stop_state;

// Who sleeps on one word, and what may stop each. A thread leaves both lists in the step that makes it runnable:
// Relacy must not be told twice.
class sleep_queue {
 public:
  struct sleeper {
    rl::thread_id_t thread;
    stop_state* stopping;
  };
  unsigned size() const { return size_; }
  sleeper at(unsigned i) const { return sleepers_[i]; }
  void add(sleeper s);
  void remove(rl::thread_id_t t);

 private:
  sleeper sleepers_[most_threads];
  unsigned size_ = 0;
};

// How a stop_slot steps.
struct stop_steps {
  template <class T>
  using atomic = relacy::atomic<T>;
  static unsigned self() { return static_cast<unsigned>(rl::ctx().current_thread()); }
  static void pause(site at = SLUICE_RELACY_HERE) {
    const handled_kept keep;
    rl::yield(1, at);
  }
  static void refuse(const char* why, site at = SLUICE_RELACY_HERE) {
    rl::ctx().fail_test(why, rl::test_result_user_assert_failed, at);
  }
};

// The state that a stop source and its tokens share. The flag is modelled as std::stop_token's is: a request happens
// before the answer "requested". `raised` is the platform's own view, exact at once.
struct stop_state {
  struct sleeper {
    rl::thread_id_t thread;
    sleep_queue* queue;
  };
  atomic<std::uint32_t> flag{0};
  bool raised = false;
  sleeper sleepers[most_threads];
  unsigned size = 0;
  kit::stop_slot<stop_steps> slot{};

  void remove(rl::thread_id_t t) {
    unsigned kept = 0;
    for (unsigned i = 0; i != size; ++i)
      if (sleepers[i].thread != t) sleepers[kept++] = sleepers[i];
    size = kept;
  }
};

inline void sleep_queue::add(sleeper s) {
  sleepers_[size_++] = s;
  if (s.stopping != nullptr) s.stopping->sleepers[s.stopping->size++] = {s.thread, this};
}
inline void sleep_queue::remove(rl::thread_id_t t) {
  unsigned kept = 0;
  for (unsigned i = 0; i != size_; ++i) {
    if (sleepers_[i].thread != t)
      sleepers_[kept++] = sleepers_[i];
    else if (sleepers_[i].stopping != nullptr)
      sleepers_[i].stopping->remove(t);
  }
  size_ = kept;
}

class stop_token {
 public:
  stop_token() = default;
  explicit stop_token(stop_state* s) : state_(s) {}
  bool stop_possible() const { return state_ != nullptr; }
  bool stop_requested(site at = SLUICE_RELACY_HERE) const {
    return state_ != nullptr && state_->flag.load(std::memory_order_acquire, at) != 0;
  }
  stop_state* state() const { return state_; }
  kit::stop_slot<stop_steps>* slot() const { return state_ == nullptr ? nullptr : &state_->slot; }

 private:
  stop_state* state_ = nullptr;
};

// Must outlive its tokens, unlike std::stop_source.
class stop_source {
 public:
  stop_token get_token() { return stop_token(&state_); }
  bool request_stop(site at = SLUICE_RELACY_HERE) {
    rl::context& c = scheduling_point();
    if (state_.raised) return false;
    state_.flag.store(1, std::memory_order_release, at);
    state_.raised = true;
    while (state_.size != 0) {
      const stop_state::sleeper s = state_.sleepers[0];
      s.queue->remove(s.thread);
      const handled_kept keep;
      c.unpark_thread(s.thread, false, at);
    }
    state_.slot.request();
    return true;
  }

 private:
  stop_state state_;
};

template <class F>
using stop_callback = kit::stop_callback<kit::stop_slot<stop_steps>, F>;

// An atomic that can be slept on.
template <class T>
class futex_atomic : public atomic<T> {
 public:
  using atomic<T>::atomic;
  ~futex_atomic() {
    if (life_) life_->word = nullptr;
  }

  // What is left of a word when it is gone: that it is.
  struct life {
    futex_atomic* word;
  };
  std::shared_ptr<life> key() {
    if (!life_) life_ = std::make_shared<life>(life{this});
    return life_;
  }

  wait_result sleep(T expected, bool timed, const stop_token& stop, const site& at) {
    rl::context& c = this->enter(at, true);
    unsigned i = this->read(rl::mo_relaxed, false);                             // the kernel's load may be stale ...
    if (this->written(i) < floor_) i = this->read(rl::mo_relaxed, true);  // ... but no older than the last wake
    const bool sleeps = this->same(this->past(i), expected);
    this->log(c, futex_event{sleeps ? "sleeps on" : "has changed to", this, printable(this->past(i)), queue_.size()},
              at);
    if (!sleeps) return wait_result::woken;
    stop_state* const stopping = stop.state();
    if (stopping != nullptr && stopping->raised) return wait_result::stopped;
    return park(c, timed, stopping, at);
  }

  std::size_t wake(unsigned most, const site& at) {
    static_cast<void>(this->enter(at, true));
    return wake_now(most, at);
  }
  // In the step that the caller has begun: between looking whether the word lives and waking nothing can happen.
  std::size_t wake_now(unsigned most, const site& at) {
    rl::context& c = rl::ctx();
    floor_ = this->writes();
    this->log(c, futex_event{"wakes at most", this, most, queue_.size()}, at);
    unsigned woken = 0;
    for (; woken != most && queue_.size() != 0; ++woken) {
      const unsigned n = queue_.size();
      const rl::thread_id_t t = queue_.at(n > 1 ? c.rand(n, rl::sched_type_user) : 0).thread;  // any of them
      queue_.remove(t);
      const handled_kept keep;
      c.unpark_thread(t, false, at);
    }
    return woken;
  }

 private:
  wait_result park(rl::context& c, bool timed, stop_state* stopping, const site& at) {
    const rl::thread_id_t self = c.current_thread();
    const bool spurious = c.is_random_sched() || spurious_left_ != 0;
    queue_.add({self, stopping});
    rl::unpark_reason why;
    {
      const handled_kept keep;
      why = c.park_current_thread(timed, spurious, false, at);
    }
    const bool by_stop = stopping != nullptr && stopping->raised;
    queue_.remove(self);  // if it was time, or nothing, that woke us
    if (why == rl::unpark_reason_timeout) return wait_result::timed_out;
    if (why == rl::unpark_reason_spurious && spurious_left_ != 0) --spurious_left_;
    return by_stop ? wait_result::stopped : wait_result::woken;
  }

  std::shared_ptr<life> life_;
  sleep_queue queue_;
  unsigned floor_ = 0;  // the number of stores that the last wake had seen
  unsigned spurious_left_ = 1;
};

}  // namespace sluice::relacy
