// SPDX-License-Identifier: BSL-1.0
#pragma once
// atomic<T> under Relacy, on its thread_info_base and not on rl::atomic<T>: any trivially copyable T, C++17's failure
// orders, and a failed CAS that may read a stale value. All three are wrong or missing in rl::atomic.
#include <kit/relacy/site.hpp>

#include <type_traits>

namespace sluice::relacy {

template <class T>
long long printable(const T& v) {
  long long bits = 0;
  std::memcpy(&bits, &v, sizeof v < sizeof bits ? sizeof v : sizeof bits);
  return bits;
}

// A line of the trace: what an operation read and left.
struct atomic_event {
  const char* operation;
  const void* address;
  long long before, after;
  rl::memory_order order;
  bool stale;
  void output(std::ostream& out) const {
    out << "<" << address << "> " << operation << " " << before << " -> " << after << (stale ? " [NOT CURRENT] " : " ")
        << rl::format(order);
  }
};

template <class T>
class atomic {
  static_assert(std::is_trivially_copyable_v<T>);
  using thread = rl::thread_info_base;

 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = true;

  atomic() : impl_(rl::ctx().atomic_ctor(this)) {}  // to read it before a store is reported
  atomic(T v, site at = SLUICE_RELACY_HERE) : atomic() { store(v, std::memory_order_relaxed, at); }
  ~atomic() {
    alive_.check(site());
    rl::ctx().atomic_dtor(impl_);
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(std::memory_order o, site at = SLUICE_RELACY_HERE) const {
    if (rl::ctx().invariant_executing) return newest_;
    o = order_at(at, "load", o);
    rl::context& c = enter(at, false);
    const unsigned i = read(to_rl(o), false);
    if (i == none) c.fail_test("atomic", rl::test_result_unitialized_access, at);
    log(c, atomic_event{"load", this, printable(past_[i]), printable(past_[i]), to_rl(o), i != newest_at_}, at);
    return past_[i];
  }

  void store(T v, std::memory_order o, site at = SLUICE_RELACY_HERE) {
    o = order_at(at, "store", o);
    rl::context& c = enter(at, false);
    thread* const t = c.threadx_;
    const T before = newest_;
    put(o == std::memory_order_relaxed   ? t->atomic_store_relaxed(impl_)
        : o == std::memory_order_release ? t->atomic_store_release(impl_)
                                         : t->atomic_store_seq_cst(impl_),
        v);
    log(c, atomic_event{"store", this, printable(before), printable(v), to_rl(o), false}, at);
  }

  T exchange(T v, std::memory_order o, site at = SLUICE_RELACY_HERE) {
    return modify("exchange", [v](T) { return v; }, o, at);
  }
  T fetch_add(T d, std::memory_order o, site at = SLUICE_RELACY_HERE) {
    return modify("fetch_add", [d](T x) { return static_cast<T>(x + d); }, o, at);
  }
  T fetch_sub(T d, std::memory_order o, site at = SLUICE_RELACY_HERE) {
    return modify("fetch_sub", [d](T x) { return static_cast<T>(x - d); }, o, at);
  }
  T fetch_or(T d, std::memory_order o, site at = SLUICE_RELACY_HERE) {
    return modify("fetch_or", [d](T x) { return static_cast<T>(x | d); }, o, at);
  }
  T fetch_and(T d, std::memory_order o, site at = SLUICE_RELACY_HERE) {
    return modify("fetch_and", [d](T x) { return static_cast<T>(x & d); }, o, at);
  }
  T fetch_xor(T d, std::memory_order o, site at = SLUICE_RELACY_HERE) {
    return modify("fetch_xor", [d](T x) { return static_cast<T>(x ^ d); }, o, at);
  }
  bool compare_exchange_weak(T& e, T d, std::memory_order ok, std::memory_order fail, site at = SLUICE_RELACY_HERE) {
    return exchange_if("compare_exchange_weak", true, e, d, ok, fail, at);
  }
  bool compare_exchange_strong(T& e, T d, std::memory_order ok, std::memory_order fail, site at = SLUICE_RELACY_HERE) {
    constexpr const char* name = "compare_exchange_strong";
    return exchange_if(name, made_weak(at, name), e, d, ok, fail, at);
  }

 protected:
  static constexpr unsigned none = ~0U;

  static bool same(const T& a, const T& b) { return std::memcmp(&a, &b, sizeof a) == 0; }
  template <class Event>
  static void log(rl::context& c, const Event& e, const site& at) {
    if (c.collecting_history()) c.exec_log(at, e);
  }

  rl::context& enter(const site& at, bool must_be_initialised) const {
    rl::context& c = scheduling_point();
    alive_.check(at);
    if (must_be_initialised && !initialised_) c.fail_test("atomic", rl::test_result_unitialized_access, at);
    return c;
  }
  // Which past store a read sees: any that Relacy's model allows, or the newest.
  unsigned read(rl::memory_order o, bool newest) const {
    thread* const t = rl::ctx().threadx_;
    if (o == rl::mo_relaxed) return newest ? t->atomic_load_relaxed_rmw(impl_) : t->atomic_load_relaxed(impl_);
    if (o == rl::mo_seq_cst) return newest ? t->atomic_load_seq_cst_rmw(impl_) : t->atomic_load_seq_cst(impl_);
    return newest ? t->atomic_load_acquire_rmw(impl_) : t->atomic_load_acquire(impl_);
  }
  unsigned write_rmw(rl::memory_order o) {
    thread* const t = rl::ctx().threadx_;
    bool aba = false;
    switch (o) {
      case rl::mo_relaxed: return t->atomic_rmw_relaxed(impl_, aba);
      case rl::mo_release: return t->atomic_rmw_release(impl_, aba);
      case rl::mo_acq_rel: return t->atomic_rmw_acq_rel(impl_, aba);
      case rl::mo_seq_cst: return t->atomic_rmw_seq_cst(impl_, aba);
      default: return t->atomic_rmw_acquire(impl_, aba);
    }
  }
  void put(unsigned i, T v) {
    past_[i] = newest_ = v;
    newest_at_ = i;
    written_[i] = ++writes_;
    initialised_ = true;
  }
  unsigned writes() const { return writes_; }
  unsigned written(unsigned i) const { return written_[i]; }
  const T& past(unsigned i) const { return past_[i]; }

 private:
  template <class F>
  T modify(const char* operation, F f, std::memory_order o, const site& at) {
    o = order_at(at, operation, o);
    rl::context& c = enter(at, true);
    const unsigned i = write_rmw(to_rl(o));
    const T before = newest_;
    put(i, f(before));
    log(c, atomic_event{operation, this, printable(before), printable(newest_), to_rl(o), false}, at);
    return before;
  }

  bool exchange_if(const char* operation, bool weak, T& e, T d, std::memory_order ok, std::memory_order fail,
                   const site& at) {
    ok = order_at(at, operation, ok, 0);
    fail = order_at(at, operation, fail, 1);
    rl::context& c = enter(at, true);
    const bool equal = same(newest_, e);
    const bool spurious = equal && weak && fails_spuriously(c);
    if (equal && !spurious) {
      const T before = newest_;
      put(write_rmw(to_rl(ok)), d);
      log(c, atomic_event{operation, this, printable(before), printable(d), to_rl(ok), false}, at);
      return true;
    }
    unsigned i = spurious ? none : read(to_rl(fail), false);  // a failed CAS is a load: it may be stale
    if (i == none || same(past_[i], e)) i = read(to_rl(fail), true);
    e = past_[i];
    log(c,
        atomic_event{spurious ? "spuriously failed CAS" : "failed CAS", this, printable(e), printable(d), to_rl(fail),
                     i != newest_at_},
        at);
    return false;
  }
  // Once per object where the search is exhaustive, else it would not end.
  bool fails_spuriously(rl::context& c) {
    if (!c.is_random_sched() && spurious_failures_left_ == 0) return false;
    const bool yes = c.rand(c.is_random_sched() ? 4 : 2, rl::sched_type_cas_fail) == 0;
    if (yes && spurious_failures_left_ != 0) --spurious_failures_left_;
    return yes;
  }

  rl::atomic_data* impl_;
  T past_[rl::atomic_history_size] = {};  // Relacy's window of stores, by its index
  T newest_{};
  unsigned newest_at_ = 0;
  unsigned written_[rl::atomic_history_size] = {};  // the number of each of those stores
  unsigned writes_ = 0;
  unsigned spurious_failures_left_ = 1;
  bool initialised_ = false;
  rl::signature<987654321> alive_;  // reports access after destruction
};

}  // namespace sluice::relacy
