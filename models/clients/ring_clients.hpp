// SPDX-License-Identifier: BSL-1.0
#pragma once
// Clients that hold for any bounded ring with try_push and try_pop. A model names its ring (`Ring<T>`, made of a
// capacity and the lap to start from), the shape, and the client's name, by deriving.
#include <kit/client.hpp>
#include <kit/token.hpp>

#include <sluice/conqueue.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sluice::kit {

struct ring_shape {
  unsigned producers = 1;
  unsigned consumers = 1;
  unsigned items = 2;  // per producer
  std::size_t capacity = 1;
  std::uint64_t first_lap = 0;
};

// Two laps before the lap counter of any small ring wraps around.
inline constexpr std::uint64_t near_the_top = UINT64_MAX - 1;

template <class Engine, template <class> class Ring, ring_shape S>
struct elements_flow {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "every pushed element is popped exactly once, and each producer's in its order";
  static constexpr unsigned threads = S.producers + S.consumers;
  static constexpr unsigned role(unsigned index) { return index < S.producers ? 0 : 1; }
  static constexpr unsigned total = S.producers * S.items;
  static_assert(total % S.consumers == 0);

  Ring<token> ring{S.capacity, S.first_lap};
  unsigned seen[total] = {};  // counted by consumers; each identity has one writer unless the property fails

  void thread(unsigned index) {
    if (index < S.producers)
      produce(index);
    else
      consume();
  }
  void produce(unsigned producer) {
    for (unsigned i = 0; i != S.items; ++i) {
      token t(static_cast<int>(producer * S.items + i));
      while (ring.try_push(std::move(t)) != conqueue_status::success) platform::yield();
      Engine::require(t.id() == -1, "a push that succeeded has moved its argument");
    }
  }
  void consume() {
    int last[S.producers];
    for (int& l : last) l = -1;
    for (unsigned i = 0; i != total / S.consumers;) {
      auto t = ring.try_pop();
      if (!t) {
        platform::yield();
        continue;
      }
      const int id = t->id();
      Engine::require(id >= 0 && id < static_cast<int>(total), "a popped element is one that was pushed");
      Engine::require(++seen[id] == 1, "no element is popped twice");
      int& before = last[static_cast<unsigned>(id) / S.items];
      Engine::require(before < id, "elements of one producer are popped in its order");
      before = id;
      ++i;
    }
  }
  void finish() {
    for (const unsigned n : seen) Engine::require(n == 1, "every element was popped");
    Engine::require(!ring.try_pop(), "the ring is empty in the end");
  }
};

// B's push is complete when it pops, whatever A's is doing: "empty" would be a lie.
template <class Engine, template <class> class Ring, bool MayBeBusy>
struct empty_is_no_lie {
  static constexpr const char* property =
      "try_pop does not say empty while a completed push waits behind one in flight";
  static constexpr unsigned threads = 2;

  Ring<token> ring{2, 0};

  void thread(unsigned index) {
    token t(static_cast<int>(index));
    Engine::require(ring.try_push(std::move(t)) == conqueue_status::success, "there is room for both pushes");
    if (index == 0) return;
    auto got = ring.try_pop();
    Engine::require(got || (MayBeBusy && got.error() == conqueue_status::busy),
                    "the completed push is seen, or the answer is busy");
  }
  void finish() {}
};

// The mirror image: B's pop is complete when it pushes.
template <class Engine, template <class> class Ring>
struct full_is_no_lie {
  static constexpr const char* property = "try_push does not say full while a completed pop waits behind one in flight";
  static constexpr unsigned threads = 2;

  Ring<token> ring{2, 0};

  full_is_no_lie() {
    for (int i = 0; i != 2; ++i) {
      token t(i);
      Engine::require(ring.try_push(std::move(t)) == conqueue_status::success, "there is room to begin with");
    }
  }
  void thread(unsigned index) {
    Engine::require(ring.try_pop().has_value(), "there is an element for both pops");
    if (index == 0) return;
    token t(2);
    const conqueue_status s = ring.try_push(std::move(t));
    Engine::require(s == conqueue_status::success || s == conqueue_status::busy,
                    "the completed pop is seen, or the answer is busy");
    Engine::require(s == conqueue_status::success || t.id() == 2, "a push that fails leaves its argument untouched");
  }
  void finish() {}
};

// Told "empty", and nobody pushes: then the ring of one place cannot be full.
template <class Engine, template <class> class Ring>
struct empty_is_not_full {
  static constexpr const char* property = "who is told empty is not then told full while nobody else pushes";
  static constexpr unsigned threads = 2;

  Ring<int> ring{1, 0};

