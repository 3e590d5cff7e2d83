// SPDX-License-Identifier: BSL-1.0
#pragma once
// What is checked of deque. Each client: one property, bounds in its shape. Thread 0 owns the deque, the others steal.
#include <cstddef>

#include <sluice/deque.hpp>

namespace sluice::models {

template <class Engine>
struct deque_clients {
  using platform = typename Engine::platform;
  using number = typename platform::template var<int>;

  // Elements point to what they carry, which is written before they are pushed and read by who gets them.
  template <unsigned Threads, unsigned Items, std::size_t Capacity>
  struct shared {
    static constexpr unsigned threads = Threads;
    static constexpr unsigned role(unsigned index) { return index == 0 ? 0 : 1; }  // the owner, the thieves
    static constexpr int none = -1;

    sluice::deque<number*, typename platform::template allocator<number*>, platform> all{Capacity};
    number carried[Items];
    unsigned taken[Items] = {};  // each by one thread, unless the property fails

    void push(int item) {
      carried[item].store(item + 1);
      all.push(&carried[item]);
    }
    // Which one it got.
    int pop() { return got(all.try_pop()); }
    int steal() { return got(all.try_steal()); }
    void finish() {
      while (pop() != none) {
      }
      for (const unsigned times : taken) Engine::require(times == 1, "every element is taken once");
    }

   private:
    int got(expected<number*, conqueue_status> answer) {
      if (!answer) return none;
      Engine::require(*answer != nullptr, "an element is what was pushed");
      const int item = (*answer)->load() - 1;
      Engine::require(*answer == &carried[item], "an element carries what was written before its push");
      ++taken[item];
      return item;
    }
  };

  struct last_element : shared<2, 1, 1> {
    static constexpr const char* name = "last_element";
    static constexpr const char* property = "the last element is popped or stolen, not both, and not neither";

    void thread(unsigned index) {
      if (index == 0) {
        this->push(0);
        this->pop();
      } else {
        this->steal();
      }
    }
  };

  // A thief sees what the other one took, and the owner does not.
  struct two_thieves : shared<3, 2, 2> {
    static constexpr const char* name = "two_thieves";
    static constexpr const char* property = "no element is taken twice, also where thieves see each other's steps";

    void thread(unsigned index) {
      if (index == 0) {
        this->push(0);
        this->push(1);
        this->pop();
      } else {
        this->steal();
      }
    }
  };

  struct in_order : shared<2, 2, 2> {
    static constexpr const char* name = "in_order";
    static constexpr const char* property = "the eldest is stolen first, the youngest popped first";

    void thread(unsigned index) {
      if (index == 0) {
        this->push(0);
        this->push(1);
        const int first = this->pop();
        const int second = this->pop();
        Engine::require(first != 0 || second == this->none, "0 is popped after 1");
        Engine::require(second != 1, "1 is popped before 0");
      } else {
        const int first = this->steal();
        const int second = this->steal();
        Engine::require(first != 1 || second == this->none, "0 is stolen before 1");
      }
    }
  };

  struct grows : shared<2, 3, 1> {
    static constexpr const char* name = "grows";
    static constexpr const char* property = "what is inside while the deque grows is stolen once, and whole";

    void thread(unsigned index) {
      if (index == 0) {
        for (const int item : {0, 1, 2}) this->push(item);
      } else {
        this->steal();
        this->steal();
      }
    }
  };

  // Whoever saw the position before it was taken must not get what has come to its slot since.
  template <unsigned Threads>
  struct slot_used_again : shared<Threads, 4, 2> {
    static constexpr const char* property = "a thief that is late does not get the element that its slot holds now";

    slot_used_again() {
      this->push(0);
      this->push(1);
    }
    void thread(unsigned index) {
      if (index == 0) {
        this->push(2);
        this->push(3);
        this->pop();
      } else {
        this->steal();
        if (Threads == 2) this->steal();
      }
    }
  };
  struct slot_used_again_one_thief : slot_used_again<2> {
    static constexpr const char* name = "slot_used_again_one_thief";
  };
  struct slot_used_again_two_thieves : slot_used_again<3> {
    static constexpr const char* name = "slot_used_again_two_thieves";
  };

  struct one_for_each : shared<2, 2, 2> {
    static constexpr const char* name = "one_for_each";
    static constexpr const char* property =
        "of two who take from a deque of two, nobody is told that it is empty or busy";

    one_for_each() {
      this->push(0);
      this->push(1);
    }
    void thread(unsigned index) {
      const int item = index == 0 ? this->pop() : this->steal();
      Engine::require(item != this->none, "there is one for each");
    }
  };

  // Owner and thief for one, then for another: what a pop leaves behind is good for the next push.
  struct emptied_again : shared<2, 2, 1> {
    static constexpr const char* name = "emptied_again";
    static constexpr const char* property = "a deque that was emptied takes and gives as a new one";

    void thread(unsigned index) {
      if (index == 0) {
        this->pop();
        for (const int item : {0, 1}) {
          this->push(item);
          this->pop();
        }
      } else {
        this->steal();
        this->steal();
      }
    }
  };
};

}  // namespace sluice::models
