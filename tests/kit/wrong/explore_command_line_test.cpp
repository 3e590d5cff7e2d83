// SPDX-License-Identifier: BSL-1.0
// The program of kit/explore/main.hpp: what makes no sense is refused, with the value and what to do; a pass says its bounds.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <kit/explore/main.hpp>
#include <kit/weaker_order.hpp>
#include <string>
#include <vector>

#include "../enumerator/structures.hpp"

namespace explore_command_line_test {
namespace {

using namespace sluice::explore;
using namespace structures;

struct handover : base<engine, 2> {
  static constexpr const char* name = "handover";
  engine::platform::var<int> value{0};
  engine::platform::atomic<bool> full{false};
  void thread(unsigned i) {
    if (i == 0) {
      value.store(1);
      full.store(true, release);
    } else if (full.load(acquire)) {
      value.load();
    }
  }
};
constexpr int store_line = __LINE__ - 6;

struct weak_once : base<engine, 2> {
  static constexpr const char* name = "weak_once";
  engine::platform::atomic<int> x{0};
  void thread(unsigned i) {
    if (i == 1) return;
    int expected = 0;
    engine::require(x.compare_exchange_weak(expected, 1, acq_rel, relaxed), "succeeds");
  }
};
struct alike : base<engine, 3> {
  static constexpr const char* name = "alike";
  static constexpr unsigned role(unsigned) { return 0; }
  engine::platform::atomic<int> x{0};
  void thread(unsigned) {
    x.fetch_add(1, relaxed);
    x.load(relaxed);
  }
};

struct is_killed : base<engine, 2> {
  static constexpr const char* name = "is_killed";
  void thread(unsigned) { raise(SIGKILL); }
};

struct answer {
  int status;
  std::string out, err;
  nlohmann::json line() const { return nlohmann::json::parse(out); }
};
answer ask(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "program");
  std::vector<char*> argv;
  for (std::string& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int status = main_of("shop", entries<handover, weak_once, alike, is_killed>(),
                             static_cast<int>(arguments.size()), argv.data());
  std::string out = testing::internal::GetCapturedStdout();
  return {status, std::move(out), testing::internal::GetCapturedStderr()};
}
std::vector<std::string> split(const std::string& words) {
  std::vector<std::string> all;
  std::istringstream in(words);
  for (std::string w; in >> w;) all.push_back(w);
  return all;
}
void is_refused(const std::string& options, const std::string& words) {
  const answer a = ask(split(options));
  EXPECT_EQ(a.status, 2) << options;
  EXPECT_EQ(a.out, "") << options;
  EXPECT_NE(a.err.find(words), std::string::npos) << options << ": " << a.err;
}

using sluice::kit::is_weaker;
static_assert(is_weaker(std::memory_order_relaxed, std::memory_order_release) &&
              is_weaker(std::memory_order_acquire, std::memory_order_acq_rel) &&
              is_weaker(std::memory_order_acq_rel, std::memory_order_seq_cst));
static_assert(!is_weaker(std::memory_order_acquire, std::memory_order_release) &&
              !is_weaker(std::memory_order_seq_cst, std::memory_order_acq_rel) &&
              !is_weaker(std::memory_order_relaxed, std::memory_order_relaxed));

TEST(ExploreCommandLine, WantsAClient) {
  is_refused("", "--client NAME is required; --list names them");
  is_refused("--client nobody", "no client 'nobody'; --list names them");
}
TEST(ExploreCommandLine, RefusesNumbersThatMakeNoSense) {
  is_refused("--client alike --executions -5", "--executions: wants a whole number, 1 or more, not '-5'");
  is_refused("--client alike --walk 0", "--walk: wants a whole number, 1 or more, not '0'");
  is_refused("--client alike --walk -1", "--walk: wants a whole number, 1 or more, not '-1'");
  is_refused("--client alike --estimate 1.5", "--estimate: wants a whole number, 1 or more, not '1.5'");
  is_refused("--client alike --states --preemptions -1", "--preemptions: wants a whole number, 0 to 1000, not '-1'");
  is_refused("--client alike --states --seed -1", "--seed: wants a whole number, 0 or more, not '-1'");
  is_refused("--client alike --walk 9 --depth 0", "--depth: wants a whole number, 1 to 100, not '0'");
  is_refused("--client alike --spurious 4294967295", "--spurious: wants a whole number, 0 to 100");
  is_refused("--client alike --executions 010", "--executions: wants a number that does not begin with 0, not '010'");
  is_refused("--client alike --jobs 0", "--jobs: wants a whole number, 1 to 1024, not '0'");
  is_refused("--client alike --seconds -1", "--seconds: wants a number above 0, not '-1'");
  is_refused("--client alike --seconds nan", "--seconds: wants a number above 0, not 'nan'");
}
// Nobody bounded what these do not know.
TEST(ExploreCommandLine, ASearchThatBreaksDownIsAFailure) {
  const answer killed = ask({"--client", "is_killed", "--jobs", "2"});
  EXPECT_EQ(killed.status, 3);
  EXPECT_TRUE(killed.line().at("ok").is_null());
  EXPECT_EQ(killed.line().at("result"), "a worker was ended by signal 9");

  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{32, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const answer too_many = ask({"--client", "alike", "--jobs", "64"});
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(too_many.status, 3);
  EXPECT_EQ(too_many.out, "");
  EXPECT_NE(too_many.err.find("--jobs 64: a pipe for a worker: Too many open files"), std::string::npos)
      << too_many.err;
}
TEST(ExploreCommandLine, IgnoresNoOption) {
  is_refused("--client alike --model ra --weakest", "--weakest excludes --model");
  is_refused("--client alike --seed 3", "--seed says in which order --states, --walk or --estimate goes");
  is_refused("--client alike --replay w1 --walk 3", "--replay");
  is_refused("--client alike --replay w1 --states", "--replay");
  is_refused("--client alike --replay w1 --estimate 3", "--replay");
  is_refused("--client alike --replay w1 --weakest", "--replay");
  is_refused("--client alike --states --model tso", "--states knows the models rc20 and ra, not tso");
  is_refused("--client alike --depth 3", "--depth requires --walk");
  is_refused("--client alike --text --json", "excludes");
  is_refused("--client alike --merge some", "excludes");
}
TEST(ExploreCommandLine, RefusesATokenOfAnotherClient) {
  is_refused("--client alike --replay garbage",
             "--replay: not a token of this client: decision 0 of lane 1, 'garbage'");
  is_refused("--client alike --replay r9.9", "--replay: not a token of this client: decision 0 of lane 1 is a read");
  const answer a = ask({"--client", "alike", "--replay", ""});
  EXPECT_EQ(a.status, 2);
  EXPECT_NE(a.err.find("--replay wants a token, not ''"), std::string::npos) << a.err;
}

TEST(ExploreCommandLine, APassSaysHowOftenAFailureWasSpurious) {
  EXPECT_EQ(ask({"--client", "weak_once"}).line().at("result"), "every execution, none with a spurious failure");
  EXPECT_EQ(ask({"--client", "weak_once"}).line().at("spurious"), 0);
  EXPECT_EQ(ask({"--client", "weak_once", "--states"}).line().at("result"),
            "every state, none with a spurious failure");
  EXPECT_EQ(ask({"--client", "weak_once", "--spurious", "1"}).status, 1);
  EXPECT_EQ(ask({"--client", "alike", "--spurious", "2"}).line().at("result"),
            "every execution with at most 2 spurious failures per thread");
}

std::string at_store(const std::string& rest) {
  return "explore_command_line_test.cpp:" + std::to_string(store_line) + rest;
}
TEST(ExploreCommandLine, AWeakeningThatMeetsNothingIsNoPass) {
  EXPECT_EQ(ask({"--client", "handover", "--weaken", at_store(":store:0:relaxed")}).status, 1);
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--jobs", "2"}}) {
    for (const char* no_weaker : {":load:0:relaxed", ":store:0:release", ":store:0:seq_cst"}) {
      std::vector<std::string> all = {"--client", "handover", "--weaken", at_store(no_weaker)};
      all.insert(all.end(), more.begin(), more.end());
      const nlohmann::json line = ask(all).line();
      EXPECT_TRUE(line.at("ok").is_null());
      EXPECT_EQ(line.at("unmet"), true);
      EXPECT_NE(line.at("result").get<std::string>().find("no operation of this client is made weaker"),
                std::string::npos);
    }
  }
}
TEST(ExploreCommandLine, RefusesAWeakeningThatWeakensNothing) {
  const std::string wants = "--weaken wants FILE:LINE:OPERATION:WHICH:ORDER, not ";
  for (const char* wrong : {":1:load:0:relaxed", "a:0:load:0:relaxed", "a:1x:load:0:relaxed", "a:-1:load:0:relaxed",
                            "a:1:lord:0:relaxed", "a:1:load:1:relaxed", "a:1:load:2:relaxed", "a:1:load:0:relax",
                            "a:1:load:0:weak", "a:1:compare_exchange_strong:1:weak", "a:1:load:0",
                            "a:1:load:0:relaxed:", "a:1:load:0:release", "a:1:store:0:acquire", "a:1:store:0:acq_rel",
                            "a:1:compare_exchange_weak:1:acq_rel", "a:1:fence_light:0:acquire"})
    is_refused(std::string("--client handover --weaken ") + wrong, wants + "'" + wrong + "'");
  is_refused("--client handover --weaken a:1:compare_exchange_strong:0:weak", "needs --spurious 1");
}

TEST(ExploreCommandLine, TellsPeople) {
  const std::string pass = ask({"--client", "handover", "--text", "--sites"}).out;
  EXPECT_EQ(pass.find("handover: pass, every execution, none with a spurious failure\n"), 0U) << pass;
  EXPECT_NE(pass.find(" " + at_store(":store:0, release in ")), std::string::npos) << pass;
  const std::string weaken = at_store(":store:0:relaxed");
  const std::string fail = ask({"--client", "handover", "--text", "--weaken", weaken}).out;
  EXPECT_EQ(fail.find("handover: fail, data race: "), 0U) << fail;
  const std::size_t again = fail.find("again: ");
  ASSERT_NE(again, std::string::npos) << fail;
  EXPECT_EQ(ask(split(fail.substr(again + 7))).status, 1) << fail;
}

TEST(ExploreCommandLine, ListsForPeopleAndForPrograms) {
  const std::string for_people = ask({"--list", "--text"}).out;
  EXPECT_EQ(for_people.find(std::string("handover, 2 threads: ") + handover::property + "\n"), 0U) << for_people;
  const std::string lines = ask({"--list"}).out;
  EXPECT_EQ(nlohmann::json::parse(lines.substr(0, lines.find('\n'))).at("client"), "handover");
  EXPECT_EQ(lines, ask({"--list", "--json"}).out);
}

struct folder {
  folder() { std::filesystem::create_directory(path); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name, const std::string& text = {}) const {
    if (!text.empty()) std::ofstream(path / name) << text;
    return (path / name).string();
  }
  std::filesystem::path path = testing::TempDir() + "explore_command_line_" + std::to_string(getpid());
};
TEST(ExploreCommandLine, WritesAGraphOfTheViolation) {
  const folder here;
  const std::string file = here.file("graph");
  const std::vector<std::string> fails = {"--client", "weak_once", "--spurious", "1", "--dot"};
  const auto to = [](std::vector<std::string> all, const std::string& where) { return all.push_back(where), all; };
  EXPECT_EQ(ask(to(fails, file)).status, 1);
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  EXPECT_EQ(text.str().find("digraph execution {"), 0U);
  const answer to_stdout = ask(to(fails, "-"));
  EXPECT_EQ(to_stdout.out, text.str());
  EXPECT_NE(to_stdout.err.find("\"ok\":false"), std::string::npos);
  is_refused("--client weak_once --dot " + here.file("no/such"), "cannot be written: No such file or directory");
  EXPECT_NE(ask({"--client", "weak_once", "--dot", file}).err.find("there is no graph"), std::string::npos);
}

std::string shard_of_alike(const std::string& which, const std::string& more = {}) {
  return ask(split("--client alike --shard " + which + " " + more)).out;
}
TEST(ExploreCommandLine, MergesShardsOfOneTreeOnly) {
  const folder here;
  const std::string one = here.file("1", shard_of_alike("1/2")), two = here.file("2", shard_of_alike("2/2"));
  const answer all = ask({"--merge", one, two});
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_EQ(all.line().at("executions"), ask({"--client", "alike"}).line().at("executions"));
  EXPECT_EQ(all.line().at("result"), "every execution, none with a spurious failure");
  const auto refuses = [&](const std::string& text, const std::string& words) {
    is_refused("--merge " + one + " " + here.file("x", text), words);
  };
  refuses(shard_of_alike("2/2", "--no-symmetry"), "alike: the shards differ in symmetry: true and false");
  refuses(shard_of_alike("2/2", "--weaken a:1:load:0:relaxed"), "the shards differ in weaken: \"\" and \"a:1:load");
  refuses(shard_of_alike("2/2", "--spurious 1"), "the shards differ in spurious: 0 and 1");
  refuses(shard_of_alike("2/2", "--model sc"), "the shards differ in model");
  refuses(shard_of_alike("3/3"), "there are shards of 2 and of 3");
  nlohmann::json other = nlohmann::json::parse(shard_of_alike("2/2"));
  other["shard"]["program"] = "0";
  refuses(other.dump(), "the shards differ in program");
  other["shard"].erase("symmetry");
  refuses(other.dump(), "holds a line that is not as --shard prints it");
}
TEST(ExploreCommandLine, MergedShardsThatMeetNoWeakeningAreNoPass) {
  const folder here;
  const std::string none = "--weaken a:1:load:0:relaxed";
  const answer all =
      ask({"--merge", here.file("1", shard_of_alike("1/2", none)), here.file("2", shard_of_alike("2/2", none))});
  EXPECT_TRUE(all.line().at("ok").is_null());
  EXPECT_EQ(all.line().at("unmet"), true);
}

}  // namespace
}  // namespace explore_command_line_test
