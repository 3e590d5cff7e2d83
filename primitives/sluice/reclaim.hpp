// SPDX-License-Identifier: BSL-1.0
#pragma once
// reclaim: when may what was unlinked be freed? Interval-based reclamation, the form with two eras per object (Wen,
// Izraelevitz, Cai, Beadle, Scott: Interval-Based Memory Reclamation, PPoPP 2018).
//
// A clock of eras; each object knows the era of its birth, and gets that of its retirement. A reader publishes an interval
// of eras, from when it began to the latest in which it took up a pointer. What was retired is freed once no published
// interval meets its own. Epochs alone (RCU) would let one stalled reader keep everything that is retired after it; hazard
// pointers bound that, for a fence and a slot per pointer; Hyaline-1S has the bound and this interface, for a
// read-modify-write per exit. Here a section costs three stores, and no fence where asymmetric ones exist.
//
// Guarantee. What a reader took up by protect() inside a section lives until the section's end, if whatever it was read
// from was still linked then, or is no older than it (see protect). Retired objects are freed, in batches, by the thread
// that retired them or, after its end, by another one that frees its own.
// Bound. While one reader stalls for ever, what was alive when it stalled may stay; of what is born later, all but `batch`
// per thread is freed. Beside that each thread keeps `batch` retired objects, and as many as it could not free last time
// (inside a section of its own, twice that).
// Progress. lock and unlock are wait-free; protect is lock-free (it tries again when the era moves on: others have retired
// or made a batch); retire never waits, and its deleters run then or in the outermost unlock; where one of them waits, the thread does, also
// in a task.
//
// Invariants
//   1. An object's birth is at most the era of the moment it was linked; its retirement at least the era of its unlinking.
//   2. A record's lower bound is that of its reader's section, or `outside`; its upper bound is not below the birth of
//      anything that its reader took up.
//   3. A record is never freed before its domain; at most one reclaimer has it.
//
// Edges (release -> acquire)
//   [reserve]  lock, protect -> collect  asymmetric; forbids that an interval is overlooked by whoever frees and at the same
//              time its reader misses the unlinking
//   [era]      collect -> lock   a section whose era is past a retirement has seen the unlinking
//   [section]  unlock, lock -> collect  what a reader did with an object happened before it is freed
//   [record]   claim -> collect, claim  a record is made before it is seen
//   [owner]    ~reclaimer -> claim  its former owner is through with a record
//   [orphan]   ~reclaimer -> collect  what a thread left behind was unlinked, and is read, before it is freed
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include <sluice/detail/on_this_thread.hpp>
#include <sluice/detail/reclaim_domain.hpp>
#include <sluice/detail/thread_reclaimer.hpp>
#include <sluice/platform.hpp>

namespace sluice {

// One thread's part in a domain: its reader, and its garbage. BasicLockable: a section lasts from lock() to unlock(). To be
// used by one thread at a time, and to be ended, with no section open, before the domain.
template <class Platform = std_platform>
class basic_reclaimer {
 public:
  using domain = basic_reclaim_domain<Platform>;
  using object = basic_reclaim_obj<Platform>;

  // Throws what the allocator throws. O(number of threads that ever were in the domain at a time).
  explicit basic_reclaimer(domain& d) : domain_(d), mine_(*d.claim()), births_(d.batch_), due_(d.batch_) {}
  basic_reclaimer(const basic_reclaimer&) = delete;
  basic_reclaimer& operator=(const basic_reclaimer&) = delete;
  // Frees what it can, and leaves the rest to the others. There may be no section open.
  ~basic_reclaimer() {
    while (fresh_.size != 0) collect();
    if (kept_.size != 0) collect();
    while (fresh_.size != 0) collect();  // a deleter has retired meanwhile
    if (kept_.size != 0) leave_orphans();
    mine_.taken.store(false, std::memory_order_release);  // [owner] -> claim
  }

