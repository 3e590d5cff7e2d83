// SPDX-License-Identifier: BSL-1.0
// The paths through a channel with a buffer that its model is about.
#include <optional>
#include <stdexcept>

#include <kit/record/platform.hpp>
#include <sluice/chan.hpp>

namespace {

using platform = sluice::record::platform;
using channel = sluice::chan<int, platform>;
using sluice::record::recorder;

void push(channel& c, bool expected) {
  if (c.push(1) != expected) throw std::logic_error("push answers otherwise");
}
void pop(channel& c, bool expected) {
  if (c.pop().has_value() != expected) throw std::logic_error("pop answers otherwise");
}

void alone() {
  recorder& rec = recorder::the();
  auto c = sluice::make_chan<int, platform>(1);
  rec.path("push", [&] { push(c, true); });
  rec.path("pop", [&] { pop(c, true); });
  rec.path("close", [&] { c.close(); });
  rec.path("push.closed", [&] { push(c, false); });
  rec.path("pop.closed", [&] { pop(c, false); });
}

// One that stands in line, and the peer that serves it.
void in_line() {
  recorder& rec = recorder::the();
  auto c = sluice::make_chan<int, platform>(1);
  const auto pushes = [&] { push(c, true); };
  const auto pops = [&] { pop(c, true); };
  rec.path("pop.lines_up", pops, {{"wait", "wait", pushes}});
  rec.beside(pops, {"wait", "wait", [&] { rec.path("push.serves", pushes); }});
  pushes();
  rec.path("push.lines_up", pushes, {{"wait", "wait", pops}});
  rec.beside(pushes, {"wait", "wait", [&] { rec.path("pop.serves", pops); }});
}

void refused() {
  recorder& rec = recorder::the();
  auto empty = sluice::make_chan<int, platform>(1);
  rec.beside([&] { pop(empty, false); },
             {"wait", "wait", [&] { rec.path("close.refuses_pop", [&] { empty.close(); }); }});
  auto full = sluice::make_chan<int, platform>(1);
  push(full, true);
  rec.beside([&] { push(full, false); },
             {"wait", "wait", [&] { rec.path("close.refuses_push", [&] { full.close(); }); }});
}

}  // namespace

int main() {
  alone();
  in_line();
  refused();
}
