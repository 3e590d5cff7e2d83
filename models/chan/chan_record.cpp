// SPDX-License-Identifier: BSL-1.0
// The paths through a channel that its proofs are about: with a buffer, and without.
#include <optional>
#include <stdexcept>

#include <chan/chan_seat_properties.hpp>
#include <kit/record/platform.hpp>
#include <sluice/chan.hpp>

namespace {

using platform = sluice::record::platform;
using channel = sluice::chan<int, platform>;
using sluice::record::recorder;

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}
channel of_one() { return sluice::make_chan<int, platform>(1); }
template <class Channel>
void try_push(Channel& c, sluice::conqueue_status expected) {
  require(c.try_push(1) == expected, "push answers otherwise");
}
template <class Channel>
void try_pop(Channel& c, sluice::conqueue_status expected) {
  const auto got = c.try_pop();
  require((got ? sluice::conqueue_status::success : got.error()) == expected, "pop answers otherwise");
}

void alone() {
  using enum sluice::conqueue_status;
  recorder& rec = recorder::the();
  channel c = of_one();
  rec.path("pop.none", [&] { try_pop(c, empty); });
  rec.path("push.moved", [&] { try_push(c, success); });
  rec.path("push.none", [&] { try_push(c, full); });
  rec.path("pop.moved", [&] { try_pop(c, success); });
  rec.path("close", [&] { c.close(); });
  rec.path("push.closed", [&] { try_push(c, closed); });
  rec.path("pop.closed", [&] { try_pop(c, closed); });
}

// A peer comes in between.
void beside_a_peer() {
  using enum sluice::conqueue_status;
  recorder& rec = recorder::the();
  channel c = of_one();
  const auto fill = [&] { try_push(c, success); };
  const auto drain = [&] { try_pop(c, success); };
  rec.path("push.overtaken", [&] { try_push(c, full); }, {{"claim_push", "compare_exchange_weak", fill}});
  rec.path("pop.overtaken", [&] { try_pop(c, empty); }, {{"claim_pop", "compare_exchange_weak", drain}});
  rec.path("push.behind", [&] { try_push(c, full); }, {{"turn_at", "load", fill}});
  rec.path("pop.behind", [&] { try_pop(c, empty); }, {{"turn_at", "load", drain}});
}

// The peer is in the middle of its slot; the channel would wait for it.
void beside_a_stalled_peer() {
  recorder& rec = recorder::the();
  sluice::detail::chan_ring<int, platform> r(1, sluice::detail::first_lap{}, false);
  int v = 1;
  const auto pop = [&] { require(r.pop([](int) {}) == sluice::detail::ring_answer::busy, "pop answers otherwise"); };
  rec.beside([&] { r.push(v); }, {"fill", "store", [&] { rec.path("pop.unfinished", pop); }});
}

// Who waits in line is served, by a peer that finds the bar.
void in_line() {
  recorder& rec = recorder::the();
  channel c = of_one();
  const auto pop = [&] { require(c.pop().has_value(), "a pop is not served"); };
  const auto push = [&] { require(c.push(1), "a push is not served"); };
  rec.path("pop.in_line", pop, {{"wait", "wait", push}});
  rec.beside(pop, {"wait", "wait", [&] { rec.path("push.hands_over", push); }});
  push();
  rec.beside(push, {"wait", "wait", [&] { rec.path("pop.exchanges", pop); }});
  rec.path("push.in_line", push, {{"wait", "wait", pop}});
}

// Without a buffer and a seat every operation takes the lock, but one that waits for nobody where nobody is.
void meets() {
  using enum sluice::conqueue_status;
  recorder& rec = recorder::the();
  auto c = sluice::make_chan<sluice::models::standing<int>, platform>(0);
  const auto pop = [&] { require(c.pop().has_value(), "a pop is not served"); };
  const auto push = [&] { require(c.push(1), "a push is not served"); };
  rec.path("meets.push.none", [&] { try_push(c, full); });
  rec.path("meets.pop.none", [&] { try_pop(c, empty); });
  rec.path("meets.push.in_line", push, {{"wait", "wait", pop}});
  rec.path("meets.pop.in_line", pop, {{"wait", "wait", push}});
  rec.beside(pop, {"wait", "wait", [&] { rec.path("meets.push.hands_over", push); }});
  rec.beside(push, {"wait", "wait", [&] { rec.path("meets.pop.takes_over", pop); }});
  rec.beside(pop, {"wait", "wait", [&] { rec.path("meets.try_push", [&] { try_push(c, success); }); }});
  rec.beside(push, {"wait", "wait", [&] { rec.path("meets.try_pop", [&] { try_pop(c, success); }); }});
  rec.path("meets.push.in_vain", [&] { try_push(c, full); });
  rec.path("meets.pop.in_vain", [&] { try_pop(c, empty); });
  rec.path("meets.close", [&] { c.close(); });
  rec.path("meets.push.closed", [&] { try_push(c, closed); });
  rec.path("meets.pop.closed", [&] { try_pop(c, closed); });
}

// A pop that waits at the seat is served, or refused, without a look at the line.
void meets_who_sits() {
  recorder& rec = recorder::the();
  auto c = sluice::make_chan<int, platform>(0);
  const auto pop = [&] { require(c.pop().has_value(), "a pop is not served"); };
  const auto push = [&] { require(c.push(1), "a push is not served"); };
  rec.path("meets.pop.sits", pop, {{"wait", "wait", push}});
  rec.beside(pop, {"wait", "wait", [&] { rec.path("meets.push.serves", push); }});
  rec.beside(pop, {"wait", "wait",
                   [&] { rec.path("meets.try_push.serves", [&] { try_push(c, sluice::conqueue_status::success); }); }});
  rec.path("meets.push.in_vain.at_seat", [&] { try_push(c, sluice::conqueue_status::full); });
  const auto refused = [&] { require(!c.pop().has_value(), "a pop is not refused"); };
  rec.beside(refused, {"wait", "wait", [&] { rec.path("meets.close.refuses", [&] { c.close(); }); }});
}

// A push that waits there with its element is taken from, or refused, likewise; and a pop that does not wait looks for one first.
void meets_an_offer() {
  using enum sluice::conqueue_status;
  recorder& rec = recorder::the();
  auto c = sluice::make_chan<int, platform>(0);
  const auto pop = [&] { require(c.pop().has_value(), "a pop is not served"); };
  const auto push = [&] { require(c.push(1), "a push is not served"); };
  rec.path("meets.pop.none.at_seat", [&] { try_pop(c, empty); });
  rec.path("meets.push.offers", push, {{"wait", "wait", pop}});
  rec.beside(push, {"wait", "wait", [&] { rec.path("meets.pop.takes", pop); }});
  rec.beside(push, {"wait", "wait", [&] { rec.path("meets.try_pop.takes", [&] { try_pop(c, success); }); }});
  const auto refused = [&] { require(!c.push(1), "a push is not refused"); };
  rec.beside(refused, {"wait", "wait", [&] { rec.path("meets.close.refuses_push", [&] { c.close(); }); }});
}

}  // namespace

int main() {
  alone();
  beside_a_peer();
  beside_a_stalled_peer();
  in_line();
  meets();
  meets_who_sits();
  meets_an_offer();
}