  // Begins a section, or one inside it. Wait-free, O(1).
  void lock() noexcept {
    if (depth_++ == 0) enter();
  }
  // Ends the innermost section. After the outermost one nothing that was taken up may be used; it frees what is due.
  void unlock() noexcept {
    if (--depth_ != 0) return;
    leave();
    if (garbage() >= due_) [[unlikely]]
      collect();
  }
  // The same, outside of sections, for one in which nobody opens another one, or retires: it is not counted, and frees nothing.
  // False inside a section.
  [[nodiscard, gnu::always_inline]] bool try_lock_leaf() noexcept {
    if (depth_ != 0) [[unlikely]]
      return false;
    enter();
    return true;
  }
  [[gnu::always_inline]] void unlock_leaf() noexcept { leave(); }

  // What `load()` gives, such that it lives until the section ends: a pointer to an object of this domain, in whatever form,
  // read with acquire from where objects are linked with release. Inside a section.
  //
  // The place that it is read from has to be a root, or a part of an object that is linked itself when `load` runs last;
  // or else hold what is no younger than that object. (A link out of an unlinked object to a younger one is no protection:
  // the younger one may have come and gone while nobody knew that this reader would want it.)
  template <std::invocable Load>
  std::invoke_result_t<Load> protect(Load load) noexcept {
    for (;;) {
      const auto found = load();
      const std::uint64_t now = domain_.era_.load(std::memory_order_relaxed);
      if (now == upper_) return found;
      upper_ = now;
      mine_.upper.store(now, std::memory_order_relaxed);
      Platform::fence_light();  // [reserve] -> collect
    }
  }
  // The same for a plain link: as hazard_pointer::protect, with the order of the load written out.
  template <class Atomic>
  typename Atomic::value_type protect(const Atomic& from, std::memory_order order) noexcept {
    return protect([&] { return read(from, order); });
  }

  // Frees `o`, by D()(o), once no reader can hold it. It has been unlinked, so that who comes later cannot find it. Any
  // number of readers may still use it. Nothing is allocated. D()(o) must not throw; it may retire, and use sections.
  template <class T, class D = std::default_delete<T>>
    requires std::derived_from<T, object> && std::is_empty_v<D> && std::is_default_constructible_v<D>
  void retire(T* o, D = {}) noexcept {
    object* const retired = o;
    retired->free_.store([](object* dead) noexcept { D()(static_cast<T*>(dead)); });
    fresh_.push(retired);
    // Inside a section our own interval would keep most of it: better at the end, unless the section is long.
    if (garbage() >= (depth_ == 0 ? due_ : 2 * due_)) collect();
  }

  // Frees at once all of its garbage, and of what threads left behind, that no reader can hold. O(garbage * readers).
  [[gnu::noinline]] void collect() noexcept {
    if (collecting_) return;  // a deleter retires
    collecting_ = true;
    const std::uint64_t now = domain_.era_.fetch_add(1, std::memory_order_release);  // [era] -> lock
    while (object* const o = fresh_.pop()) {
      o->retired_.store(now);
      kept_.push(o);
    }
    adopt_orphans();
    Platform::fence_heavy();  // [reserve] <- lock, protect
    list dead = unprotected();
    {
      [[maybe_unused]] const detail::on_this_thread<Platform> whose_garbage_it_is;
      while (object* const o = dead.pop()) o->free_.load()(o);
    }
    due_ = domain_.batch_ + kept_.size;  // what could not be freed is not looked at again for as many
    collecting_ = false;
  }

  // How many objects it has retired that are not freed yet.
  std::size_t garbage() const noexcept { return fresh_.size + kept_.size; }

 private:
  friend object;
  using record = typename domain::record;

  struct list {
    object* first = nullptr;
    std::size_t size = 0;
    void push(object* o) {
      o->next_.store(first);
      first = o;
      ++size;
    }
    object* pop() {
      object* const o = first;
      if (o == nullptr) return nullptr;
      first = o->next_.load();
      --size;
      return o;
    }
  };

  template <class Atomic>
  static typename Atomic::value_type read(const Atomic& from, std::memory_order order) noexcept {
    return from.load(order);
  }

