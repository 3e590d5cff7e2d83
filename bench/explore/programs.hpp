// SPDX-License-Identifier: BSL-1.0
#pragma once
// The clients by which the explorer is measured: litmus tests, the programs by which such tools are compared, and the
// same in growing sizes. They state no property; what is measured is how fast all executions are visited.
#include <array>
#include <atomic>
#include <memory>

namespace bench {

constexpr auto relaxed = std::memory_order::relaxed;
constexpr auto acquire = std::memory_order::acquire;
constexpr auto release = std::memory_order::release;
constexpr auto seq_cst = std::memory_order::seq_cst;

template <class Engine, unsigned Threads>
struct base {
  static constexpr const char* property = "none: executions are counted";
  static constexpr unsigned threads = Threads;
  void finish() {}
};

// Store buffering, `Rounds` times over.
template <unsigned Rounds, std::memory_order Store, std::memory_order Load>
struct store_buffering {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<unsigned> at[2]{0, 0};
    void thread(unsigned i) {
      for (unsigned n = 1; n <= Rounds; ++n) {
        at[i].store(n, Store);
        at[1 - i].load(Load);
      }
    }
  };
};

// Message passing, `Rounds` times over.
template <unsigned Rounds>
struct message_passing {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<unsigned> data{0};
    typename Engine::platform::template atomic<unsigned> flag{0};
    void thread(unsigned i) {
      for (unsigned n = 1; n <= Rounds; ++n) {
        if (i == 0) {
          data.store(n, relaxed);
          flag.store(n, release);
        } else {
          flag.load(acquire);
          data.load(relaxed);
        }
      }
    }
  };
};

template <class Engine>
struct independent_reads : base<Engine, 4> {
  typename Engine::platform::template atomic<int> at[2]{0, 0};
  void thread(unsigned i) {
    if (i < 2) return at[i].store(1, seq_cst);
    at[i - 2].load(seq_cst);
    at[3 - i].load(seq_cst);
  }
};

// n! executions each.
template <unsigned N>
struct increments {
  template <class Engine>
  struct client : base<Engine, N> {
    typename Engine::platform::template atomic<unsigned> x{0};
    void thread(unsigned) { x.fetch_add(1, relaxed); }
  };
};

// N threads write two locations each: (N!)^2 pairs of coherence orders.
template <unsigned N>
struct coherence {
  template <class Engine>
  struct client : base<Engine, N> {
    typename Engine::platform::template atomic<unsigned> x{0};
    typename Engine::platform::template atomic<unsigned> y{0};
    void thread(unsigned i) {
      x.store(i, relaxed);
      y.store(i, relaxed);
    }
  };
};

// One writer of `Rounds` values, one reader: what an event costs as programs grow (C(2 Rounds, Rounds) executions).
template <unsigned Rounds>
struct growing {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<unsigned> x{0};
    void thread(unsigned i) {
      for (unsigned n = 0; n < Rounds; ++n) i == 0 ? x.store(n, release) : void(x.load(acquire));
    }
  };
};

// Each of N threads puts its mark into `Rounds` words of its own, then two of them meet: what a long past costs.
template <unsigned Rounds>
struct long_past {
  template <class Engine>
  struct client : base<Engine, 2> {
    typename Engine::platform::template atomic<unsigned> own[2]{0, 0};
    typename Engine::platform::template atomic<unsigned> x{0};
    void thread(unsigned i) {
      for (unsigned n = 0; n < Rounds; ++n) own[i].store(n, relaxed);
      for (unsigned n = 0; n < 3; ++n) x.fetch_add(1, relaxed);
    }
  };
};

// A ticket lock: all waiting.
template <unsigned N>
struct ticket_lock {
  template <class Engine>
  struct client : base<Engine, N> {
    typename Engine::platform::template atomic<unsigned> next{0};
    typename Engine::platform::template atomic<unsigned> serving{0};
    typename Engine::platform::template var<unsigned> count{0};
    void thread(unsigned) {
      const unsigned mine = next.fetch_add(1, relaxed);
      while (serving.load(acquire) != mine) Engine::platform::yield();
      count.store(count.load() + 1);
      serving.store(mine + 1, release);
    }
  };
};

// Michael and Scott's queue, each thread enqueues one and dequeues one.
template <unsigned N>
struct ms_queue {
  template <class Engine>
  struct client : base<Engine, N> {
    using platform = typename Engine::platform;
    struct node {
      typename platform::template var<unsigned> value{0};
      typename platform::template atomic<node*> next{nullptr};
    };
    std::array<node, N + 1> nodes{};
    typename platform::template atomic<node*> head{&nodes[N]};
    typename platform::template atomic<node*> tail{&nodes[N]};
    void thread(unsigned i) {
      nodes[i].value.store(i + 1);
      enqueue(&nodes[i]);
      Engine::require(dequeue() != 0, "whoever enqueued first finds something");
    }
    void enqueue(node* n) {
      for (;;) {
        node* last = tail.load(acquire);
        node* next = last->next.load(acquire);
        if (next != nullptr) {
          tail.compare_exchange_strong(last, next, release, relaxed);
        } else if (last->next.compare_exchange_strong(next, n, release, relaxed)) {
          tail.compare_exchange_strong(last, n, release, relaxed);
          return;
        }
      }
    }
    unsigned dequeue() {
      for (;;) {
        node* front = head.load(acquire);
        node* last = tail.load(acquire);
        node* next = front->next.load(acquire);
        if (next == nullptr) return 0;
        if (front == last)
          tail.compare_exchange_strong(last, next, release, relaxed);
        else if (const unsigned value = next->value.load(); head.compare_exchange_strong(front, next, release, relaxed))
          return value;
      }
    }
  };
};

}  // namespace bench
