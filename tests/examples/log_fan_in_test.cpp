// SPDX-License-Identifier: BSL-1.0
// Three services write logs, each into a channel of its own; whoever reads them sees one: by select, as one would by hand, or by fan_in.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include <sluice/patterns.hpp>
#include <sluice/task.hpp>

namespace sluice::test::log_fan_in_test {
namespace {

namespace p = sluice::patterns;
using line = std::string;

receiver<line> service(const receiver<void>& done, line says, int times) {
  return p::chan_owner<line>(done, [says = std::move(says), times](const auto& out) {
    for (int i = 0; i != times; ++i)
      if (!out.push(says)) return;
  });
}

// What comes of any of the three, until all have closed. A nil channel is never ready: so one that has closed leaves the select.
receiver<line> merge(const receiver<void>& done, receiver<line> one, receiver<line> two, receiver<line> three) {
  return p::chan_owner<line>(done, [one, two, three](const auto& out) mutable {
    bool wanted = true;
    const auto forward = [&](std::optional<line> l) {
      if (l) wanted = out.push(*std::move(l));
      return l.has_value();
    };
    while (wanted && (one || two || three)) {
      bool open = true;
      const auto pass = [&](std::optional<line> l) { open = forward(std::move(l)); };
      const auto which = select(on_pop(one, pass), on_pop(two, pass), on_pop(three, pass),
                                on_pop(out.done(), [&](auto) { wanted = false; }));
      if (!open) (which == 0 ? one : which == 1 ? two : three) = {};
    }
  });
}

std::map<line, int> count(const receiver<line>& lines) {
  std::map<line, int> all;
  for (const line& l : lines) ++all[l];
  return all;
}

TEST(log_fan_in, brings_what_three_services_say_together) {
  scheduler workers({.only_tasks = true});
  const std::map<line, int> expected{{"auth: user login", 3}, {"order: new order", 5}, {"payment: done", 2}};
  for (const bool by_hand : {true, false}) {
    const auto seen = workers.run([&] {
      const auto [stop, done] = make_pipe<void>();
      const auto auth = service(done, "auth: user login", 3);
      const auto order = service(done, "order: new order", 5);
      const auto payment = service(done, "payment: done", 2);
      return count(by_hand ? merge(done, auth, order, payment) : p::fan_in(done, auth, order, payment));
    });
    EXPECT_EQ(seen, expected);
  }
  EXPECT_NO_THROW(workers.join()) << "a task is left";
}

}  // namespace
}  // namespace sluice::test::log_fan_in_test
