// SPDX-License-Identifier: BSL-1.0
// The paths through timer_heap that its model is about.
#include <chrono>
#include <stdexcept>

#include <kit/record/platform.hpp>
#include <sluice/detail/timer_heap.hpp>

namespace {

using platform = sluice::record::platform;
using heap = sluice::detail::timer_heap<platform>;
using sluice::record::recorder;
using std::chrono::hours;

const auto nothing = [](heap::timer&, platform::time_point) { return platform::no_deadline; };

void require(bool holds) {
  if (!holds) throw std::logic_error("the heap answers otherwise");
}

}  // namespace

int main() {
  recorder& rec = recorder::the();
  heap h;
  heap::timer sooner(nothing);
  heap::timer later(nothing);
  heap::timer due(nothing);
  const auto now = platform::now();
  rec.path("arm", [&] { h.arm(sooner, now + hours(1)); });
  rec.path("arm.later", [&] { h.arm(later, now + hours(2)); });
  rec.path("disarm", [&] { require(h.disarm(sooner)); });
  require(h.disarm(later));
  h.arm(due, now);
  heap idle;
  rec.path("run.sleeps", [&] { idle.run(); }, {{"run", "wait", [&] { rec.path("stop", [&] { idle.stop(); }); }}});
  rec.path("run.fires", [&] { h.run(); }, {{"run", "wait", [&] { h.stop(); }}});
  require(!h.disarm(due));
}
