// SPDX-License-Identifier: BSL-1.0
#pragma once
// Well-known structures as clients, each with the orders (or the step) that can be broken as parameters.
#include <array>
#include <kit/explore.hpp>
#include <memory>

namespace structures {

using std::memory_order;
inline constexpr auto relaxed = memory_order::relaxed;
inline constexpr auto acquire = memory_order::acquire;
inline constexpr auto release = memory_order::release;
inline constexpr auto acq_rel = memory_order::acq_rel;
inline constexpr auto seq_cst = memory_order::seq_cst;

template <class Engine, unsigned Threads>
struct base {
  using platform = typename Engine::platform;
  static constexpr const char* property = "see the client";
  static constexpr unsigned threads = Threads;
  template <class T>
  using atomic = typename platform::template atomic<T>;
  template <class T>
  using var = typename platform::template var<T>;
  void finish() {}
};

// Each thread adds one to a plain counter under the lock.
template <class Engine, unsigned Threads>
struct counter : base<Engine, Threads> {
  typename base<Engine, Threads>::template var<unsigned> count{0};
  void add() { count.store(count.load() + 1); }
  void finish() { Engine::require(count.load() == Threads, "each thread counts once"); }
};

template <unsigned Threads, memory_order Lock = acquire, memory_order Unlock = release>
struct spin_lock {
  template <class Engine>
  struct client : counter<Engine, Threads> {
    typename Engine::platform::template atomic<bool> taken{false};
    void thread(unsigned) {
      while (taken.exchange(true, Lock)) Engine::platform::pause();
      this->add();
      taken.store(false, Unlock);
    }
  };
};

template <unsigned Threads, memory_order See = acquire, memory_order Pass = release>
struct ticket_lock {
  template <class Engine>
  struct client : counter<Engine, Threads> {
    typename Engine::platform::template atomic<unsigned> next{0};
    typename Engine::platform::template atomic<unsigned> serving{0};
    void thread(unsigned) {
      const unsigned mine = next.fetch_add(1, relaxed);
      while (serving.load(See) != mine) Engine::platform::yield();
      this->add();
      serving.store(mine + 1, Pass);
    }
  };
};

// Mellor-Crummey and Scott's queue lock; the nodes are in the client or on the stacks.
template <unsigned Threads, memory_order Swap = acq_rel, memory_order Pass = release, memory_order See = acquire,
          bool OnStack = false>
struct mcs_lock {
  template <class Engine>
  struct client : counter<Engine, Threads> {
    struct node {
      typename Engine::platform::template atomic<node*> next{nullptr};
      typename Engine::platform::template atomic<bool> locked{true};
    };
    typename Engine::platform::template atomic<node*> tail{nullptr};
    node nodes[Threads];
    void thread(unsigned i) {
      node local;
      node& mine = OnStack ? local : nodes[i];
      if (node* const before = tail.exchange(&mine, Swap)) {
        before->next.store(&mine, Pass);
        while (mine.locked.load(See)) Engine::platform::pause();
      }
      this->add();
      node* last = &mine;
      if (mine.next.load(See) == nullptr && tail.compare_exchange_strong(last, nullptr, Pass, relaxed)) return;
      node* heir = nullptr;
      while ((heir = mine.next.load(See)) == nullptr) Engine::platform::pause();
      heir->locked.store(false, Pass);
    }
  };
};

// Drepper's futex mutex. Forget: the unlock that does not wake.
template <unsigned Threads, bool Forget = false, memory_order Unlock = release>
struct futex_mutex {
  template <class Engine>
  struct client : counter<Engine, Threads> {
    using platform = typename Engine::platform;
    typename platform::template atomic<std::uint32_t> word{0};  // 2: somebody may sleep
    void thread(unsigned) {
      std::uint32_t seen = 0;
      if (!word.compare_exchange_strong(seen, 1, acquire, relaxed)) {
        if (seen != 2) seen = word.exchange(2, acquire);
        while (seen != 0) {
          platform::wait(word, 2);
          seen = word.exchange(2, acquire);
        }
      }
      this->add();
      if (word.exchange(0, Unlock) == 2 && !Forget) platform::wake_one(word);
    }
  };
};

// Two data words written under a sequence count; the reader retries (or tries once) until it read a consistent pair
// (Boehm, MSPC 2012).
template <unsigned Writes, memory_order Begin = release, memory_order Check = acquire, bool Once = false>
struct seqlock {
  template <class Engine>
  struct client : base<Engine, 2> {
    using platform = typename Engine::platform;
    typename platform::template atomic<unsigned> count{0};
    typename platform::template atomic<unsigned> a{0};
    typename platform::template atomic<unsigned> b{0};
    void thread(unsigned i) {
      if (i == 0) return write();
      while (!read() && !Once) platform::pause();
    }
    void write() {
      for (unsigned n = 1; n <= Writes; ++n) {
        count.store(2 * n - 1, relaxed);
        platform::fence(Begin);
        a.store(n, relaxed);
        b.store(n, relaxed);
        count.store(2 * n, release);
      }
    }
    bool read() {
      const unsigned before = count.load(acquire);
      const unsigned x = a.load(relaxed);
      const unsigned y = b.load(relaxed);
      platform::fence(Check);
      if (before % 2 != 0 || count.load(relaxed) != before) return false;
      Engine::require(x == y, "a consistent pair");
      return true;
    }
  };
};

// Treiber's stack. Each thread pushes one node and pops one; nodes are freed at the end, or (Free) by whoever pops.
template <unsigned Threads, memory_order Push = release, memory_order Pop = acquire, bool Free = false,
          bool Keep = false>
struct treiber_stack {
  template <class Engine>
  struct client : base<Engine, Threads> {
    using platform = typename Engine::platform;
    struct node {
      typename platform::template var<unsigned> value{0};
      typename platform::template atomic<node*> next{nullptr};
    };
    using allocator = typename platform::template allocator<node>;
    typename platform::template atomic<node*> head{nullptr};
    std::array<node*, Threads> popped{};

