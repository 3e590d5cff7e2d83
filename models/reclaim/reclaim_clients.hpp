// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of reclaim. Each client: one property, bounds in its shape. A batch is one object, so that each retirement
// looks at the readers. That nothing is freed too early, twice or never is the engine's to say: it knows what lives.
#include <memory>
#include <new>
#include <optional>

#include <sluice/reclaim.hpp>

namespace sluice::models {

template <class Engine>
struct reclaim_clients {
  using platform = typename Engine::platform;
  using domain = basic_reclaim_domain<platform>;
  using reclaimer = basic_reclaimer<platform>;

  struct object : basic_reclaim_obj<platform> {
    object(reclaimer& maker, int v) : basic_reclaim_obj<platform>(maker), value(v) {}
    typename platform::template var<int> value;
  };
  using memory = typename platform::template allocator<object>;
  struct freed {
    void operator()(object* o) const noexcept {
      std::destroy_at(o);
      memory().deallocate(o, 1);
    }
  };
  using link = typename platform::template atomic<object*>;

  static object* make(reclaimer& maker, int value) {
    return ::new (static_cast<void*>(memory().allocate(1))) object(maker, value);
  }

  // A root that holds an object numbered 1, and two threads' parts.
  struct shared {
    domain all{1};
    std::optional<reclaimer> mine[2];
    link root{nullptr};

    shared() {
      mine[0].emplace(all);
      mine[1].emplace(all);
      root.store(make(*mine[0], 1), std::memory_order_relaxed);
    }
    void read_once(reclaimer& r) {
      r.lock();
      const object* const o = r.protect(root, std::memory_order_acquire);
      if (o != nullptr) Engine::require(o->value.load() > 0, "what is taken up is whole");
      r.unlock();
    }
    // What is linked now is replaced, and retired.
    void replace(reclaimer& r, object* by) { r.retire(root.exchange(by, std::memory_order_acq_rel), freed()); }
    void finish() {
      const object* const o = root.load(std::memory_order_relaxed);
      if (o != nullptr) replace(*mine[0], nullptr);
      mine[0].reset();
      mine[1].reset();
    }
  };

  struct read_beside_unlink : shared {
    static constexpr const char* name = "read_beside_unlink";
    static constexpr const char* property = "what a reader takes up is not freed before its section ends";
    static constexpr unsigned threads = 2;

    void thread(unsigned index) {
      reclaimer& r = *this->mine[index];
      if (index == 0)
        this->read_once(r);
      else
        this->replace(r, nullptr);
    }
  };

  // The second object is younger than the section may be: the reader has to raise its upper bound.
  struct younger_than_the_section : shared {
    static constexpr const char* name = "younger_than_the_section";
    static constexpr const char* property = "what was born during a section is protected in it as well";
    static constexpr unsigned threads = 2;

    void thread(unsigned index) {
      reclaimer& r = *this->mine[index];
      if (index == 0) return this->read_once(r);
      this->replace(r, make(r, 2));
      this->replace(r, nullptr);
    }
  };

  // What is seen of a reader may be its next section already.
  struct next_section : shared {
    static constexpr const char* name = "next_section";
    static constexpr const char* property =
        "an object that a reader used in an earlier section is freed after that use";
    static constexpr unsigned threads = 2;

    void thread(unsigned index) {
      reclaimer& r = *this->mine[index];
      if (index == 1) return this->replace(r, nullptr);
      this->read_once(r);
      r.lock();
      r.unlock();
    }
  };

  // As next_section, with a section that is not counted.
  struct leaf_sections : shared {
    static constexpr const char* name = "leaf_sections";
    static constexpr const char* property =
        "a section that is not counted protects, ends, and is refused inside of another one";
    static constexpr unsigned threads = 2;

    void thread(unsigned index) {
      reclaimer& r = *this->mine[index];
      if (index == 1) return this->replace(r, nullptr);
      Engine::require(r.try_lock_leaf(), "no section is open");
      look(r);
      r.unlock_leaf();
      r.lock();
      Engine::require(!r.try_lock_leaf(), "one is open");
      look(r);
      r.unlock();
    }
    void look(reclaimer& r) {
      const object* const o = r.protect(this->root, std::memory_order_acquire);
      if (o != nullptr) Engine::require(o->value.load() > 0, "what is taken up is whole");
    }
  };

  // As the operations of a map: each thread is a reader and a writer.
  struct two_writers : shared {
    static constexpr const char* name = "two_writers";
    static constexpr const char* property =
        "of two that replace an object in their sections each retires what it unlinked";
    static constexpr unsigned threads = 2;

