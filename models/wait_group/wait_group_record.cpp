// SPDX-License-Identifier: BSL-1.0
// The paths through wait_group that its proofs are about.
#include <kit/record/platform.hpp>
#include <sluice/wait_group.hpp>

int main() {
  sluice::record::recorder& rec = sluice::record::recorder::the();
  sluice::basic_wait_group<sluice::record::platform> g;
  const auto wait = [&] { g.wait(); };
  const auto done = [&] { g.done(); };
  rec.path("add", [&] { g.add(); });
  rec.path("done", done);
  rec.path("wait.none_left", wait);
  g.add();
  rec.path("wait.overtaken", wait, {{"wait_registered", "load", done}});
  g.add();
  rec.path("wait.sleeps", wait, {{"wait_registered", "wait", done}});
  g.add();
  rec.beside(wait, {"wait_registered", "wait", [&] { rec.path("done.wakes", done); }});
}
