// SPDX-License-Identifier: BSL-1.0
// A token that is none, is of another client or of other options is refused with the part that is wrong; nothing is said about
// the client, and nothing breaks.
#include <gtest/gtest.h>

#include <kit/explore.hpp>
#include <string>
#include <vector>

#include "../enumerator/structures.hpp"

namespace explore_tokens_test {
namespace {

using namespace sluice::explore;
using namespace structures;

template <template <class> class Client>
void is_refused(const std::string& token, const std::string& words, options o = {}) {
  o.replay = token;
  const report r = check<Client>(o);
  EXPECT_STREQ(name_of(r.violation), "not a token of this client") << token << ": " << r.message;
  EXPECT_NE(r.message.find(words), std::string::npos) << token << ": " << r.message;
}

// Two stores beside two loads; a compare-exchange and a choice beside a fence.
template <class Engine>
struct shop : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  typename Engine::platform::template atomic<int> y{0};
  void thread(unsigned i) {
    if (i == 0) {
      x.store(1, relaxed);
      y.store(1, release);
      int expected = 0;
      y.compare_exchange_weak(expected, 2, relaxed, relaxed);
    } else {
      y.load(acquire);
      x.load(relaxed);
      Engine::platform::fence(acquire);
      if (Engine::choose(2) == 1) y.fetch_add(1, relaxed);
    }
  }
};

TEST(ExploreTokens, OfNoClientAtAll) {
  is_refused<shop>("garbage", "decision 0 of lane 1, 'garbage', begins with none of r, w, c, f and b");
  is_refused<shop>("w1,,w1", "decision 1 of lane 1, '', begins with none");
  is_refused<shop>("w1,", "decision 1 of lane 1, ''");
  is_refused<shop>("w1,r9", "'r9', is neither r- nor rLANE.EVENT");
  is_refused<shop>("w1,r1.", "'r1.', is neither");
  is_refused<shop>("w1,r+1.0", "'r+1.0', is neither");
  is_refused<shop>("w1,r70000.0", "'r70000.0', is neither");
  is_refused<shop>("w", "'w', wants a number");
  is_refused<shop>("w-1", "'w-1', wants a number");
  is_refused<shop>("w0", "is a write before the first one");
  is_refused<shop>("w1x", "'w1x', wants a number");
  is_refused<shop>("w1s", "'w1s', wants a number");
  is_refused<shop>("c99999999999999999999999", "wants a number");
  is_refused<shop>("f1", "'f1', is more than its letter");
  is_refused<shop>("w1 ", "'w1 ', wants a number");
  is_refused<shop>(std::string(15, '/'), "more than 15 lanes");
}
TEST(ExploreTokens, OfEventsThatItHasNot) {
  is_refused<shop>("r9.9", "decision 0 of lane 1 is a read of event 9 of lane 9, where the token has no write");
  is_refused<shop>("w1/r1.1", "event 1 of lane 1, where the token has no write");
  is_refused<shop>("w1/r0.0", "event 0 of lane 0");
  is_refused<shop>("w1/r99.0", "event 0 of lane 99");
  is_refused<shop>("w1,r-/r1.1", "event 1 of lane 1, where the token has no write");
  is_refused<shop>("w1/r-/w1", "lane 3 is of a thread that the client has not got; it has 2");
  is_refused<shop>("//////////////w1", "lane 15 is a write, but constructor and finish() only choose");
  is_refused<shop>("r2.1,w1/r1.1,w1", "a read of what comes only after it");
  is_refused<shop>("b,w1", "an end, and others follow");
}
TEST(ExploreTokens, OfAnotherClient) {
  is_refused<shop>("r-", "decision 0 of lane 1 is a read, but the client writes at explore_tokens_test.cpp:");
  is_refused<shop>("f", "is a fence, but the client writes");
  is_refused<shop>("w1,w1,f", "is a fence, but the client reads");
  is_refused<shop>("w1,w1/r1.1,r1.0,f,w1", "is a write, but the client chooses");
  is_refused<shop>("w1,w1/r1.1,r1.0,f,c2", "a choice that the client has not got");
  is_refused<shop>("w1,w1/r1.0", "a read of what it cannot see");  // x, where it reads y
  is_refused<shop>("w1,w1/r1.1,r-", "a read of what it cannot see");  // x is known by then
  is_refused<shop>("w1,w1/r-s", "a weak compare-exchange that fails for no reason, but the client reads");
  is_refused<shop>("w1,w1,r1.1s", "a compare-exchange that has a reason to fail");
  is_refused<shop>("/r-,r-,f,c1,r-,r-", "not what comes next in the client's operation");
  is_refused<shop>("w1,w1,r1.1,w2/r-,r-,f,c0", "goes on where the client has ended");
}
template <class Engine>
struct two_add : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  void thread(unsigned) { x.fetch_add(1, relaxed); }
};
TEST(ExploreTokens, OfWhatTwoCannotBothHave) {
  is_refused<two_add>("r-,w1/r-,w1", "a read of what another read-modify-write has taken already");
}
// The second thread ends without the write that the first one is to read.
template <class Engine>
struct ends_early : base<Engine, 2> {
  typename Engine::platform::template atomic<int> x{0};
  void thread(unsigned i) {
    if (i == 0) x.load(relaxed);
    if (i == 1) x.store(1, relaxed);
  }
};
TEST(ExploreTokens, OfAWriteToWhichTheClientDoesNotCome) {
  is_refused<ends_early>("r2.1/w1,w2", "decision 1 of lane 2 is a write, but the client does not come to it");
}
// Store buffering.
template <class Engine>
struct both_enter : base<Engine, 2> {
  typename Engine::platform::template atomic<int> wants[2]{{0}, {0}};
  bool entered[2]{};
  void thread(unsigned i) {
    wants[i].store(1, release);
    entered[i] = wants[1 - i].load(acquire) == 0;
  }
  void finish() { Engine::require(!entered[0] || !entered[1], "at most one enters"); }
};
TEST(ExploreTokens, OfAnExecutionThatTheModelForbids) {
  const report r = check<both_enter>({.model = model::tso});
  ASSERT_EQ(r.verdict, verdict::violation);
  EXPECT_EQ(check<both_enter>({.model = model::tso, .replay = r.token}).message, r.message);
  is_refused<both_enter>(r.token, "that the memory model forbids", {.model = model::sc});
}
TEST(ExploreTokens, GoTogetherWithNoOtherWayToSearch) {
  for (const options& o : {options{.states = true, .replay = "w1"}, options{.walks = 1, .replay = "w1"},
                           options{.probes = 1, .replay = "w1"}}) {
    const report r = check<shop>(o);
    EXPECT_STREQ(name_of(r.violation), "misuse");
    EXPECT_NE(r.message.find("a token is one execution"), std::string::npos) << r.message;
  }
}

