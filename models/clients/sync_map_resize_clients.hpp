// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of sync_map while its table grows or shrinks. Each client: one property, bounds in its shape.
#include <clients/sync_map_subject.hpp>

namespace sluice::models {

template <class Engine, class Slots>
struct sync_map_resize_clients {
  using platform = typename Engine::platform;
  template <unsigned Batch = 100>
  using shared = typename sync_map_subject<Engine, Slots>::template shared<Batch>;

  struct grows_beside_a_reader : shared<1> {
    static constexpr const char* name = "grows_beside_a_reader";
    static constexpr const char* property = "a key that is there is found while the table grows";

    grows_beside_a_reader() : shared<1>({0, 5}) {}
    void thread(unsigned index) {
      if (index == 0)
        Engine::require(this->load(0, 0) == 100, "it is found");
      else
        this->store(1, 9, 1);
    }
    void finish() {
      this->mine[0]->lock();
      Engine::require(this->map->room(*this->mine[0]) == Slots::room(4), "it has grown");
      this->mine[0]->unlock();
      Engine::require(this->load(0, 0) == 100 && this->load(0, 5) == 105 && this->load(0, 9) == 1, "all are there");
      shared<1>::finish();
    }
  };

  // The other entry of its slot goes to the same slot of the larger table: they are a bucket there too.
  struct grows_beside_a_writer : shared<> {
    static constexpr const char* name = "grows_beside_a_writer";
    static constexpr const char* property = "what is written while the table grows is neither lost nor undone";

    grows_beside_a_writer() : shared<>({0, 1}) {}
    void thread(unsigned index) {
      if (index == 1) {
        this->store(1, 9, 1);
        return;
      }
      Engine::require(this->erase(0, 0) == 100, "it was there");
      Engine::require(this->load(0, 0) == 0, "and is no more");
    }
    void finish() {
      Engine::require(this->load(0, 0) == 0 && this->load(0, 1) == 101 && this->load(0, 9) == 1, "as they left it");
      Engine::require(this->map->size() == 2, "so many are left");
      shared<>::finish();
    }
  };

  // Both find that there is one entry too many.
  struct both_grow : shared<> {
    static constexpr const char* name = "both_grow";
    static constexpr const char* property = "two that make the table grow move everything once";

    both_grow() : shared<>({0, 5}) {}
    void thread(unsigned index) { this->store(index, index == 0 ? 9 : 13, 1); }
    void finish() {
      const auto m = this->walk(0);
      Engine::require(m.times[0] == 1 && m.times[5] == 1 && m.times[9] == 1 && m.times[13] == 1, "each is there, once");
      shared<>::finish();
    }
  };

  // Four slots, and one entry, which goes.
  struct shrinks_beside_a_writer : shared<> {
    static constexpr const char* name = "shrinks_beside_a_writer";
    static constexpr const char* property = "what is written while the table shrinks is neither lost nor undone";

    shrinks_beside_a_writer() : shared<>({0, 5, 9}) {
      this->erase(0, 5);
      this->erase(0, 9);
    }
    void thread(unsigned index) {
      if (index == 0) {
        Engine::require(this->erase(0, 0) == 100, "it was there");
      } else {
        Engine::require(this->store(1, 5, 1) == 0, "it was absent");
        Engine::require(this->load(1, 5) == 1, "and is there");
      }
    }
    void finish() {
      Engine::require(this->load(0, 5) == 1 && this->load(0, 0) == 0 && this->map->size() == 1, "as they left it");
      shared<>::finish();
    }
  };

  // The reader may have taken up the first table when the third one is the root, and the second one is freed.
  struct reads_across_two_resizes : shared<1> {
    static constexpr const char* name = "reads_across_two_resizes";
    static constexpr bool by_states = true;
    static constexpr const char* property = "a reader comes to no table that is gone, and finds what is there";

    reads_across_two_resizes() : shared<1>({0, 5, 9}) {
      this->erase(0, 5);
      this->erase(0, 9);
    }
    void thread(unsigned index) {
      if (index == 0) {
        const int value = this->load(0, 0);
        Engine::require(value == 100 || value == 0 || value == 1, "a value that it had");
        return;
      }
      this->erase(1, 0);
      for (const int key : {0, 5, 9}) this->store(1, key, 1);
    }
    void finish() {
      Engine::require(this->load(0, 0) == 1 && this->load(0, 5) == 1 && this->load(0, 9) == 1, "all are there");
      shared<1>::finish();
    }
  };

  // The first table shrinks, and so does it for the other one, who makes the next one grow, too, and frees it.
  struct resizes_beside_two_resizes : shared<1> {
    static constexpr const char* name = "resizes_beside_two_resizes";
    static constexpr const char* property = "who changes the size comes to no table that is gone, and loses nothing";

    resizes_beside_two_resizes() : shared<1>({0, 5, 9}) {
      this->erase(0, 5);
      this->erase(0, 9);
    }
    void thread(unsigned index) {
      if (index == 0) {
        this->erase(0, 0);
        return;
      }
      this->store(1, 5, 1);
      this->erase(1, 5);
      for (const int key : {5, 9, 13}) this->store(1, key, 1);
    }
    void finish() {
      Engine::require(this->load(0, 0) == 0 && this->load(0, 5) == 1 && this->load(0, 9) == 1 && this->load(0, 13) == 1,
                      "all are there");
      shared<1>::finish();
    }
  };

  struct walk_beside_growth : shared<> {
    static constexpr const char* name = "walk_beside_growth";
    static constexpr const char* property =
        "a walk meets what is there throughout once, and nothing twice, while the table grows";

    walk_beside_growth() : shared<>({0, 9}) {}
    void thread(unsigned index) {
      if (index == 1) {
        this->store(1, 5, 1);
        return;
      }
      const auto m = this->walk(0);
      Engine::require(m.times[0] == 1 && m.times[9] == 1 && m.times[5] <= 1, "once each");
      Engine::require(m.value[0] == 100 && m.value[9] == 109, "with its value");
    }
  };

  // To clear the first of four slots, of which no other has anything, makes the table shrink: the next slot that is cleared
  // covers the first one again.
  struct cleared_once : shared<> {
    static constexpr const char* name = "cleared_once";
    static constexpr bool by_states = true;
    static constexpr const char* property = "clear erases no key a second time, though the table shrinks meanwhile";

    bool stored = false;
    cleared_once() : shared<>({0, 5, 9}) {
      this->erase(0, 5);
      this->erase(0, 9);
    }
    void thread(unsigned index) {
      if (index == 0) return this->clear(0);
      if (this->load(1, 0) != 0) return;
      this->store(1, 0, 1);
      stored = true;
    }
    void finish() {
      Engine::require(this->load(0, 0) == (stored ? 1 : 0), "what was put after the key was erased is there");
      shared<>::finish();
    }
  };
};

}  // namespace sluice::models
