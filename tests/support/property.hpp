// SPDX-License-Identifier: BSL-1.0
#pragma once
// rapidcheck properties as GoogleTest cases, with a number of cases of their own.
#include <concepts>
#include <functional>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sluice::test {

inline testing::AssertionResult holds_as(int cases, const rc::detail::Property& property) {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  rc::detail::TestMetadata metadata;
  metadata.id = std::string(info->test_suite_name()) + "/" + info->name();
  metadata.description = info->name();
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.maxSuccess = cases;
  params.maxDiscardRatio = 100;
  const auto result = rc::detail::checkProperty(property, metadata, params);
  if (result.is<rc::detail::SuccessResult>()) return testing::AssertionSuccess();
  std::ostringstream message;
  printResultMessage(result, message);
  return testing::AssertionFailure() << message.str() << rc::detail::configuration();
}

// Draws `cases` cases of `property`. The failure message says which RC_PARAMS replay it. What takes no arguments, as most
// properties do, is handed on without its type: what rapidcheck makes of each type takes long to compile.
template <class Property>
testing::AssertionResult holds(int cases, const Property& property) {
  if constexpr (requires {
                  { property() } -> std::same_as<void>;
                })
    return holds_as(cases, rc::detail::toProperty(std::function<void()>(std::cref(property))));
  else
    return holds_as(cases, rc::detail::toProperty(property));
}

}  // namespace sluice::test
