// SPDX-License-Identifier: BSL-1.0
// The paths through mpmc_ring that its proofs are about.
#include <memory>
#include <stdexcept>

#include <kit/record/platform.hpp>
#include <sluice/mpmc_ring.hpp>

namespace {

using ring = sluice::mpmc_ring<int, std::allocator<int>, sluice::record::platform>;
using sluice::record::recorder;

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}
void push(ring& r, sluice::conqueue_status expected) { require(r.try_push(1) == expected, "push answers otherwise"); }
void pop(ring& r, sluice::conqueue_status expected) {
  const auto got = r.try_pop();
  require((got ? sluice::conqueue_status::success : got.error()) == expected, "pop answers otherwise");
}

void alone() {
  using enum sluice::conqueue_status;
  recorder& rec = recorder::the();
  ring r(1);
  rec.path("pop.empty", [&] { pop(r, empty); });
  rec.path("push.success", [&] { push(r, success); });
  rec.path("push.full", [&] { push(r, full); });
  rec.path("pop.success", [&] { pop(r, success); });
  rec.path("close", [&] { r.close(); });
  rec.path("push.closed", [&] { push(r, closed); });
  rec.path("pop.closed", [&] { pop(r, closed); });
}

// A peer comes in between: it was faster, or it is in the middle of its operation.
void beside_a_peer() {
  using enum sluice::conqueue_status;
  recorder& rec = recorder::the();
  ring r(1);
  const auto fill = [&] { push(r, success); };
  const auto drain = [&] { pop(r, success); };
  rec.path("push.overtaken", [&] { push(r, full); }, {{"claim_push", "compare_exchange_weak", fill}});
  rec.path("pop.overtaken", [&] { pop(r, empty); }, {{"claim_pop", "compare_exchange_weak", drain}});
  rec.path("push.behind", [&] { push(r, full); }, {{"push_turn", "load", fill}});
  rec.path("pop.behind", [&] { pop(r, empty); }, {{"pop_turn", "load", drain}});
  rec.path("pop.closed_meanwhile", [&] { pop(r, closed); }, {{"pop_turn", "load", [&] { r.close(); }}});
  ring stalled(1);
  rec.beside([&] { push(stalled, success); },
             {"fill", "store", [&] { rec.path("pop.busy", [&] { pop(stalled, busy); }); }});
  rec.beside([&] { pop(stalled, success); },
             {"~consumption", "store", [&] { rec.path("push.busy", [&] { push(stalled, busy); }); }});
}

}  // namespace

int main() {
  alone();
  beside_a_peer();
}
