// SPDX-License-Identifier: BSL-1.0
#pragma once
// How an operation on a channel waits: a waiter on its own stack frame, and one node in the list of each channel that it
// waits for (one channel, or each case of a select). Nothing is allocated. (It may wait at a chan_seat instead, and has no node.)
//
//   waiting --claim--> claimed by one counterparty --ring--> the waiter goes on; its frame may die
//      \----give_up--> nobody can claim it any more
//
// What waits is a thread, which sleeps on its bell, or a coroutine (async_waiter), which whoever rings lets go on.
//
// Invariants
//   1. A node is linked and unlinked, and `claim` is called, under the lock of the node's channel alone.
//   2. At most one of all claims and give_up succeeds. A waiter with one node has no election: to find its node linked,
//      under the lock, is to have claimed it.
//   3. Who claims a node unlinks it, moves the element, says `served`, and rings: after the ring it touches neither node
//      nor waiter. A waiter leaves its frame only when rung, or with every node of it unlinked by itself.
//   4. A node has a previous one, or is the first of its line, or is in none.
//   5. A node without an election is a lone_node (but those of chan_store, which are never handed anything).
//
// Edges: those of bell, by which the element is moved, and `served` is written, before the waiter goes on.
// Relaxed: winner_ is an election and carries nothing; what a node holds is under its channel's lock until the claim,
// and behind the bell afterwards.
#include <cstddef>
#include <cstdint>

#include <sluice/detail/bell.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class async_waiter;
template <class Platform>
class resumable;

// One operation that waits.
template <class Platform>
class waiter {
 public:
  enum class kind : bool { one_node, select };
  static constexpr std::uint32_t undecided = UINT32_MAX;

  explicit waiter(kind k) : kind_(k) {}
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() = default;

  bool elects() const noexcept { return kind_ == kind::select; }
  // For a counterparty that found node number `index` linked, where there is an election: may it serve that node?
  bool claim(std::uint32_t index) { return elect(index); }
  // For the owner of a select: false if a counterparty was faster, and then the bell will ring.
  bool give_up() { return elect(UINT32_MAX - 1); }
  // For the owner, once rung: the number of the node that was served.
  std::uint32_t winner() const { return winner_.load(std::memory_order_relaxed); }

  wait_result wait(const wait_limit<Platform>& until) { return bell_.wait(until); }
  void ring() {
    if (bell_.ring()) [[unlikely]]
      resumable<Platform>::go_on(*this);
  }

 private:
  friend class async_waiter<Platform>;
  bool elect(std::uint32_t who) {
    std::uint32_t w = undecided;
    return winner_.compare_exchange_strong(w, who, std::memory_order_relaxed, std::memory_order_relaxed);
  }

  // Written by nobody after construction.
  const kind kind_;
  // Written by whoever is first, once.
  typename Platform::template atomic<std::uint32_t> winner_{undecided};
  // Written by the owner when it sleeps, and by the one who claimed it.
  bell<Platform> bell_;
};

// A waiter that no thread waits on, once it has suspended: `step` is what lets it go on.
template <class Platform>
class resumable : public waiter<Platform> {
 public:
  using step = void (*)(resumable&) noexcept;
  explicit resumable(step s) : waiter<Platform>(waiter<Platform>::kind::select), step_(s) {}
  static void go_on(waiter<Platform>& w) {
    auto& me = static_cast<resumable&>(w);
    me.step_(me);
  }

 private:
  // Written by nobody after construction.
  const step step_;
};

// A waiter's place in one channel's list.
template <class Platform>
struct wait_node {
  using flag = typename Platform::template var<bool>;
  wait_node(waiter<Platform>& w, std::uint32_t number, void* where, flag& says)
      : owner(&w), element(where), served(says), index(number), elects(w.elects()) {}
  wait_node(const wait_node&) = delete;
  wait_node& operator=(const wait_node&) = delete;
  ~wait_node() = default;

  // Written by nobody after construction.
  waiter<Platform>* const owner;
  void* const element;  // a push: the T to move from; a pop: the cell<T> to construct in
  flag& served;  // by who claimed it, before the ring: whether the element was moved; if not, the channel was closed
  const std::uint32_t index;
  const bool elects;  // as the owner does, whose own line nobody then needs before he rings

  // Under the lock of the channel.
  typename Platform::template var<wait_node*> next{nullptr};
  typename Platform::template var<wait_node*> previous{nullptr};
};

