// SPDX-License-Identifier: BSL-1.0
#pragma once
// More structures as clients: a work-stealing deque, a ring, and read-copy-update.
#include "structures.hpp"

namespace structures {

// Chase and Lev's deque with the orders of Le, Pop, Cohen and Zappa Nardelli (PPoPP 2013). The owner pushes `Pushes`
// items into a buffer of size 1, which grows, and takes one; each other thread steals once. As published, the grown
// buffer is stored relaxed (Publish); Norris and Demsky's CDSChecker (OOPSLA 2013) found that a thief may then read from
// it before it is filled. Also as published, a push that made it grow goes on with the old buffer (PushesIntoGrown).
template <unsigned Threads, unsigned Pushes, memory_order Publish = release, memory_order Take = seq_cst,
          memory_order Push = release, bool PushesIntoGrown = true>
struct chase_lev {
  template <class Engine>
  struct client : base<Engine, Threads> {
    using platform = typename Engine::platform;
    struct buffer {
      unsigned size;
      typename platform::template atomic<unsigned> slots[2]{0, 0};
      explicit buffer(unsigned n) : size(n) {}
    };
    using allocator = typename platform::template allocator<buffer>;
    buffer* const first = std::construct_at(allocator().allocate(1), 1U);
    typename platform::template atomic<buffer*> array{first};
    typename platform::template atomic<int> top{0};
    typename platform::template atomic<int> bottom{0};
    typename platform::template var<unsigned> item[2]{0, 0};
    buffer* grown = nullptr;
    unsigned got[Threads]{};

    void thread(unsigned i) {
      if (i != 0) {
        got[i] = steal();
      } else {
        for (unsigned n = 1; n <= Pushes; ++n) push(n);
        got[0] = take();
      }
      if (got[i] != 0) Engine::require(item[got[i] - 1].load() == got[i], "an item comes with what it stands for");
    }
    void push(unsigned v) {
      item[v - 1].store(v);
      const int b = bottom.load(relaxed);
      const int t = top.load(acquire);
      buffer* a = array.load(relaxed);
      if (b - t > static_cast<int>(a->size) - 1) {
        buffer* const larger = grow(a, t, b);
        if (PushesIntoGrown) a = larger;
      }
      a->slots[static_cast<unsigned>(b) % a->size].store(v, relaxed);
      platform::fence(Push);
      bottom.store(b + 1, relaxed);
    }
    buffer* grow(const buffer* old, int t, int b) {
      grown = std::construct_at(allocator().allocate(1), 2U);
      for (int i = t; i < b; ++i)
        grown->slots[static_cast<unsigned>(i) % 2].store(old->slots[static_cast<unsigned>(i) % old->size].load(relaxed),
                                                         relaxed);
      array.store(grown, Publish);
      return grown;
    }
    unsigned take() {
      const int b = bottom.load(relaxed) - 1;
      const buffer* const a = array.load(relaxed);
      bottom.store(b, relaxed);
      platform::fence(Take);
      int t = top.load(relaxed);
      unsigned v = 0;
      if (t <= b) v = a->slots[static_cast<unsigned>(b) % a->size].load(relaxed);
      if (t < b) return v;
      if (t == b && !top.compare_exchange_strong(t, t + 1, seq_cst, relaxed)) v = 0;
      bottom.store(b + 1, relaxed);
      return v;
    }
    unsigned steal() {
      int t = top.load(acquire);
      platform::fence(seq_cst);
      const int b = bottom.load(acquire);
      if (t >= b) return 0;
      const buffer* const a = array.load(acquire);
      const unsigned v = a->slots[static_cast<unsigned>(t) % a->size].load(relaxed);
      return top.compare_exchange_strong(t, t + 1, seq_cst, relaxed) ? v : 0;
    }
    void finish() {
      unsigned times[Pushes + 1]{};
      for (const unsigned v : got) ++times[v];
      for (unsigned v = 1; v <= Pushes; ++v) Engine::require(times[v] <= 1, "no item is taken twice");
      const int left = bottom.load(relaxed) - top.load(relaxed);
      Engine::require(static_cast<unsigned>(left) + Threads - times[0] == Pushes, "no item is lost");
      for (buffer* const b : {first, grown})
        if (b != nullptr) {
          std::destroy_at(b);
          allocator().deallocate(b, 1);
        }
    }
  };
};

// Vyukov's bounded queue with two places. Each producer tries to push its number, each consumer to pop one.
template <unsigned Producers, unsigned Consumers, memory_order Publish = release, memory_order See = acquire>
struct ring {
  template <class Engine>
  struct client : base<Engine, Producers + Consumers> {
    using platform = typename Engine::platform;
    struct slot {
      typename platform::template atomic<unsigned> turn;
      typename platform::template var<unsigned> value{0};
      explicit slot(unsigned n) : turn(n) {}
    };
    slot slots[2]{slot(0), slot(1)};
    typename platform::template atomic<unsigned> tail{0};
    typename platform::template atomic<unsigned> head{0};
    unsigned moved[Producers + Consumers]{};

