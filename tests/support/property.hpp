// SPDX-License-Identifier: BSL-1.0
#pragma once
// rapidcheck properties as GoogleTest cases, with a number of cases of their own.
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sluice::test {

// Draws `cases` cases of `property`. The failure message says which RC_PARAMS replay it.
template <class Property>
testing::AssertionResult holds(int cases, const Property& property) {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  rc::detail::TestMetadata metadata;
  metadata.id = std::string(info->test_suite_name()) + "/" + info->name();
  metadata.description = info->name();
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.maxSuccess = cases;
  params.maxDiscardRatio = 100;
  const auto result = rc::detail::checkTestable(property, metadata, params);
  if (result.template is<rc::detail::SuccessResult>()) return testing::AssertionSuccess();
  std::ostringstream message;
  printResultMessage(result, message);
  return testing::AssertionFailure() << message.str() << rc::detail::configuration();
}

}  // namespace sluice::test