    void thread(unsigned i) {
      node* const n = std::construct_at(allocator().allocate(1));
      n->value.store(i + 1);
      node* top = head.load(relaxed);
      do n->next.store(top, relaxed);
      while (!head.compare_exchange_strong(top, n, Push, relaxed));
      top = head.load(Pop);
      while (!head.compare_exchange_strong(top, top->next.load(relaxed), Pop, Pop)) {
      }
      popped[i] = top;
      Engine::require(top->value.load() != 0, "a popped node is complete");
      if (Free) drop(top);
    }
    void drop(node* n) {
      std::destroy_at(n);
      allocator().deallocate(n, 1);
    }
    void finish() {
      Engine::require(head.load(relaxed) == nullptr, "as many pops as pushes");
      for (unsigned i = 1; i < Threads; ++i) Engine::require(popped[i] != popped[i - 1], "each node is popped once");
      if (!Free && !Keep)
        for (node* n : popped) drop(n);
    }
  };
};

// Michael and Scott's queue without reclamation until the end. Each thread enqueues its number and dequeues one.
template <unsigned Threads, memory_order Link = release, memory_order See = acquire>
struct ms_queue {
  template <class Engine>
  struct client : base<Engine, Threads> {
    using platform = typename Engine::platform;
    struct node {
      typename platform::template var<unsigned> value{0};
      typename platform::template atomic<node*> next{nullptr};
    };
    using allocator = typename platform::template allocator<node>;
    node* const first = make(0);
    typename platform::template atomic<node*> head{first};
    typename platform::template atomic<node*> tail{first};
    std::array<unsigned, Threads> got{};

    static node* make(unsigned value) {
      node* const n = std::construct_at(allocator().allocate(1));
      n->value.store(value);
      return n;
    }
    void thread(unsigned i) {
      enqueue(make(i + 1));
      got[i] = dequeue();
    }
    void enqueue(node* n) {
      for (;;) {
        node* last = tail.load(acquire);
        node* next = last->next.load(See);
        if (next != nullptr) {
          tail.compare_exchange_strong(last, next, release, relaxed);
        } else if (last->next.compare_exchange_strong(next, n, Link, relaxed)) {
          tail.compare_exchange_strong(last, n, release, relaxed);
          return;
        }
      }
    }
    unsigned dequeue() {
      for (;;) {
        node* front = head.load(acquire);
        node* last = tail.load(acquire);
        node* next = front->next.load(See);
        if (next == nullptr) return 0;
        if (front == last)
          tail.compare_exchange_strong(last, next, release, relaxed);
        else if (const unsigned value = next->value.load(); head.compare_exchange_strong(front, next, release, relaxed))
          return value;
      }
    }
    void finish() {
      unsigned sum = 0;
      for (const unsigned v : got) sum += v;
      Engine::require(sum == Threads * (Threads + 1) / 2, "everything enqueued is dequeued once");
      for (node* n = first; n != nullptr;) {
        node* const next = n->next.load(relaxed);
        std::destroy_at(n);
        allocator().deallocate(n, 1);
        n = next;
      }
    }
  };
};

// Dekker's entry with a light fence on one side and a heavy one on the other.
template <bool BothLight = false>
struct dekker {
  template <class Engine>
  struct client : base<Engine, 2> {
    using platform = typename Engine::platform;
    typename platform::template atomic<bool> wants[2]{false, false};
    bool entered[2]{};
    void thread(unsigned i) {
      wants[i].store(true, relaxed);
      i == 0 || BothLight ? platform::fence_light() : platform::fence_heavy();
      entered[i] = !wants[1 - i].load(relaxed);
    }
    void finish() { Engine::require(!entered[0] || !entered[1], "at most one enters"); }
  };
};

}  // namespace structures
