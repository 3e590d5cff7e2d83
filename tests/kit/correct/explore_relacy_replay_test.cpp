// SPDX-License-Identifier: BSL-1.0
// What a run under Relacy calls the execution that failed leads to that one alone, and to an end where it fails no more.
#include <gtest/gtest.h>

#include <kit/relacy/run.hpp>
#include <string>
#include <utility>

namespace explore_relacy_replay_test {
namespace {

using engine = sluice::relacy::engine;
using sluice::relacy::outcome;
using sluice::relacy::request;
constexpr int store_line = __LINE__ + 13;

template <std::memory_order Order>
struct handover {
  static constexpr const char* name = "handover";
  static constexpr const char* property = "what is taken is what was put";
  static constexpr unsigned threads = 2;
  engine::platform::var<int> value{0};
  engine::platform::atomic<bool> full{false};

  void thread(unsigned i) {
    if (i == 0) {
      value.store(1);
      full.store(true, Order);  // store_line
    } else if (full.load(std::memory_order_acquire)) {
      value.load();
    }
  }
  void finish() {}
};
outcome run_racy(const request& r) { return sluice::relacy::run<handover<std::memory_order_relaxed>>(r); }
outcome run_right(const request& r) { return sluice::relacy::run<handover<std::memory_order_release>>(r); }

TEST(ExploreRelacyReplay, RunsTheExecutionThatFailedAndNoOther) {
  const outcome first = run_racy({});
  ASSERT_FALSE(first.ok);
  ASSERT_EQ(first.state, std::to_string(first.executions));
  const outcome again = run_racy({.replay = first.state});
  EXPECT_EQ(again.result, first.result);
  EXPECT_EQ(again.state, first.state);
  EXPECT_EQ(again.executions, 1U);
}
TEST(ExploreRelacyReplay, EndsWhereTheExecutionFailsNoMore) {
  const outcome mended = run_right({.executions = 5, .replay = "70"});
  EXPECT_TRUE(mended.ok);
  EXPECT_EQ(mended.executions, 1U);
}
TEST(ExploreRelacyReplay, WhoGoesThroughThemInTurnNeedsNoName) {
  const outcome o = run_racy({.scheduler = "full"});
  EXPECT_FALSE(o.ok);
  EXPECT_EQ(o.state, "");
}
TEST(ExploreRelacyReplay, AnOrderThatIsNoWeakerWeakensNothing) {
  using sluice::relacy::the_weakening;
  for (const auto& [to, is_met] : {std::pair(std::memory_order_release, false),
                                   {std::memory_order_seq_cst, false},
                                   {std::memory_order_relaxed, true}}) {
    the_weakening = {
        .file = "explore_relacy_replay_test.cpp", .line = store_line, .operation = "store", .to = to, .active = true};
    EXPECT_EQ(run_right({}).ok, !is_met);
    EXPECT_EQ(the_weakening.hits != 0, is_met);
    the_weakening = {};
  }
}
TEST(ExploreRelacyReplay, ATraceBeginsWithWhatIsWrong) {
  EXPECT_EQ(run_racy({}).trace.find("DATA RACE"), 0U) << run_racy({}).trace;
}

}  // namespace
}  // namespace explore_relacy_replay_test
