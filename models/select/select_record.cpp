// SPDX-License-Identifier: BSL-1.0
// The paths through select that its model is about: selects against selects, without a buffer.
#include <optional>

#include <kit/record/platform.hpp>
#include <sluice/select.hpp>

namespace {

using platform = sluice::record::platform;
using channel = sluice::chan<int, platform>;
using sluice::record::recorder;

// Of two channels: pushes into the one or pops from the other.
void either(channel& to, channel& from) {
  sluice::select(sluice::on_push(to, 1, [](bool) {}), sluice::on_pop(from, [](const std::optional<int>&) {}));
}

void against_each_other() {
  recorder& rec = recorder::the();
  auto a = sluice::make_chan<int, platform>();
  auto b = sluice::make_chan<int, platform>();
  const auto one = [&] { either(a, b); };
  const auto other = [&] { either(b, a); };
  rec.path("sleeps", one, {{"wait", "wait", other}});
  rec.beside(one, {"wait", "wait", [&] { rec.path("fires", other); }});
}

}  // namespace

int main() { against_each_other(); }
