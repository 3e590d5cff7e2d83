// SPDX-License-Identifier: BSL-1.0
// bounded_queue against WG21 P0260R20, row by row. What C++20 cannot express (senders, std::expected) is not here.
#include <sluice/bounded_queue.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "../support/allocators.hpp"
#include "../support/elements.hpp"

namespace sluice::test::p0260_conformance_test {
namespace {

using queue = bounded_queue<std::string>;
using only_moves = bounded_queue<std::unique_ptr<int>>;

// [conqueue.status]
static_assert(std::is_enum_v<conqueue_status>);
static_assert(conqueue_status::success != conqueue_status::empty && conqueue_status::full != conqueue_status::closed &&
              conqueue_status::busy != conqueue_status::busy_async);

// [conqueue.concept.basic], [conqueue.concept.concurrent]
static_assert(basic_concurrent_queue<queue> && basic_concurrent_queue<only_moves>);
static_assert(concurrent_queue<queue> && concurrent_queue<only_moves> && concurrent_queue<bounded_queue<fragile>>);
static_assert(!basic_concurrent_queue<int> && !concurrent_queue<std::string>);

// [bounded.queue] types, construction and what is deleted
static_assert(std::is_same_v<queue::value_type, std::string>);
static_assert(std::is_same_v<queue::allocator_type, std::allocator<std::string>>);
static_assert(std::is_constructible_v<queue, std::size_t> && !std::is_convertible_v<std::size_t, queue>);
static_assert(std::is_constructible_v<queue, std::size_t, std::allocator<std::string>>);
static_assert(!std::is_default_constructible_v<queue>);
static_assert(!std::is_move_constructible_v<queue> && !std::is_move_assignable_v<queue>);
static_assert(!std::is_copy_constructible_v<queue> && !std::is_copy_assignable_v<queue>);
static_assert(std::is_nothrow_destructible_v<queue>);

// [bounded.queue] what each member returns, and what cannot throw
static_assert(noexcept(std::declval<const queue&>().is_closed()) && noexcept(std::declval<queue&>().close()));
static_assert(std::is_same_v<decltype(std::declval<const queue&>().get_allocator()), std::allocator<std::string>>);
static_assert(std::is_same_v<decltype(std::declval<queue&>().push(std::declval<const std::string&>())), bool>);
static_assert(std::is_same_v<decltype(std::declval<queue&>().push(std::declval<std::string>())), bool>);
static_assert(std::is_same_v<decltype(std::declval<queue&>().emplace("x")), bool>);
static_assert(std::is_same_v<decltype(std::declval<queue&>().pop()), std::optional<std::string>>);
static_assert(std::is_same_v<decltype(std::declval<queue&>().try_push(std::string())), conqueue_status>);
static_assert(std::is_same_v<decltype(std::declval<queue&>().try_emplace("x")), conqueue_status>);
static_assert(std::is_same_v<decltype(std::declval<queue&>().try_pop()), expected<std::string, conqueue_status>>);
static_assert(noexcept(std::declval<queue&>().try_push(std::string())), "moving a string does not throw");
static_assert(noexcept(std::declval<queue&>().try_pop()));
static_assert(!noexcept(std::declval<queue&>().try_push(std::declval<const std::string&>())), "copying one does");

struct row {
  const char* what;
  bool (*holds)();
};

void PrintTo(const row& r, std::ostream* os) { *os << r.what; }

constexpr row rows[] = {
    {"is_closed: false after construction", [] { return !queue(1).is_closed(); }},
    {"close: is_closed is true from then on, and closing again changes nothing",
     [] {
       queue q(1);
       q.close();
       q.close();
       return q.is_closed();
     }},
    {"close: what is inside stays",
     [] {
       queue q(2);
       q.push("a");
       q.push("b");
       q.close();
       return q.pop() == "a" && q.pop() == "b" && q.pop() == std::nullopt;
     }},
    {"push: true, and the element is inside",
     [] {
       queue q(1);
       const std::string s = "a";
       return q.push(s) && s == "a" && q.pop() == "a";
     }},
    {"push(T&&): moves from its argument",
     [] {
       only_moves q(1);
       auto p = std::make_unique<int>(1);
       return q.push(std::move(p)) && p == nullptr && **q.pop() == 1;
     }},
    {"push: false if closed, and the argument is untouched",
     [] {
       only_moves q(1);
       q.close();
       auto p = std::make_unique<int>(1);
       return !q.push(std::move(p)) && p != nullptr;
     }},
    {"emplace: constructs from its arguments",
     [] {
       queue q(1);
       return q.emplace(std::size_t{3}, 'x') && q.pop() == "xxx";
     }},
    {"emplace: false if closed",
     [] {
       queue q(1);
       q.close();
       return !q.emplace("a");
     }},
    {"push: if T's constructor throws, the exception is handed on and nothing is inside",
     [] {
       bounded_queue<fragile> q(1);
       fragile f(1);
       fragile::throw_next();
       try {
         q.push(f);
         return false;
       } catch (const fragile::broken&) {
         return f.value() == 1 && q.try_pop().error() == conqueue_status::empty && q.push(f);
       }
     }},
    {"pop: the oldest element",
     [] {
       queue q(2);
       q.push("a");
       q.push("b");
       return q.pop() == "a";
     }},
    {"pop: none if closed and drained",
     [] {
       queue q(1);
       q.close();
       return q.pop() == std::nullopt;
     }},
    {"pop: if T's move constructor throws, the exception is handed on and the element is extracted",
     [] {
       bounded_queue<fragile> q(2);
       q.emplace(1);
       q.emplace(2);
       fragile::throw_next();
       try {
         q.pop();
         return false;
       } catch (const fragile::broken&) {
         return q.pop()->value() == 2;
       }
     }},
    {"try_push: success, then full, then closed",
     [] {
       queue q(1);
       const bool open = q.try_push("a") == conqueue_status::success && q.try_push("b") == conqueue_status::full;
       q.close();
       return open && q.try_push("b") == conqueue_status::closed;
     }},
    {"try_push: unless it succeeds the argument is untouched",
     [] {
       only_moves q(1);
       q.push(nullptr);
       auto p = std::make_unique<int>(1);
       const bool kept = q.try_push(std::move(p)) == conqueue_status::full && p != nullptr;
       q.close();
       return kept && q.try_push(std::move(p)) == conqueue_status::closed && p != nullptr;
     }},
    {"try_emplace: success, then full, then closed",
     [] {
       queue q(1);
       const bool open = q.try_emplace("a") == conqueue_status::success && q.try_emplace() == conqueue_status::full;
       q.close();
       return open && q.try_emplace() == conqueue_status::closed;
     }},
    {"try_pop: empty, then a value, then closed",
     [] {
       queue q(1);
       const bool none = q.try_pop().error() == conqueue_status::empty;
       q.push("a");
       q.close();
       return none && q.try_pop().value() == "a" && q.try_pop().error() == conqueue_status::closed;
     }},
    {"get_allocator: the one of construction, which constructs the elements",
     [] {
       allocation_log log;
       using allocator = logging_allocator<int>;
       bounded_queue<int, allocator> q(1, allocator(log));
       q.push(1);
       q.pop();
       return q.get_allocator() == allocator(log) && log.constructed == 1 && log.destroyed == 1;
     }},
    {"destruction: destroys the elements that are inside",
     [] {
       const balance elements;
       {
         bounded_queue<counted> q(3);
         q.emplace(1);
         q.emplace(2);
       }
       return elements.holds();
     }},
};

class p0260 : public testing::TestWithParam<row> {};

TEST_P(p0260, row_holds) { EXPECT_TRUE(GetParam().holds()) << GetParam().what; }

INSTANTIATE_TEST_SUITE_P(bounded_queue, p0260, testing::ValuesIn(rows));

}  // namespace
}  // namespace sluice::test::p0260_conformance_test