// Decisions and what stands between them, in turn.
std::vector<std::string> parts_of(const std::string& token) {
  std::vector<std::string> parts(1);
  for (const char c : token) {
    if (c != ',' && c != '/') {
      parts.back() += c;
    } else {
      parts.emplace_back(1, c);
      parts.emplace_back();
    }
  }
  return parts;
}
// What breaks another client, with one decision at a time exchanged for each other one: never an alarm about this one.
template <template <class> class Right, template <class> class Broken>
void gives_no_alarm() {
  const report r = check<Broken>();
  ASSERT_EQ(r.verdict, verdict::violation);
  const std::vector<std::string> parts = parts_of(r.token);
  std::vector<std::string> others = {"", "r-", "r-s", "f", "b", "c0", "c1", "w1", "w2", "w3", "w9"};
  for (unsigned t = 1; t != 4; ++t)
    for (unsigned i = 0; i != 12; ++i) others.push_back("r" + std::to_string(t) + "." + std::to_string(i));
  unsigned refused = 0;
  for (std::size_t at = 0; at < parts.size(); at += 2)
    for (const std::string& other : others) {
      std::string token;
      for (std::size_t i = 0; i != parts.size(); ++i) token += i == at ? other : parts[i];
      const report again = check<Right>({.replay = token});
      EXPECT_NE(again.verdict, verdict::ok) << token;
      const bool is_alarm = again.verdict == verdict::violation && again.violation != violation::not_a_token;
      EXPECT_FALSE(is_alarm) << token << ": " << again.message << '\n' << again.trace;
      refused += again.violation == violation::not_a_token ? 1U : 0U;
    }
  EXPECT_GT(refused, 0U);
}
TEST(ExploreTokens, ThatAreChangedMakeNoAlarm) {
  gives_no_alarm<treiber_stack<2>::client, treiber_stack<2, release, relaxed>::client>();
  gives_no_alarm<futex_mutex<2>::client, futex_mutex<2, true>::client>();
  gives_no_alarm<dekker<>::client, dekker<true>::client>();
  gives_no_alarm<ticket_lock<3>::client, ticket_lock<3, acquire, relaxed>::client>();
  gives_no_alarm<mcs_lock<2>::client, mcs_lock<2, acq_rel, relaxed>::client>();
}

}  // namespace
}  // namespace explore_tokens_test
