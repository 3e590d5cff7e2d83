// SPDX-License-Identifier: BSL-1.0
// The paths through work_pool that its model is about: one worker, and items that come through the line.
#include <stdexcept>

#include <kit/record/platform.hpp>
#include <sluice/detail/work_pool.hpp>

namespace {

using platform = sluice::record::platform;
using sluice::record::recorder;

struct item {
  platform::var<item*> pool_next{nullptr};
};
using pool = sluice::detail::work_pool<item, platform>;

const auto unheard = [](bool) {};

void require(bool holds) {
  if (!holds) throw std::logic_error("the pool does otherwise");
}

void awake() {
  pool p(1);
  item one;
  recorder::the().path("push", [&] { p.push_last(&one); });
  recorder::the().path("next.at_hand", [&] { require(p.next(0, unheard) == &one); });
  recorder::the().path("close", [&] { p.close(); });
}

void asleep() {
  recorder& rec = recorder::the();
  pool p(1);
  item one;
  const auto push = [&] { p.push_last(&one); };
  const auto next = [&] { require(p.next(0, unheard) == &one); };
  rec.path("next.sleeps", next, {{"wait", "wait", push}});
  rec.beside(next, {"wait", "wait", [&] { rec.path("push.wakes", push); }});
  rec.beside([&] { require(p.next(0, unheard) == nullptr); },
             {"wait", "wait", [&] { rec.path("close.wakes", [&] { p.close(); }); }});
}

}  // namespace

int main() {
  awake();
  asleep();
}
