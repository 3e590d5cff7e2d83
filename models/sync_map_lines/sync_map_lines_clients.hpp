// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of the slots of a sync_map that hold words in place, beside what is checked of all slots. Each client: one
// property, bounds in its shape.
#include <clients/sync_map_subject.hpp>
#include <sluice/detail/sync_map_lines.hpp>

namespace sluice::models {

// `Keys`: of a slot. With two, what is put beside another key stays in place; with one, it takes a frame.
template <class Platform, unsigned Keys>
using sync_map_line_slots = detail::sync_map_lines<int, int, sync_map_hash, Platform, Keys>;

template <class Engine, unsigned Keys>
struct sync_map_lines_clients {
  using platform = typename Engine::platform;
  template <unsigned Batch = 100>
  using shared = typename sync_map_subject<Engine, sync_map_line_slots<platform, Keys>>::template shared<Batch>;

  // The place of the key that goes is that of the key that comes.
  struct read_beside_reuse : shared<> {
    static constexpr const char* name = Keys == 1 ? "read_beside_reuse_1" : "read_beside_reuse";
    static constexpr const char* property = "a reader never gets the value of another key, whose place that was";

    read_beside_reuse() : shared<>({0}) {}
    void thread(unsigned index) {
      if (index == 0) {
        const int value = this->load(0, 0);
        Engine::require(value == 100 || value == 0, "its own value, or none");
        return;
      }
      this->erase(1, 0);
      this->store(1, 1, 7);
    }
  };

  struct read_beside_arrival : shared<> {
    static constexpr const char* name = Keys == 1 ? "read_beside_arrival_1" : "read_beside_arrival";
    static constexpr const char* property = "nor that of the key, whose place it was, that is its own now";

    read_beside_arrival() : shared<>({0}) {}
    void thread(unsigned index) {
      if (index == 0) {
        const int value = this->load(0, 1);
        Engine::require(value == 7 || value == 0, "its own value, or none");
        return;
      }
      this->erase(1, 0);
      this->store(1, 1, 7);
    }
  };

  struct walk_beside_reuse : shared<> {
    static constexpr const char* name = Keys == 1 ? "walk_beside_reuse_1" : "walk_beside_reuse";
    static constexpr const char* property = "a walk meets each key with its own value";

    walk_beside_reuse() : shared<>({0}) {}
    void thread(unsigned index) {
      if (index == 0) {
        const auto m = this->walk(0);
        Engine::require(m.times[0] == 0 || m.value[0] == 100, "the old key");
        Engine::require(m.times[1] == 0 || m.value[1] == 7, "the new key");
        return;
      }
      this->erase(1, 0);
      this->store(1, 1, 7);
    }
  };

  // Every place of a value is used again.
  struct read_beside_replacement : shared<1> {
    static constexpr const char* name = Keys == 1 ? "read_beside_replacement_1" : "read_beside_replacement";
    static constexpr const char* property = "a reader sees the values of a key in their order";

    read_beside_replacement() : shared<1>({0}) {}
    void thread(unsigned index) {
      if (index == 1) {
        this->store(1, 0, 1);
        this->store(1, 0, 2);
        return;
      }
      const int first = this->load(0, 0);
      const int second = this->load(0, 0);
      Engine::require(first == 100 || first == 1 || first == 2, "a value that it had");
      Engine::require(second == first || first == 100 || second == 2, "and none that is older");
    }
  };

  // Both want the slot.
  struct both_replace : shared<1> {
    static constexpr const char* name = Keys == 1 ? "both_replace_1" : "both_replace";
    static constexpr const char* property = "of two that replace a value each gets what it replaced, and one stays";

    int got[2] = {};
    both_replace() : shared<1>({0}) {}
    void thread(unsigned index) { got[index] = this->store(index, 0, static_cast<int>(index) + 1); }
    void finish() {
      const int left = this->load(0, 0);
      Engine::require((got[0] == 100 && got[1] == 1 && left == 2) || (got[1] == 100 && got[0] == 2 && left == 1),
                      "one after the other");
      shared<1>::finish();
    }
  };

  struct put_beside_erasure : shared<1> {
    static constexpr const char* name = Keys == 1 ? "put_beside_erasure_1" : "put_beside_erasure";
    static constexpr const char* property = "who erases a key does not undo what is put beside it, nor it the erasure";

    put_beside_erasure() : shared<1>({0}) {}
    void thread(unsigned index) {
      if (index == 0)
        Engine::require(this->erase(0, 0) == 100, "it was there");
      else
        Engine::require(this->store(1, 1, 7) == 0, "it was absent");
    }
    void finish() {
      Engine::require(this->load(0, 0) == 0 && this->load(0, 1) == 7 && this->map->size() == 1, "as they left it");
      shared<1>::finish();
    }
  };
};

}  // namespace sluice::models
