// What its author checks of it: that it holds with the order it has, and that the kit finds what a weaker one breaks.
#include <kit/explore/main.hpp>

#include "mailbox.hpp"

template <class Engine, std::memory_order Publish>
struct takes_what_was_posted {
  static constexpr const char* property = "what is taken was posted, and nothing is taken twice";
  static constexpr unsigned threads = 2;
  mailbox<typename Engine::platform, Publish> box;
  int taken[2]{};

  void thread(unsigned index) {
    if (index == 0) {
      box.post(1);
      box.post(2);
    } else {
      for (int& t : taken) t = box.take();
    }
  }
  void finish() { Engine::require(taken[0] == 0 || taken[0] != taken[1], "no message is taken twice"); }
};

using engine = sluice::explore::engine;
struct holds : takes_what_was_posted<engine, std::memory_order::acq_rel> {
  static constexpr const char* name = "holds";
};
struct is_broken : takes_what_was_posted<engine, std::memory_order::relaxed> {
  static constexpr const char* name = "is_broken";
};

int main(int argc, char** argv) {
  return sluice::explore::main_of("mailbox", sluice::explore::entries<holds, is_broken>(), argc, argv);
}
