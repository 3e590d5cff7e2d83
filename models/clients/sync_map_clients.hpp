// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of sync_map while its table stays as it is. Each client: one property, bounds in its shape.
#include <clients/sync_map_subject.hpp>

namespace sluice::models {

template <class Engine, class Slots>
struct sync_map_clients {
  using platform = typename Engine::platform;
  template <unsigned Batch = 100>
  using shared = typename sync_map_subject<Engine, Slots>::template shared<Batch>;

  struct put_once : shared<> {
    static constexpr const char* name = "put_once";
    static constexpr const char* property =
        "of two that put a key which is absent one does, and the other gets its value";

    int got[2] = {};
    put_once() : shared<>({}) {}
    void thread(unsigned index) { got[index] = this->store_if_absent(index, 5, static_cast<int>(index) + 1); }
    void finish() {
      Engine::require((got[0] == 0 && got[1] == 1) || (got[0] == 2 && got[1] == 0), "one put it, and the other saw it");
      Engine::require(this->load(0, 5) == got[0] + got[1] && this->map->size() == 1, "and it is there");
      shared<>::finish();
    }
  };

  // All of them in one slot, two with one hash.
  struct put_beside : shared<> {
    static constexpr const char* name = "put_beside";
    static constexpr const char* property = "keys that share a slot, or a hash, are put without loss of one another";

    put_beside() : shared<>({}) {}
    void thread(unsigned index) { Engine::require(this->store(index, index == 0 ? 0 : 16, 7) == 0, "it was absent"); }
    void finish() {
      Engine::require(this->load(0, 0) == 7 && this->load(1, 16) == 7 && this->map->size() == 2, "both are there");
      shared<>::finish();
    }
  };

  struct erased_once : shared<> {
    static constexpr const char* name = "erased_once";
    static constexpr const char* property = "of two that erase a key one gets its value; the key beside it stays";

    int got[2] = {};
    erased_once() : shared<>({0, 16}) {}
    void thread(unsigned index) { got[index] = this->erase(index, 0); }
    void finish() {
      Engine::require(got[0] + got[1] == 100, "one got it");
      Engine::require(this->load(0, 0) == 0 && this->load(0, 16) == 116 && this->map->size() == 1, "it is gone, alone");
      shared<>::finish();
    }
  };

  // Each retirement looks at the readers.
  struct read_beside_writes : shared<1> {
    static constexpr const char* name = "read_beside_writes";
    static constexpr const char* property =
        "a reader sees a whole value that is, or was just now, the key's, though it is freed then";

    read_beside_writes() : shared<1>({0, 16}) {}
    void thread(unsigned index) {
      if (index == 1) {
        this->store(1, 0, 1);
        this->erase(1, 16);
        return;
      }
      const int other = this->load(0, 16);
      const int value = this->load(0, 0);
      Engine::require(value == 100 || value == 1, "one of both values");
      Engine::require(other == 116 || (other == 0 && value == 1), "in the order of the writes");
    }
  };

  // Each way to erase.
  template <bool Clears>
  struct absence : shared<> {
    static constexpr const char* property = "who finds a key absent has seen what happened before it was erased";

    absence() : shared<>({0}) {}
    typename platform::template var<int> before{0};
    void thread(unsigned index) {
      if (index == 1) {
        if (this->load(1, 0) == 0) Engine::require(before.load() == 1, "what happened before");
        return;
      }
      before.store(1);
      if (!Clears) {
        this->erase(0, 0);
        return;
      }
      this->clear(0);
    }
  };
  struct erased_before : absence<false> {
    static constexpr const char* name = "erased_before";
  };
  struct cleared_before : absence<true> {
    static constexpr const char* name = "cleared_before";
  };

  struct cleared : shared<> {
    static constexpr const char* name = "cleared";
    static constexpr const char* property =
        "clear erases what is there throughout, once, and leaves what comes after it";

    cleared() : shared<>({0, 16}) {}
    int got = 0;
    void thread(unsigned index) {
      if (index == 0)
        this->clear(0);
      else
        got = this->store(1, 0, 1);
    }
    void finish() {
      const int left = this->load(0, 0);
      Engine::require(this->load(0, 16) == 0, "what nobody wrote to is gone");
      Engine::require(got == 100 ? left == 0 : got == 0 && left == 1, "the write came before the clear, or after it");
      Engine::require(this->map->size() == (left != 0 ? 1U : 0U), "and the count agrees");
      shared<>::finish();
    }
  };

  // Each operation beside each, on one key that is there, or is not. What both gave and what is left has to be what one after
  // the other gives. (Erasing, clear and a walk may find the key at any moment of theirs: here they are one step of it.)
  enum operation { loads, puts, puts_if_absent, puts_if, erases, erases_if, clears, walks, operations };
  // Does one to the value of the key, 0 for none; gives what it found, as far as the operation says.
  static int expected_of(unsigned what, int value, int& is) {
    const int was = is;
    if (what == puts || (what == puts_if_absent && was == 0) || (what == puts_if && was == 100)) is = value;
    if (what == erases || (what == erases_if && was == 100) || what == clears) is = 0;
    return what == clears ? 0 : was;
  }
  template <bool There>
  struct any_two : shared<> {
    static constexpr const char* property =
        "each operation beside each other one, on one key: as if one came after the other";

    unsigned what[2] = {};
    int got[2] = {};
    any_two() : shared<>({16}) {
      if (There) this->store(0, 0, 100);
    }
    void thread(unsigned index) {
      what[index] = Engine::choose(operations);
      got[index] = done(index, what[index], static_cast<int>(index) + 1);
    }
    int done(unsigned by, unsigned how, int value) {
      switch (how) {
        case loads: return this->load(by, 0);
        case puts: return this->store(by, 0, value);
        case puts_if_absent: return this->store_if_absent(by, 0, value);
        case puts_if: return this->store_if(by, 0, 100, value);
        case erases: return this->erase(by, 0);
        case erases_if: return this->erase_if(by, 0, 100);
        case clears: return this->clear(by), 0;
        default: return this->walk(by).value[0];
      }
    }
    bool in_order(unsigned first, int left) const {
      int is = There ? 100 : 0;
      for (const unsigned i : {first, 1 - first})
        if (got[i] != expected_of(what[i], static_cast<int>(i) + 1, is)) return false;
      return is == left;
    }
    void finish() {
      const int left = this->load(0, 0);
      Engine::require(in_order(0, left) || in_order(1, left), "one came after the other");
      const bool cleared_too = what[0] == clears || what[1] == clears;
      Engine::require(this->load(0, 16) == (cleared_too ? 0 : 116), "the key beside it is as it was");
      Engine::require(this->map->size() == (left != 0 ? 1U : 0U) + (cleared_too ? 0U : 1U), "and the count agrees");
      shared<>::finish();
    }
  };
  struct any_two_there : any_two<true> {
    static constexpr const char* name = "any_two_there";
  };
  struct any_two_absent : any_two<false> {
    static constexpr const char* name = "any_two_absent";
  };
};

}  // namespace sluice::models
