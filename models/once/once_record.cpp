// SPDX-License-Identifier: BSL-1.0
// The paths through once that its proofs are about.
#include <functional>
#include <stdexcept>

#include <kit/record/platform.hpp>
#include <sluice/once.hpp>

namespace {

using once = sluice::basic_once<sluice::record::platform>;
using sluice::record::recorder;

const auto nothing = [] {};

void first_and_again() {
  once o;
  recorder::the().path("first", [&] { o.call(nothing); });
  recorder::the().path("again", [&] { o.call(nothing); });
}

void throws() {
  once o;
  const auto thrown = [&] {
    try {
      o.call([] { throw std::runtime_error("in vain"); });
    } catch (const std::runtime_error&) {
      return;
    }
    throw std::logic_error("the exception is gone");
  };
  recorder::the().path("throws", thrown);
  if (o.done()) throw std::logic_error("done in vain");
}

// A peer is done between the two looks, or is at it while somebody waits.
void beside_a_peer() {
  recorder& rec = recorder::the();
  once overtaken;
  rec.path("overtaken", [&] { overtaken.call(nothing); }, {{"call_slowly", "load", [&] { overtaken.call(nothing); }}});
  // Nobody can wake it, for its peer is this thread: the path ends where it falls asleep.
  struct asleep {};
  once slow;
  const auto waits = [&] {
    try {
      slow.call(nothing);
    } catch (const asleep&) {
    }
  };
  slow.call([&] { rec.path("sleeps", waits, {{"call_slowly", "wait", [] { throw asleep{}; }}}); });
}

}  // namespace

int main() {
  first_and_again();
  throws();
  beside_a_peer();
}