    void thread(unsigned i) { moved[i] = i < Producers ? push(i + 1) : pop(); }
    unsigned push(unsigned v) {
      slot* const s = claim(tail, 0);
      if (s == nullptr) return 0;
      s->value.store(v);
      s->turn.store(s->turn.load(relaxed) + 1, Publish);
      return v;
    }
    unsigned pop() {
      slot* const s = claim(head, 1);
      if (s == nullptr) return 0;
      const unsigned v = s->value.load();
      s->turn.store(s->turn.load(relaxed) + 1, Publish);
      return v;
    }
    // The slot whose turn it is, or null if it is another's turn.
    slot* claim(typename platform::template atomic<unsigned>& end, unsigned offset) {
      unsigned at = end.load(relaxed);
      for (;;) {
        slot& s = slots[at % 2];
        const unsigned turn = s.turn.load(See);
        if (turn < at + offset) return nullptr;
        if (turn > at + offset)
          at = end.load(relaxed);
        else if (end.compare_exchange_strong(at, at + 1, relaxed, relaxed))
          return &s;
      }
    }
    void finish() {
      for (unsigned c = Producers; c < Producers + Consumers; ++c) {
        Engine::require(moved[c] == 0 || moved[moved[c] - 1] == moved[c], "what is popped was pushed");
        for (unsigned d = Producers; d < c; ++d)
          Engine::require(moved[c] == 0 || moved[d] != moved[c], "nothing is popped twice");
      }
    }
  };
};

// A node is replaced, and the old one freed once the reader is seen outside (a quiescent-state grace period). The seq_cst
// fences forbid that the reader finds the old node while the writer finds it not yet inside: that is store buffering.
template <memory_order Enter = seq_cst, memory_order Leave = release, bool Wait = true, memory_order Publish = acq_rel>
struct read_copy_update {
  template <class Engine>
  struct client : base<Engine, 2> {
    using platform = typename Engine::platform;
    struct node {
      typename platform::template var<unsigned> value;
      explicit node(unsigned v) : value(v) {}
    };
    using allocator = typename platform::template allocator<node>;
    typename platform::template atomic<node*> current{make(1)};
    typename platform::template atomic<bool> inside{false};

    static node* make(unsigned v) { return std::construct_at(allocator().allocate(1), v); }
    static void free(node* n) {
      std::destroy_at(n);
      allocator().deallocate(n, 1);
    }
    void thread(unsigned i) { i == 0 ? read() : update(); }
    void read() {
      inside.store(true, relaxed);
      platform::fence(Enter);
      Engine::require(current.load(acquire)->value.load() != 0, "a node that is found is whole");
      inside.store(false, Leave);
    }
    void update() {
      node* const old = current.exchange(make(2), Publish);
      platform::fence(Enter);
      while (Wait && inside.load(acquire)) platform::pause();
      free(old);
    }
    void finish() { free(current.load(relaxed)); }
  };
};

}  // namespace structures
