// SPDX-License-Identifier: BSL-1.0
// The paths through bounded_queue that its model is about.
#include <memory>
#include <stdexcept>

#include <kit/record/platform.hpp>
#include <sluice/bounded_queue.hpp>

namespace {

using queue = sluice::bounded_queue<int, std::allocator<int>, sluice::record::platform>;
using sluice::record::recorder;

void require(bool holds) {
  if (!holds) throw std::logic_error("the queue answers otherwise");
}

void asleep_and_awake() {
  recorder& rec = recorder::the();
  queue q(1);
  const auto push = [&] { require(q.push(1)); };
  const auto pop = [&] { require(q.pop().has_value()); };
  rec.path("push", push);
  rec.path("pop", pop);
  rec.path("pop.sleeps", pop, {{"wait", "wait", push}});
  push();
  rec.path("push.sleeps", push, {{"wait", "wait", pop}});
  pop();
  rec.beside(pop, {"wait", "wait", [&] { rec.path("push.wakes", push); }});
  rec.beside([&] { require(!q.pop()); }, {"wait", "wait", [&] { rec.path("close", [&] { q.close(); }); }});
}

void beside_a_peer() {
  recorder& rec = recorder::the();
  queue q(1);
  const auto fill = [&] { require(q.push(1)); };
  const auto drain = [&] { require(q.pop().has_value()); };
  const auto refused = [&] { require(q.try_push(2) == sluice::conqueue_status::full); };
  const auto in_vain = [&] { require(!q.try_pop()); };
  rec.path("push.behind", refused, {{"push_turn", "load", fill}});
  rec.path("pop.behind", in_vain, {{"pop_turn", "load", drain}});
  rec.beside(fill, {"fill", "store", [&] { rec.path("pop.busy", in_vain); }});
  drain();
  q.close();
  rec.path("push.closed", [&] { require(!q.push(1)); });
}

}  // namespace

int main() {
  asleep_and_awake();
  beside_a_peer();
}
