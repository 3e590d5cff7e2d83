// SPDX-License-Identifier: BSL-1.0
// A request carries a context through those who work for it: who asked, and until when an answer is of use. The handler gives up at the
// deadline, and so does everybody below.
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include <sluice/cancel_guard.hpp>
#include <sluice/chan.hpp>
#include <sluice/context.hpp>
#include <sluice/result.hpp>
#include <sluice/select.hpp>
#include <sluice/stage.hpp>
#include <sluice/task.hpp>

namespace sluice::test::request_deadline_test {
namespace {

using namespace std::chrono_literals;

struct user {
  using type = std::string;
};

struct statistics {
  std::string of;
  int orders;
};

// The service: answers when `ready` has closed, unless nobody waits any more.
receiver<statistics> fetch(const context& ctx, const receiver<void>& ready) {
  return patterns::chan_owner<statistics>(ctx.done(), [ctx, ready](const auto& out) {
    select_biased(on_pop(out.done(), [](auto) {}), on_pop(ready, [](auto) {}));
    out.push({*ctx.value<user>(), 7});
  });
}

// The repository: what the service says, or why there is no time for it.
result<statistics> order_statistics(const context& ctx, const receiver<void>& ready) {
  result<statistics> answer = unexpected(error());
  select(on_pop(fetch(ctx, ready),
                [&](std::optional<statistics> s) {
                  if (s)
                    answer = *s;
                  else
                    answer = unexpected(error("no statistics", ctx.cause()));
                }),
         on_pop(ctx.done(), [&](auto) { answer = unexpected(error("no statistics", ctx.cause())); }));
  return answer;
}

// The handler: has so long.
std::string handle(const context& request, std::chrono::milliseconds limit, const receiver<void>& ready) {
  const auto [ctx, cancel] = with_timeout(request, limit);
  const cancel_guard end(cancel);
  const auto s = order_statistics(ctx, ready);
  if (!s) return s.error().is(context_errc::deadline_exceeded) ? "504 " + std::string(s.error().what()) : "500";
  return "200 " + s->of + " has " + std::to_string(s->orders) + " orders";
}

TEST(request_deadline, answers_in_time_or_says_that_it_cannot) {
  scheduler workers;
  workers.run([] {
    const context request = with_value<user>(background(), "ann");
    const auto ready = make_chan<void>();
    EXPECT_EQ(handle(request, 1ms, ready), "504 no statistics");
    ready.close();
    EXPECT_EQ(handle(request, 24h, ready), "200 ann has 7 orders");
  });
  workers.join();  // nobody goes on working for a request that is over
}

}  // namespace
}  // namespace sluice::test::request_deadline_test
