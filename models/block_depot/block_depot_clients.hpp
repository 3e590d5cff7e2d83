// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of block_depot. Each client: one property, bounds in its shape.
#include <sluice/detail/block_depot.hpp>

namespace sluice::models {

template <class Engine>
struct block_depot_clients {
  using platform = typename Engine::platform;
  struct bundle {
    typename platform::template var<int> owners{0};
  };

  // A bundle belongs to one thread at a time, and says by how many it was had.
  template <unsigned Threads, unsigned Places>
  struct shared {
    static constexpr unsigned threads = Threads;
    detail::block_depot<bundle, platform, Places> depot;

    static void have(bundle& b) { b.owners.store(b.owners.load() + 1); }
    bool give(bundle& b) {
      have(b);
      return depot.try_give(&b);
    }
    bool take() {
      bundle* const b = depot.try_take();
      if (b != nullptr) have(*b);
      return b != nullptr;
    }
    unsigned left() {
      unsigned n = 0;
      while (take()) ++n;
      return n;
    }
  };

  struct taken_once : shared<3, 2> {
    static constexpr const char* name = "taken_once";
    static constexpr const char* property =
        "what one thread gives one of two others takes, and sees what was done before";
    bundle one;
    unsigned took[3] = {};
    void thread(unsigned index) {
      if (index == 0)
        Engine::require(this->give(one), "there is room");
      else
        took[index] = this->take() ? 1 : 0;
    }
    void finish() { Engine::require(took[1] + took[2] + this->left() == 1, "it was taken once, or is there still"); }
  };
  struct one_place_for_two : shared<3, 1> {
    static constexpr const char* name = "one_place_for_two";
    static constexpr const char* property =
        "who finds no room keeps what it has, and where somebody takes there is room again";
    bundle two[2];
    unsigned gave[2] = {};
    unsigned took = 0;
    void thread(unsigned index) {
      if (index == 2)
        took = this->take() ? 1 : 0;
      else
        gave[index] = this->give(two[index]) ? 1 : 0;
    }
    void finish() {
      Engine::require(gave[0] + gave[1] != 0, "the first one finds room");
      Engine::require(gave[0] + gave[1] == took + this->left(), "what was given was taken, or is there still");
    }
  };
  struct passed_on : shared<3, 1> {
    static constexpr const char* name = "passed_on";
    static constexpr const char* property = "who takes what was taken and given again sees what both before it did";
    bundle one;
    void thread(unsigned index) {
      if (index == 0) {
        Engine::require(this->give(one), "there is room");
      } else if (bundle* const b = this->depot.try_take()) {
        this->have(*b);
        Engine::require(this->give(*b), "there is room again");
      }
    }
    void finish() { Engine::require(this->left() == 1 && one.owners.load() >= 2, "it is there, at last"); }
  };
};

}  // namespace sluice::models