  [[gnu::always_inline]] void enter() noexcept {
    const std::uint64_t now = domain_.era_.load(std::memory_order_acquire);  // [era] <- collect
    record& mine = mine_;
    upper_ = now;
    mine.upper.store(now, std::memory_order_relaxed);
    mine.lower.store(now, std::memory_order_release);  // [section] -> collect; this one's value hides the last one's
    Platform::fence_light();  // [reserve] -> collect
  }
  [[gnu::always_inline]] void leave() noexcept {
    mine_.lower.store(domain::outside, std::memory_order_release);  // [section] -> collect
  }

  // The era for a new object. Births move the era on too, or all that a burst of them makes would be of one age.
  std::uint64_t birth() noexcept {
    if (--births_ == 0) {
      births_ = domain_.batch_;
      domain_.era_.fetch_add(1, std::memory_order_relaxed);
    }
    return domain_.era_.load(std::memory_order_relaxed);
  }

  // Takes out of kept_ what meets no interval.
  list unprotected() noexcept {
    list free = kept_;
    kept_ = {};
    for (record* r = domain_.records_.load(std::memory_order_acquire); r != nullptr; r = r->next.load()) {  // [record]
      const std::uint64_t lower = r->lower.load(std::memory_order_acquire);  // [section] <- unlock, lock
      if (lower == domain::outside) continue;
      const std::uint64_t upper = r->upper.load(std::memory_order_relaxed);
      list rest;
      while (object* const o = free.pop()) (lower <= o->retired_.load() && o->birth_ <= upper ? kept_ : rest).push(o);
      free = rest;
    }
    return free;
  }

  void adopt_orphans() noexcept {
    if (domain_.orphans_.load(std::memory_order_relaxed) == nullptr) return;
    object* o = domain_.orphans_.exchange(nullptr, std::memory_order_acquire);  // [orphan] <- ~reclaimer
    while (o != nullptr) {
      object* const next = o->next_.load();
      kept_.push(o);
      o = next;
    }
  }

  void leave_orphans() noexcept {
    object* last = kept_.first;
    while (object* const next = last->next_.load()) last = next;
    object* head = domain_.orphans_.load(std::memory_order_relaxed);
    do last->next_.store(head);
    while (!domain_.orphans_.compare_exchange_weak(head, kept_.first, std::memory_order_release,  // [orphan] -> collect
                                                   std::memory_order_relaxed));
  }

  domain& domain_;
  record& mine_;
  std::uint64_t upper_ = 0;  // what mine_.upper holds
  std::size_t depth_ = 0;
  std::size_t births_;  // until the next one that moves the era on
  list fresh_;  // not stamped yet: it is only known that they were retired by now
  list kept_;  // stamped, and protected when last looked at
  std::size_t due_;
  bool collecting_ = false;
};

using reclaim_obj = basic_reclaim_obj<>;
using reclaim_domain = basic_reclaim_domain<>;
using reclaimer = basic_reclaimer<>;

// The domain of the whole process, for who has no reason for one of its own. It is never destroyed, so that a thread which
// outlives main may still use it; what is garbage at the end is not freed.
template <class Platform = std_platform>
basic_reclaim_domain<Platform>& default_reclaim_domain() {
  alignas(basic_reclaim_domain<Platform>) static std::byte raw[sizeof(basic_reclaim_domain<Platform>)];
  static auto* const all = ::new (static_cast<void*>(raw)) basic_reclaim_domain<Platform>;
  return *all;
}

// The calling thread's part in it. It ends with the thread, among its thread_local objects; destructors that come later, and in the
// main thread those of static objects, get another one, which ends behind them all, or with the process. For platforms with threads of
// their own: a checker's clients make their reclaimers themselves.
template <class Platform = std_platform>
[[gnu::noinline]] basic_reclaimer<Platform>& this_thread_reclaimer() {
  basic_reclaimer<Platform>*& mine = detail::reclaimer_here<Platform>;
  if (mine == nullptr) [[unlikely]]
    mine = &detail::new_of_thread<detail::thread_reclaimer<Platform>>().it;
  detail::differs_by_thread();
  return *mine;
}

}  // namespace sluice