  empty_is_not_full() { Engine::require(ring.try_push(1) == conqueue_status::success, "there is room to begin with"); }
  void thread(unsigned index) {
    auto got = ring.try_pop();
    if (index == 0 || got || got.error() != conqueue_status::empty) return;
    Engine::require(ring.try_push(2) != conqueue_status::full, "empty, and then full");
  }
  void finish() {}
};

// Two threads that each push and then pop: at each pop, more was pushed than popped. Whose element the peer took, by
// its position at the head, must have seen the peer's own one at the tail.
template <class Engine, template <class> class Ring>
struct pushed_is_not_empty {
  static constexpr const char* property = "who pops after pushing is not told empty where all pop after pushing";
  static constexpr unsigned threads = 2;

  Ring<int> ring{2, near_the_top};

  void thread(unsigned index) {
    Engine::require(ring.try_push(int(index)) == conqueue_status::success, "there is room for both");
    auto got = ring.try_pop();
    Engine::require(got || got.error() != conqueue_status::empty, "there is an element for both");
  }
  void finish() {}
};

// The mirror image.
template <class Engine, template <class> class Ring>
struct popped_is_not_full {
  static constexpr const char* property = "who pushes after popping is not told full where all push after popping";
  static constexpr unsigned threads = 2;

  Ring<int> ring{2, near_the_top};

  popped_is_not_full() {
    for (int i = 0; i != 2; ++i) Engine::require(ring.try_push(int(i)) == conqueue_status::success, "there is room");
  }
  void thread(unsigned index) {
    Engine::require(ring.try_pop().has_value(), "there is an element for both");
    Engine::require(ring.try_push(int(index)) != conqueue_status::full, "there is room for both");
  }
  void finish() {}
};

// Elements left inside are destroyed with the ring, each once: the engine's heap checks see the rest.
template <class Engine, template <class> class Ring>
struct left_overs_are_destroyed {
  using platform = typename Engine::platform;
  static constexpr const char* property = "elements still inside are destroyed with the ring, each exactly once";
  static constexpr unsigned threads = 2;

  Ring<token> ring{3, near_the_top};

  void thread(unsigned index) {
    for (int i = 0; i != 3; ++i) {
      token t(i);
      static_cast<void>(ring.try_push(std::move(t)));
      if (index == 1) static_cast<void>(ring.try_pop());
    }
  }
  void finish() {}
};

// An element whose construction in the ring throws when the engine says so.
template <class Engine>
class fragile {
 public:
  explicit fragile(int id) : token_(id) {}
  // NOLINTNEXTLINE(performance-noexcept-move-constructor): that it throws is the point
  fragile(fragile&& other) : token_(steal(other)) {}
  fragile& operator=(fragile&&) = delete;
  int id() const noexcept { return token_.id(); }

 private:
  static token steal(fragile& other) {
    if (Engine::choose(2) == 1) throw 1;
    return std::move(other.token_);
  }
  token token_;
};

template <class Engine, template <class> class Ring>
struct throwing_moves_lose_nothing {
  using platform = typename Engine::platform;
  static constexpr const char* property =
      "a push whose element throws deposits nothing and blocks nobody; the others' elements all arrive";
  static constexpr unsigned threads = 3;
  static constexpr unsigned role(unsigned index) { return index < 2 ? 0 : index; }

  Ring<fragile<Engine>> ring{1, 0};
  bool done[2] = {};
  typename platform::template atomic<unsigned> finished{0};
  int popped[2] = {};
  int thrown_by_pop = 0;

  void thread(unsigned index) {
    if (index < 2)
      produce(index);
    else
      consume();
  }
  void produce(unsigned index) {
    fragile<Engine> f(static_cast<int>(index));
    for (bool trying = true; trying;) {
      try {
        if (ring.try_push(std::move(f)) == conqueue_status::success) done[index] = true, trying = false;
        if (trying) platform::yield();
      } catch (int) {
        Engine::require(f.id() == static_cast<int>(index), "the element that threw is still the caller's");
        trying = false;
      }
    }
    finished.fetch_add(1, std::memory_order_release);
  }
  void take() {
    try {
      if (auto f = ring.try_pop()) ++popped[f->id()];
    } catch (int) {
      ++thrown_by_pop;  // the element is gone: P0260 says so
    }
  }
  void consume() {
    while (finished.load(std::memory_order_acquire) != 2) {
      take();
      platform::yield();
    }
  }
  void finish() {
    take();
    const int pushed = int{done[0]} + int{done[1]};
    Engine::require(popped[0] + popped[1] + thrown_by_pop == pushed, "what was deposited came out, once");
    for (int tries = 0; tries != 8; ++tries) {
      try {
        fragile<Engine> f(0);
        Engine::require(ring.try_push(std::move(f)) == conqueue_status::success, "no slot stays lost");
        return;
      } catch (int) {
      }
    }
  }
};

}  // namespace sluice::kit
