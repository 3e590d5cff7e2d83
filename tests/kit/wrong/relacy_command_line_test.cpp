// SPDX-License-Identifier: BSL-1.0
// The program of kit/relacy/main.hpp: what makes no sense is refused in the explorer's words, and what was not weakened is no pass.
// The clients pretend to be run by Relacy.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <kit/relacy/command_line.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace relacy_command_line_test {
namespace {

using namespace sluice::relacy;

request asked;
outcome holds(const request& r) {
  asked = r;
  seen_sites.note({"some/shop.hpp", 7, "put<int, shop<char>::rows>"}, "store", std::memory_order_release, 0);
  seen_sites.note({"some/shop.hpp", 8, "operator<"}, "load", std::memory_order_acquire, 0);
  if (the_weakening.concerns({"some/shop.hpp", 7, "put"}, "store", 0)) ++the_weakening.hits;
  return {.ok = true, .executions = r.executions, .result = "SUCCESS", .state = {}, .trace = {}};
}
outcome breaks(const request&) {
  return {.ok = false, .executions = 12, .result = "DATA RACE", .state = "12", .trace = "T0 writes\n"};
}
std::vector<entry> all_clients() {
  return {{"open", "nobody waits", 2, &holds}, {"shut", "nothing is lost", 3, &breaks}};
}

struct answer {
  int status;
  std::string out, err;
  nlohmann::json line() const { return nlohmann::json::parse(out); }
};
std::vector<std::string> split(const std::string& words) {
  std::vector<std::string> all;
  std::istringstream in(words);
  for (std::string w; in >> w;) all.push_back(w);
  return all;
}
answer ask(const std::string& options) {
  std::vector<std::string> arguments = split("program " + options);
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int status = main_of("shop", all_clients(), static_cast<int>(arguments.size()), argv.data());
  std::string out = testing::internal::GetCapturedStdout();
  return {status, std::move(out), testing::internal::GetCapturedStderr()};
}
void is_refused(const std::string& options, const std::string& words) {
  const answer a = ask(options);
  EXPECT_EQ(a.status, 2) << options;
  EXPECT_EQ(a.out, "") << options;
  EXPECT_NE(a.err.find(words), std::string::npos) << options << ": " << a.err;
}

TEST(RelacyCommandLine, WantsAClient) {
  is_refused("", "shop: --client NAME is required; --list names them");
  is_refused("--client nobody", "shop: no client 'nobody'; --list names them");
}
TEST(RelacyCommandLine, RefusesNumbersThatMakeNoSense) {
  is_refused("--client open --executions -5", "--executions: wants a whole number, 1 or more, not '-5'");
  is_refused("--client open --executions 0", "--executions: wants a whole number, 1 or more, not '0'");
  is_refused("--client open --scheduler bound --bound -1", "--bound: wants a whole number, 0 to 1000, not '-1'");
  is_refused("--client open --executions 010", "--executions: wants a number that does not begin with 0, not '010'");
  is_refused("--client open --replay w1/r1.0", "--replay: wants a whole number, 1 or more, not 'w1/r1.0'");
  is_refused("--client open --scheduler fair", "--scheduler: fair not in");
}
TEST(RelacyCommandLine, IgnoresNoOption) {
  is_refused("--client open --replay 3 --executions 9", "excludes");
  is_refused("--client open --scheduler full --executions 9", "--executions is for the scheduler `random`");
  is_refused("--client open --scheduler bound --replay 9", "--replay is for the scheduler `random`");
  is_refused("--client open --bound 3", "--bound is for the scheduler `bound`, not `random`");
  is_refused("--client open --text --json", "excludes");
}
TEST(RelacyCommandLine, RefusesAWeakeningThatWeakensNothing) {
  for (const char* wrong :
       {":1:load:0:relaxed", "a:0:load:0:relaxed", "a:x:load:0:relaxed", "a:-1:load:0:relaxed",
        "a:99999999999:load:0:relaxed", "a:1:lord:0:relaxed", "a:1:load:1:relaxed", "a:1:load:x:relaxed",
        "a:1:load:0:relax", "a:1:load:0:weak", "a:1:load:0", "a:1:load:0:acq_rel"})
    is_refused(std::string("--client open --weaken ") + wrong,
               std::string("--weaken wants FILE:LINE:OPERATION:WHICH:ORDER, not '") + wrong + "'");
}

TEST(RelacyCommandLine, AsksTheClientForWhatItWasAskedFor) {
  EXPECT_EQ(ask("--client open --executions 77").line().at("executions"), 77);
  ask("--client open --scheduler bound --bound 5");
  EXPECT_EQ(std::pair(asked.scheduler, asked.bound), std::pair(std::string("bound"), 5U));
  ask("--client open --replay 12");
  EXPECT_EQ(asked.replay, "12");
}
TEST(RelacyCommandLine, APassIsATest) {
  const answer a = ask("--client open --executions 9");
  EXPECT_EQ(a.status, 0);
  EXPECT_EQ(a.line().at("ok"), true);
  EXPECT_EQ(a.line().at("result"), "bounded testing: 9 executions by the scheduler `random`, no violation");
}
TEST(RelacyCommandLine, AWeakeningThatMeetsNothingIsNoPass) {
  const answer met = ask("--client open --weaken shop.hpp:7:store:0:relaxed");
  EXPECT_EQ(met.line().at("ok"), true);
  EXPECT_EQ(met.line().at("unmet"), false);
  const answer unmet = ask("--client open --weaken shop.hpp:8:store:0:relaxed");
  EXPECT_EQ(unmet.status, 0);
  EXPECT_TRUE(unmet.line().at("ok").is_null());
  EXPECT_EQ(unmet.line().at("unmet"), true);
  EXPECT_EQ(unmet.line().at("result").get<std::string>().find(
                "no operation of this client is made weaker by --weaken shop.hpp:8:store:0:relaxed (--sites shows"),
            0U)
      << unmet.out;
  const answer broken = ask("--client shut --weaken shop.hpp:8:store:0:relaxed");
  EXPECT_EQ(broken.line().at("ok"), false) << "what fails as it is written fails";
}
TEST(RelacyCommandLine, WhatOneRunWeakenedTheNextOneDoesNot) {
  ask("--client open --weaken shop.hpp:8:store:0:relaxed --sites");
  EXPECT_FALSE(ask("--client open").line().contains("unmet"));
  EXPECT_FALSE(ask("--client open").line().contains("sites"));
}

TEST(RelacyCommandLine, TellsPeople) {
  const std::string pass = ask("--client open --text --sites").out;
  EXPECT_EQ(pass.find("open: pass, bounded testing: 10000 executions"), 0U) << pass;
  EXPECT_NE(pass.find("  shop.hpp:7:store:0, release in put\n"), std::string::npos) << pass;
  EXPECT_NE(pass.find("  shop.hpp:8:load:0, acquire in operator<\n"), std::string::npos) << pass;
  EXPECT_EQ(pass.find("again: "), std::string::npos) << pass;
  const std::string fail = ask("--client shut --text --weaken shop.hpp:7:store:0:relaxed").out;
  EXPECT_EQ(fail.find("shut: fail, DATA RACE\n"), 0U) << fail;
  EXPECT_NE(fail.find("T0 writes"), std::string::npos) << fail;
  EXPECT_NE(fail.find("again: --client shut --weaken shop.hpp:7:store:0:relaxed --replay 12\n"), std::string::npos)
      << fail;
}
TEST(RelacyCommandLine, ListsForPeopleAndForPrograms) {
  EXPECT_EQ(ask("--list --text").out, "open, 2 threads: nobody waits\nshut, 3 threads: nothing is lost\n");
  const std::string lines = ask("--list").out;
  EXPECT_EQ(lines, ask("--list --json").out);
  EXPECT_EQ(nlohmann::json::parse(lines.substr(0, lines.find('\n'))).at("client"), "open");
}

struct terminal {
  terminal() : own(posix_openpt(O_RDWR | O_NOCTTY)) {
    if (own >= 0 && grantpt(own) == 0 && unlockpt(own) == 0) shown = open(ptsname(own), O_RDWR | O_NOCTTY);
  }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;
  ~terminal() {
    close(own);
    close(shown);
  }
  int own, shown = -1;
};
TEST(RelacyCommandLine, TellsPeopleWhereThereIsATerminal) {
  const terminal it;
  ASSERT_GE(it.shown, 0);
  EXPECT_TRUE(sluice::kit::audience{}.is_people(it.shown));
  EXPECT_FALSE((sluice::kit::audience{.json = true}.is_people(it.shown)));
}

}  // namespace
}  // namespace relacy_command_line_test
