#include <kit/explore/main.hpp>

#include "handover.hpp"

template <class Engine>
struct is_taken_as_put {
  static constexpr const char* name = "is_taken_as_put";
  static constexpr const char* property = "what is taken is what was put";
  static constexpr unsigned threads = 2;
  handover<typename Engine::platform> it;

  void thread(unsigned index) {
    if (index == 0) return it.put(7);
    if (const std::optional<int> value = it.take()) Engine::require(*value == 7, "it is what was put");
  }
  void finish() {}
};

int main(int argc, char** argv) {
  using sluice::explore::engine;
  return sluice::explore::main_of("handover", sluice::explore::entries<is_taken_as_put<engine>>(), argc, argv);
}
