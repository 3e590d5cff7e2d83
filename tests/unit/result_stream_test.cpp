// SPDX-License-Identifier: BSL-1.0
#include <sluice/result_stream.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/patterns.hpp>

#include "../support/pattern_programs.hpp"

namespace sluice::test::result_stream_test {
namespace {

using namespace pattern_programs;

int even(int n) {
  if (n % 2 != 0) throw std::runtime_error(std::to_string(n) + " is odd");
  return n;
}

TEST(try_map, puts_an_error_in_the_place_of_its_value) {
  with_workers([] {
    const auto got = all_of(p::try_map({}, p::generator({}, {2, 3, 4}), even));
    ASSERT_EQ(got.size(), 3U);
    EXPECT_EQ(*got[0], 2);
    EXPECT_STREQ(got[1].error().what(), "3 is odd");
    EXPECT_EQ(*got[2], 4);
  });
}

TEST(try_map, lets_errors_go_by) {
  with_workers([] {
    ints seen;
    const auto note = [&](int n) -> result<int> {
      seen.push_back(n);
      return n * 10;
    };
    const auto got = all_of(p::try_map({}, p::try_map({}, p::generator({}, {1, 2, 4}), even), note));
    EXPECT_EQ(seen, (ints{2, 4}));
    EXPECT_STREQ(got[0].error().what(), "1 is odd");
    EXPECT_EQ(*got[2], 40);
  });
}

TEST(gather, gives_all_values_or_the_first_error) {
  with_workers([] {
    const auto [stop, done] = make_pipe<void>();
    EXPECT_EQ(*p::gather(done, p::try_map(done, p::generator(done, {2, 4}), even)), (ints{2, 4}));
    const auto some = p::try_map(done, p::generator(done, {2, 3, 5, 6}), even);
    EXPECT_STREQ(p::gather(done, some).error().what(), "3 is odd");
    EXPECT_FALSE(*some.pop());  // is not read on
    EXPECT_TRUE(p::gather({}, p::try_map({}, p::generator({}, ints()), even)));
  });
}

TEST(gather, says_that_it_was_cancelled) {
  with_workers([] {
    const auto done = make_chan<void>();
    done.close();
    EXPECT_EQ(p::gather(done, receiver<result<int>>()).error().code(), context_errc::canceled);
  });
}

TEST(timeout, says_whenever_nothing_came_in_time) {
  with_workers([] {
    const auto in = make_chan<int>(1);
    const auto done = make_chan<void>();
    const auto out = p::timeout(done, in, 1us);
    EXPECT_EQ(out.pop()->error().code(), context_errc::deadline_exceeded);
    in.push(7);
    auto next = out.pop();
    while (!*next) next = out.pop();
    EXPECT_EQ(**next, 7);
    done.close();
    while (out.pop()) {
    }
    EXPECT_EQ(all_of(p::timeout({}, p::generator({}, up_to(9)), 24h)).size(), 9U);
  });
}

}  // namespace
}  // namespace sluice::test::result_stream_test
