// SPDX-License-Identifier: BSL-1.0
#pragma once
// How the clients of stillness ask it. What is asked, and of whom, comes from outside, so that it can be asked the wrong way: see
// tests/kit/wrong.
#include <cstddef>
#include <cstdint>

namespace sluice::models {

// How what is around the workers is asked, and who waits: as it is.
struct as_it_is {
  template <class Platform>
  using platform = Platform;
  template <class Around>
  using around = Around;
  template <class Done>
  using done = Done;
};

// What a scheduler has, but for what a client overrides.
struct around_no_clock {
  bool clocks_rest() const { return true; }
  std::uint64_t clock_did() const { return 0; }
  bool nothing_lies() const { return true; }
  bool only_tasks() const { return true; }
  bool nobody_else(std::size_t) const { return true; }
};

// No time passes: who sleeps is woken, or sleeps for ever.
template <class Base>
struct timeless_platform : Base {
  template <class Word>
  static auto wait(Word& word, std::uint32_t seen, typename Base::time_point) {
    return Base::wait(word, seen);
  }
  template <class Word>
  static auto wait(Word& word, std::uint32_t seen) {
    return Base::wait(word, seen);
  }
};

inline constexpr auto never = [] { return false; };

// Waits as scheduler::join and run do.
template <class How, class Stillness, class Done, class Around>
bool ends(Stillness& still, const Done& done, const Around& around) {
  return still.wait_until(typename How::template done<Done>(done), typename How::template around<Around>(around));
}
// Looks at some moment, as who waits does.
template <class How, class Stillness, class Done, class Around>
bool is_taken_for_the_end(Stillness& still, const Done& done, const Around& around) {
  return still.look(done, typename How::template around<Around>(around)) == Stillness::sight::nothing;
}

}  // namespace sluice::models
