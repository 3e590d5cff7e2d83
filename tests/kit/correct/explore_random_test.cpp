// SPDX-License-Identifier: BSL-1.0
// The explorer against the brute-force enumerator, on random small programs: the same results, and each in the same
// number of executions, under every model.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "../enumerator/enumerate.hpp"
#include "../enumerator/explored.hpp"
#include "../enumerator/random_programs.hpp"

namespace explore_random_test {
namespace {

using namespace enumerator;

unsigned executions_in(const results& r) {
  unsigned sum = 0;
  for (const auto& [outcome, times] : r) sum += times;
  return sum;
}

void must_agree(axioms of) {
  for (const program& p : *rc::gen::container<std::vector<program>>(50, a_program())) {
    const results expected = enumerate(p, of);
    const results found = explore(p, static_cast<sluice::explore::model>(of));
    if (found == expected) continue;
    log(p);
    RC_LOG() << executions_in(expected) << " executions by brute force, " << executions_in(found) << " explored\n";
    RC_FAIL("the explorer and the enumerator differ");
  }
}

RC_GTEST_PROP(ExploreRandom, AgreesUnderRc20, ()) { must_agree(axioms::rc20); }
RC_GTEST_PROP(ExploreRandom, AgreesUnderRc11, ()) { must_agree(axioms::rc11); }
RC_GTEST_PROP(ExploreRandom, AgreesUnderRa, ()) { must_agree(axioms::ra); }
RC_GTEST_PROP(ExploreRandom, AgreesUnderTso, ()) { must_agree(axioms::tso); }
RC_GTEST_PROP(ExploreRandom, AgreesUnderSc, ()) { must_agree(axioms::sc); }

}  // namespace
}  // namespace explore_random_test