// The only node of a waiter, on two lines: at the first one, with the bell, its owner looks all the time, and a push to one that is alone
// in its line needs no other: it puts its element there, says so, and rings, all at once. `Cell` is where a pop gets its element.
struct no_cell {};
template <class Platform, class Cell>
struct lone_bell {
  alignas(cache_line) waiter<Platform> self{waiter<Platform>::kind::one_node};
  typename Platform::template var<bool> told{false};
  [[no_unique_address]] Cell cell;
};
template <class Platform>
struct alignas(cache_line) lone_place : wait_node<Platform> {
  using wait_node<Platform>::wait_node;
};
template <class Platform, class Cell = no_cell>
struct lone_node : lone_bell<Platform, Cell>, lone_place<Platform> {
  lone_node() : lone_place<Platform>(this->self, 0, &this->cell, this->told) {}
  explicit lone_node(void* where) : lone_place<Platform>(this->self, 0, where, this->told) {}
  static lone_node& of(wait_node<Platform>& n) {
    return static_cast<lone_node&>(static_cast<lone_place<Platform>&>(n));
  }
};

// First come, first served. Everything under the lock of the channel.
template <class Platform>
class wait_list {
 public:
  using node = wait_node<Platform>;

  bool empty() const { return first_.load() == nullptr; }
  // Whether the first one is the only one, and has no election: then take touches nothing of it.
  bool has_one_alone() const { return alone_.load(); }
  bool holds(const node& n) const { return n.previous.load() != nullptr || first_.load() == &n; }

  void append(node& n) {
    node* const before = last_.load();
    n.previous.store(before);
    n.next.store(nullptr);
    (before == nullptr ? first_ : before->next).store(&n);
    last_.store(&n);
    alone_.store(before == nullptr && !n.elects);
    if constexpr (has_tasks<Platform>) of_tasks_.store(Platform::this_task() != nullptr);
  }

  void unlink(node& n) {
    node* const before = n.previous.load();
    node* const after = n.next.load();
    (before == nullptr ? first_ : before->next).store(after);
    (after == nullptr ? last_ : after->previous).store(before);
    n.previous.store(nullptr);
    alone_.store(false);
  }

  // Unlinks and claims the first node whose waiter still waits and is not `self`, or null. Unlinks what it finds in vain.
  node* take(const waiter<Platform>* self) {
    node* n = first_.load();
    expect(n);
    if (alone_.load()) {
      first_.store(nullptr);
      last_.store(nullptr);
      alone_.store(false);
      return n;
    }
    while (n != nullptr) {
      node* const after = n->next.load();
      if (n->owner != self) {
        unlink(*n);
        if (!n->elects || n->owner->claim(n->index)) return n;
      }
      n = after;
    }
    return nullptr;
  }

 private:
  // The node will be written. A task that waits has it among what it goes on with: that begins to come from memory all together, not
  // one line after the other. A thread has all that at hand, and would have to fetch it back.
  void expect(const node* n) const noexcept {
    if (n == nullptr) return;
    __builtin_prefetch(n, 1);
    constexpr std::ptrdiff_t lines_before = 4;
    constexpr std::ptrdiff_t lines_after = 8;
    constexpr auto line = static_cast<std::ptrdiff_t>(cache_line);
    if constexpr (has_tasks<Platform>) {
      if (!of_tasks_.load()) return;
      const auto* const at = reinterpret_cast<const char*>(n);
      for (std::ptrdiff_t i = -lines_before; i <= lines_after; ++i) __builtin_prefetch(at + i * line);
    }
  }

  typename Platform::template var<node*> first_{nullptr};
  typename Platform::template var<node*> last_{nullptr};

 public:
  // Without a buffer: whether chan_words shows, to who has no lock, that somebody is in line. It has to if somebody is, or a pop sits,
  // or the channel is closed. (Here, for the flags to lie side by side.)
  typename Platform::template var<bool> shown{false};

 private:
  typename Platform::template var<bool> alone_{false};
  // Whether it was a task that came last. Nothing depends on it but time.
  typename Platform::template var<bool> of_tasks_{false};
};

// Nodes that one thread has claimed and will ring, in this order, once it holds no lock.
template <class Platform>
class claimed_nodes {
 public:
  using node = wait_node<Platform>;
  void add(node& n) {
    n.next.store(nullptr);
    if (last_ == nullptr)
      first_ = &n;
    else
      last_->next.store(&n);
    last_ = &n;
  }
  void ring() {
    while (first_ != nullptr) {
      node* const n = first_;
      first_ = n->next.load();  // before the ring, after which the node may be gone
      n->owner->ring();
    }
  }

 private:
  node* first_ = nullptr;
  node* last_ = nullptr;
};

}  // namespace sluice::detail