    void thread(unsigned index) {
      reclaimer& r = *this->mine[index];
      object* const own = make(r, 2);
      r.lock();
      object* old = r.protect(this->root, std::memory_order_acquire);
      Engine::require(old->value.load() > 0, "what is taken up is whole");
      while (!this->root.compare_exchange_strong(old, own, std::memory_order_release, std::memory_order_relaxed))
        old = r.protect(this->root, std::memory_order_acquire);
      r.retire(old, freed());
      r.unlock();
    }
  };

  // One reader never ends its section. It holds the first object; what is born later comes and goes.
  struct stalled_reader : shared {
    static constexpr const char* name = "stalled_reader";
    static constexpr const char* property =
        "what is born after a reader has stalled is freed, and what it holds is not";
    static constexpr unsigned threads = 2;

    reclaimer stalled{this->all};
    const object* held = nullptr;

    stalled_reader() {
      stalled.lock();
      held = stalled.protect(this->root, std::memory_order_acquire);
    }
    void thread(unsigned index) {
      reclaimer& r = *this->mine[index];
      this->replace(r, make(r, 2));
      this->replace(r, make(r, 3));
      Engine::require(r.garbage() <= 1, "only the object that was alive when the reader stalled may be left");
    }
    void finish() {
      Engine::require(held->value.load() == 1, "what it holds lives");
      Engine::require(this->mine[0]->garbage() + this->mine[1]->garbage() == 1, "nothing else is kept");
      stalled.unlock();
      shared::finish();
    }
  };

  // A thread comes, and needs a record that nobody has seen.
  struct newcomers : shared {
    static constexpr const char* name = "newcomers";
    static constexpr const char* property = "threads that come at the same time are seen by whoever frees";
    static constexpr unsigned threads = 2;

    void thread(unsigned index) {
      reclaimer own(this->all);
      if (index == 0)
        this->read_once(own);
      else
        this->replace(own, nullptr);
    }
  };

  // A record is free: the thread that comes second may take over the first one's.
  struct record_taken_over : shared {
    static constexpr const char* name = "record_taken_over";
    static constexpr const char* property = "who takes over a record has seen what its former owner did";
    static constexpr unsigned threads = 2;

    record_taken_over() { this->mine[1].reset(); }
    void thread(unsigned index) {
      reclaimer own(this->all);
      this->read_once(own);
      if (index == 1) this->replace(own, nullptr);
    }
  };

  // Whoever frees sees the second owner of a record, and has to know what the first one did.
  struct record_handed_on : shared {
    static constexpr const char* name = "record_handed_on";
    static constexpr const char* property = "an object is freed after its use by a thread whose record has a new owner";
    static constexpr unsigned threads = 3;

    void thread(unsigned index) {
      if (index == 0) {
        this->read_once(*this->mine[0]);
        this->mine[0].reset();
      } else if (index == 1) {
        reclaimer own(this->all);
        own.lock();
        own.unlock();
      } else {
        this->replace(*this->mine[1], nullptr);
      }
    }
  };

  struct left_behind : shared {
    static constexpr const char* name = "left_behind";
    static constexpr const char* property = "what a thread could not free before it ended is freed by another one";
    static constexpr unsigned threads = 2;

    void thread(unsigned index) {
      reclaimer& r = *this->mine[index];
      if (index == 0) {
        this->read_once(r);
        r.collect();
      } else {
        this->replace(r, nullptr);
        this->mine[1].reset();
      }
    }
  };

  // Two threads end beside a reader, and a third one takes what they left.
  struct two_left_behind : shared {
    static constexpr const char* name = "two_left_behind";
    static constexpr const char* property = "what several threads leave behind is all taken over";
    static constexpr unsigned threads = 3;

    reclaimer reader{this->all};
    two_left_behind() { reader.lock(); }
    void thread(unsigned index) {
      if (index == 2) return reader.collect();
      reclaimer& r = *this->mine[index];
      this->replace(r, make(r, 2));
      this->mine[index].reset();
    }
    void finish() {
      reader.unlock();
      reader.collect();
      Engine::require(reader.garbage() == 0, "nothing is out of reach");
      this->replace(reader, nullptr);
    }
  };

  // A domain comes to its end beside another one, whose reader stands still.
  struct two_domains : shared {
    static constexpr const char* name = "two_domains";
    static constexpr const char* property = "a reader holds up its own domain only, and a domain frees all at its end";
    static constexpr unsigned threads = 2;

    void thread(unsigned index) {
      if (index == 0) return this->read_once(*this->mine[0]);
      this->replace(*this->mine[1], nullptr);
      domain other(1);
      reclaimer reader(other);
      {
        reclaimer own(other);
        own.retire(make(own, 5), freed());
        Engine::require(own.garbage() == 0, "nobody reads there");
        reader.lock();
        own.retire(make(reader, 6), freed());
      }
      reader.unlock();
    }
  };
};

}  // namespace sluice::models
