// SPDX-License-Identifier: BSL-1.0
// Commands of users go to what executes them and, each one too, to a log for auditors (tee).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <sluice/patterns.hpp>
#include <sluice/task.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::test::audit_tee_test {
namespace {

namespace p = sluice::patterns;

TEST(audit_tee, executes_and_logs_every_command) {
  std::vector<std::string> audit;
  int balance = 0;
  scheduler workers({.only_tasks = true});
  workers.run([&] {
    const auto [stop, done] = make_pipe<void>();
    const std::vector<std::string> users{"pay in 70", "pay out 30", "pay in 2"};
    const auto [to_execute, to_log] = p::tee(done, p::generator(done, users));
    wait_group auditor(1);
    go([&, log = to_log] {
      for (const auto& command : log) audit.push_back("user: " + command);
      auditor.done();
    });
    for (const auto& command : to_execute)
      balance += (command.starts_with("pay in") ? 1 : -1) * std::stoi(command.substr(command.rfind(' ')));
    auditor.wait();
  });
  EXPECT_EQ(balance, 42);
  EXPECT_EQ(audit, (std::vector<std::string>{"user: pay in 70", "user: pay out 30", "user: pay in 2"}));
  EXPECT_NO_THROW(workers.join());
}

}  // namespace
}  // namespace sluice::test::audit_tee_test
