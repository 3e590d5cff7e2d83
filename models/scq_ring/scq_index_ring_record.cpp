// SPDX-License-Identifier: BSL-1.0
// The paths through scq_index_ring that its proof is about.
#include <memory>
#include <stdexcept>

#include <kit/record/platform.hpp>
#include <sluice/detail/scq_index_ring.hpp>

namespace {

using ring = sluice::detail::scq_index_ring<std::allocator<int>, sluice::record::platform>;
using sluice::record::recorder;

void take(ring& r, bool there) {
  if (r.dequeue().has_value() != there) throw std::logic_error("dequeue answers otherwise");
}

void alone() {
  recorder& rec = recorder::the();
  ring r(2, 4, 0, {});
  rec.path("dequeue.empty", [&] { take(r, false); });
  rec.path("enqueue.first", [&] { r.enqueue(0); });
  rec.path("enqueue", [&] { r.enqueue(1); });
  rec.path("dequeue", [&] { take(r, true); });
  take(r, true);
  rec.path("dequeue.last", [&] { take(r, false); });
}

// A peer comes in between: it was faster, or it has gone by.
void beside_a_peer() {
  recorder& rec = recorder::the();
  ring r(1, 4, 0, {});
  const auto fill_and_drain = [&] { r.enqueue(0), take(r, true); };
  fill_and_drain();
  rec.path("enqueue.passed", [&] { r.enqueue(0); }, {{"enqueue", "load", [&] { take(r, false); }}});
  take(r, true);
  rec.path("dequeue.caught_up", [&] { take(r, false); }, {{"catch_up", "compare_exchange_weak", fill_and_drain}});
  rec.path("dequeue.goes_on", [&] { take(r, true); },
           {{"pass", "compare_exchange_weak", [&] { take(r, false), r.enqueue(0); }}});
}

// An entry that a dequeuer of a later lap has gone by while an index was inside.
void unsafe() {
  recorder& rec = recorder::the();
  ring r(1, 4, 0, {});
  r.enqueue(0);
  rec.beside([&] { take(r, true); }, {"dequeue", "fetch_or", [&] { take(r, false), take(r, false); }});
  r.enqueue(0);
  take(r, true);
  rec.path("enqueue.unsafe", [&] { r.enqueue(0); });
}

}  // namespace

int main() {
  alone();
  beside_a_peer();
  unsafe();
}
