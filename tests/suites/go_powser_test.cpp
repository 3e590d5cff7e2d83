// SPDX-License-Identifier: BSL-1.0
// Go's powser1 and powser2: arithmetic on power series, infinite ones and such as end, each a pair of channels, one for demands and
// one for coefficients, with a process, here a coroutine, for every operation (McIlroy, "Squinting at Power Series", 1990).
#include <sluice/async_chan.hpp>

#include <gtest/gtest.h>

#include <array>
#include <coroutine>
#include <exception>
#include <functional>
#include <numeric>
#include <optional>
#include <ostream>
#include <span>
#include <utility>
#include <vector>

#include "../support/ready_queue.hpp"

namespace sluice::test::go_powser_test {
namespace {

struct rat {
  long num = 0;
  long den = 1;
  rat(long n = 0, long d = 1) : num(n / std::gcd(n, d)), den(d / std::gcd(n, d)) {
    if (den < 0) num = -num, den = -den;
  }
  friend bool operator==(const rat&, const rat&) = default;
  friend rat operator+(rat a, rat b) {
    const long g = std::gcd(a.den, b.den);
    return {a.num * (b.den / g) + b.num * (a.den / g), a.den / g * b.den};
  }
  friend rat operator*(rat a, rat b) {
    const rat left(a.num, b.den);
    const rat right(b.num, a.den);
    return {left.num * right.num, left.den * right.den};
  }
  friend rat operator-(rat a) { return {-a.num, a.den}; }
  friend std::ostream& operator<<(std::ostream& out, const rat& r) { return out << r.num << '/' << r.den; }
};

// The channels were closed: the test is over.
struct over {};

// A process, which nobody waits for.
struct process {
  struct promise_type {
    process get_return_object() noexcept { return {}; }
    static std::suspend_never initial_suspend() noexcept { return {}; }
    static std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    static void unhandled_exception() {
      try {
        throw;
      } catch (const over&) {
      }
    }
  };
};

// A part of a process, which waits for it.
template <class T>
class part {
 public:
  struct promise_type {
    part get_return_object() { return part(std::coroutine_handle<promise_type>::from_promise(*this)); }
    static std::suspend_always initial_suspend() noexcept { return {}; }
    struct back {
      static bool await_ready() noexcept { return false; }
      static std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
        return h.promise().caller;
      }
      static void await_resume() noexcept {}
    };
    static back final_suspend() noexcept { return {}; }
    void return_value(T v) { result = std::move(v); }
    void unhandled_exception() { failed = std::current_exception(); }

    std::coroutine_handle<> caller;
    std::optional<T> result;
    std::exception_ptr failed;
  };

  part(part&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  part& operator=(part&&) = delete;
  ~part() {
    if (handle_) handle_.destroy();
  }
  static bool await_ready() noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    handle_.promise().caller = caller;
    return handle_;
  }
  T await_resume() {
    if (handle_.promise().failed) std::rethrow_exception(handle_.promise().failed);
    return std::move(*handle_.promise().result);
  }

 private:
  explicit part(std::coroutine_handle<promise_type> h) : handle_(h) {}
  std::coroutine_handle<promise_type> handle_;
};

// None: the series has ended. Every demand after that is answered alike.
using coefficient = std::optional<rat>;

struct series {
  chan<void> demand;
  chan<coefficient> answer;
};

class go_powser : public testing::Test {
 protected:
  ~go_powser() override {
    for (const auto& close : closes_) close();
    run();
  }

  // Its first coefficients.
  std::vector<rat> first(series u, std::size_t n = 10) {
    std::vector<rat> got;
    for (const coefficient& c : answers(u, n)) got.push_back(c.value());
    return got;
  }
  // All coefficients of one that ends.
  std::vector<rat> all(series u) {
    constexpr std::size_t more = 30;
    const std::vector<coefficient> got = answers(u, more);
    std::vector<rat> before_the_end;
    for (std::size_t i = 0; i != more && got[i]; ++i) before_the_end.push_back(*got[i]);
    for (std::size_t i = before_the_end.size(); i != more; ++i)
      EXPECT_FALSE(got[i]) << "coefficient " << i << ", after the end";
    EXPECT_LT(before_the_end.size(), more) << "does not end";
    return before_the_end;
  }

  series all_alike(rat c) {
    const series z = make();
    repeat(c, z);
    return z;
  }
  // Without the zeros behind the last coefficient.
  series polynomial(std::vector<rat> coefficients) {
    while (!coefficients.empty() && coefficients.back() == rat(0)) coefficients.pop_back();
    const series z = make();
    list(std::move(coefficients), z);
    return z;
  }
  // c x^n
  series monomial(rat c, std::size_t n) {
    std::vector<rat> coefficients(n + 1, 0);
    coefficients.back() = c;
    return polynomial(std::move(coefficients));
  }
  // (1 + x)^c, which ends where c is a natural number.
  series binomial(rat c) {
    const series z = make();
    binomial_into(c, z);
    return z;
  }
  series add(series u, series v) {
    const series z = make();
    add_into(u, v, z);
    return z;
  }
  series scale(rat c, series u) {
    return each(u, [c](rat r, long) { return c * r; });
  }
  series subtract(series u, series v) { return add(u, scale(-1, v)); }
  // x^n u
  series raise(series u, int n) {
    for (; n != 0; --n) u = shift(0, u);
    return u;
  }
  series differentiate(series u) {
    return tail(each(u, [](rat r, long i) { return rat(i) * r; }));
  }
  series integrate(rat c, series u) {
    return shift(c, each(u, [](rat r, long i) { return r * rat(1, i + 1); }));
  }
  series multiply(series u, series v) {
    const series z = make();
    multiply_into(u, v, z);
    return z;
  }
  // exp(u), where u(0) = 0 is taken for granted: its derivative is itself times that of u.
  series exponential(series u) {
    const std::array<series, 2> z = {make(), make()};
    split(integrate(1, multiply(z[0], differentiate(u))), z);
    return z[1];
  }
  series reciprocal(series u) {
    const series z = make();
    reciprocal_into(u, z);
    return z;
  }
  // u(c x^n)
  series substitute(series u, rat c, int n) {
    const series z = make();
    substitute_into(u, c, n, z);
    return z;
  }
  // u(v), where v(0) = 0 is taken for granted
  series substitute(series u, series v) {
    const series z = make();
    compose_into(u, v, z);
    return z;
  }
  // z with u(z) = x, where u(0) = 0 is taken for granted: with u = x U it is z U(z) = x, so that z = x / U(z).
  series revert(series u) {
    const std::array<series, 2> z = {make(), make()};
    split(shift(0, reciprocal(substitute(tail(u), z[0]))), z);
    return z[1];
  }
  std::array<series, 2> twice(series u) {
    const std::array<series, 2> z = {make(), make()};
    split(u, z);
    return z;
  }

 private:
  auto in() { return ready_.in(); }
  void run() { ready_.run(); }
  template <class T>
  chan<T> channel() {
    auto c = make_chan<T>();
    closes_.emplace_back([c] { c.close(); });
    return c;
  }
  series make() { return {channel<void>(), channel<coefficient>()}; }

  template <class T>
  part<typename chan<T>::value_type> pop(chan<T> c) {
    auto v = co_await c.async_pop(in());
    if (!v) throw over();
    co_return *v;
  }
  template <class T>
  part<bool> push(chan<T> c, typename chan<T>::value_type v) {
    const bool accepted = co_await c.async_push(v, in());  // by itself: g++ 12 loses an await in an if's condition
    if (!accepted) throw over();
    co_return true;
  }
  part<coefficient> get(series u) {
    co_await push(u.demand, unit{});
    co_return co_await pop(u.answer);
  }
  part<bool> put(coefficient r, series z) {
    co_await pop(z.demand);
    co_return co_await push(z.answer, r);
  }
  part<bool> end(series z) {
    for (;;) co_await put(std::nullopt, z);
  }
  part<bool> copy(series u, series z) {
    for (;;) {
      co_await pop(z.demand);
      co_await push(z.answer, co_await get(u));
    }
  }
  // One of each, demanded and answered in whatever order they come.
  part<std::array<coefficient, 2>> get_both(series u, series v) {
    std::array<chan<void>, 2> demand = {u.demand, v.demand};
    std::array<chan<coefficient>, 2> answer;
    std::array<coefficient, 2> got;
    bool closed = false;
    const auto take = [&](std::size_t i) {
      return [&, i](std::optional<coefficient> r) { r ? void(got[i] = *r) : void(closed = true); };
    };
    const auto told = [&](bool accepted) { closed = closed || !accepted; };
    for (int n = 4; n != 0; --n) {
      const std::size_t i =
          co_await async_select(resume_on(in()), on_push(demand[0], unit{}, told), on_push(demand[1], unit{}, told),
                                on_pop(answer[0], take(0)), on_pop(answer[1], take(1)));
      if (closed) throw over();
      if (i < 2)
        demand[i] = {}, answer[i] = i == 0 ? u.answer : v.answer;
      else
        answer[i - 2] = {};
    }
    co_return got;
  }

  std::vector<coefficient> answers(series u, std::size_t n) {
    std::vector<coefficient> got;
    collect(u, n, got);
    run();
    EXPECT_EQ(got.size(), n);
    return got;
  }
  process collect(series u, std::size_t n, std::vector<coefficient>& got) {
    while (got.size() != n) got.push_back(co_await get(u));
  }
  process repeat(rat c, series z) {
    for (;;) co_await put(c, z);
  }
  process list(std::vector<rat> coefficients, series z) {
    for (const rat& c : coefficients) co_await put(c, z);
    co_await end(z);
  }
  process binomial_into(rat c, series z) {
    rat t = 1;
    for (long i = 1; t != rat(0); ++i, c = c + rat(-1)) {
      co_await put(t, z);
      t = t * c * rat(1, i);
    }
    co_await end(z);
  }
  process add_into(series u, series v, series z) {
    for (;;) {
      co_await pop(z.demand);
      const std::array<coefficient, 2> both = co_await get_both(u, v);
      const coefficient sum = both[0] && both[1] ? *both[0] + *both[1] : both[0] ? both[0] : both[1];
      co_await push(z.answer, sum);
    }
  }
  series each(series u, std::function<rat(rat, long)> f) {
    const series z = make();
    each_into(u, std::move(f), z);
    return z;
  }
  process each_into(series u, std::function<rat(rat, long)> f, series z) {
    for (long i = 0;; ++i) {
      co_await pop(z.demand);
      coefficient c = co_await get(u);
      if (c) c = f(*c, i);
      co_await push(z.answer, c);
    }
  }
  series tail(series u) {
    const series z = make();
    drop_one(u, z);
    return z;
  }
  process drop_one(series u, series z) {
    co_await pop(z.demand);
    co_await get(u);
    co_await push(z.answer, co_await get(u));
    co_await copy(u, z);
  }
  series shift(rat c, series u) {
    const series z = make();
    shift_into(c, u, z);
    return z;
  }
  process shift_into(rat c, series u, series z) {
    co_await put(c, z);
    co_await copy(u, z);
  }
  // u v = u0 v0 + x (u0 V + v0 U) + x^2 U V, where u = u0 + x U and v = v0 + x V.
  process multiply_into(series u, series v, series z) {
    co_await pop(z.demand);
    const std::array<coefficient, 2> heads = co_await get_both(u, v);
    coefficient product;
    if (heads[0] && heads[1]) product = *heads[0] * *heads[1];
    co_await push(z.answer, product);
    if (!product) co_await end(z);
    const std::array<series, 2> us = twice(u);
    const std::array<series, 2> vs = twice(v);
    const series w = add(scale(*heads[0], vs[0]), scale(*heads[1], us[0]));
    co_await pop(z.demand);
    co_await push(z.answer, co_await get(w));
    co_await copy(add(w, multiply(us[1], vs[1])), z);
  }
  // z = 1/u0 - x z U/u0, where u = u0 + x U.
  process reciprocal_into(series u, series z) {
    co_await pop(z.demand);
    const coefficient head = co_await get(u);
    const rat inverse(head.value().den, head.value().num);
    co_await push(z.answer, inverse);
    const std::array<series, 2> zs = {make(), make()};
    split(multiply(scale(-inverse, u), shift(inverse, zs[0])), zs);
    co_await copy(zs[1], z);
  }
  process substitute_into(series u, rat c0, int n, series z) {
    for (rat c = 1;; c = c * c0) {
      co_await pop(z.demand);
      coefficient of_u = co_await get(u);
      if (of_u) of_u = c * *of_u;
      co_await push(z.answer, of_u);
      for (int i = 1; of_u && i != n; ++i) co_await put(0, z);
    }
  }
  // u(v) = u0 + x V U(v), where u = u0 + x U and v = x V.
  process compose_into(series u, series v, series z) {
    co_await pop(z.demand);
    const coefficient head = co_await get(u);
    co_await push(z.answer, head);
    if (!head) co_await end(z);
    const std::array<series, 2> vs = twice(v);
    co_await copy(multiply(tail(vs[0]), substitute(u, vs[1])), z);
  }

  // The same series twice, which may be read at different rates: each generation of a process answers one demand on either
  // side, and lets the next one answer on the slower side when it has done so itself.
  process split(series u, std::array<series, 2> z) {
    const auto release = channel<void>();
    split_one(u, z, release);
    co_await push(release, unit{});
  }
  process split_one(series u, std::array<series, 2> z, chan<void> wait) {
    bool closed = false;
    const auto told = [&](std::optional<unit> s) { closed = closed || !s; };
    const std::size_t which = co_await async_select(resume_on(in()), on_pop(z[0].demand, told), on_pop(wait, told));
    const bool both = which == 1;
    if (both && !closed) {
      const std::size_t i =
          co_await async_select(resume_on(in()), on_pop(z[0].demand, told), on_pop(z[1].demand, told));
      if (i == 1) std::swap(z[0], z[1]);
    }
    if (closed) throw over();
    co_await push(u.demand, unit{});
    const auto release = channel<void>();
    split_one(u, z, release);
    const coefficient r = co_await pop(u.answer);
    co_await push(z[0].answer, r);
    if (!both) co_await pop(wait);
    co_await pop(z[1].demand);
    co_await push(z[1].answer, r);
    co_await push(release, unit{});
  }

  ready_queue ready_;
  std::vector<std::function<void()>> closes_;
};

std::vector<rat> alike(rat r) { return std::vector<rat>(10, r); }

TEST_F(go_powser, sums_and_multiples) {
  EXPECT_EQ(first(all_alike(1)), alike(1));
  EXPECT_EQ(first(add(all_alike(1), all_alike(2))), alike(3));
  EXPECT_EQ(first(scale(-1, all_alike(2))), alike(-2));
  EXPECT_EQ(first(add(all_alike(1), scale(-1, all_alike(2)))), alike(-1));
}

TEST_F(go_powser, derivatives_integrals_and_products) {
  const std::vector<rat> counting = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(first(differentiate(all_alike(1))), counting);
  EXPECT_EQ(first(multiply(all_alike(1), all_alike(1))), counting);
  EXPECT_EQ(first(integrate(0, all_alike(1))),
            (std::vector<rat>{0, 1, {1, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}, {1, 7}, {1, 8}, {1, 9}}));
}

TEST_F(go_powser, the_exponential_of_ones_the_arc_tangent_and_a_reciprocal) {
  EXPECT_EQ(
      first(exponential(all_alike(1))),
      (std::vector<rat>{
          1, 1, {3, 2}, {13, 6}, {73, 24}, {167, 40}, {4051, 720}, {37633, 5040}, {43817, 4480}, {4596553, 362880}}));
  EXPECT_EQ(first(integrate(0, substitute(all_alike(1), -1, 2))),
            (std::vector<rat>{0, 1, 0, {-1, 3}, 0, {1, 5}, 0, {-1, 7}, 0, {1, 9}}));
  EXPECT_EQ(first(reciprocal(all_alike(1))), (std::vector<rat>{1, -1, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST_F(go_powser, a_series_may_end_and_so_do_its_sums_products_derivatives_and_integrals) {
  using some = std::vector<rat>;
  EXPECT_EQ(all(polynomial({})), some{});
  EXPECT_EQ(all(polynomial({1, 0, 2, 0, 0})), (some{1, 0, 2}));
  EXPECT_EQ(all(monomial({2, 3}, 4)), (some{0, 0, 0, 0, {2, 3}}));
  EXPECT_EQ(all(monomial(0, 4)), some{});
  EXPECT_EQ(all(add(polynomial({1, 2}), polynomial({5, 6, 7, 8}))), (some{6, 8, 7, 8}));
  EXPECT_EQ(all(add(polynomial({5, 6, 7, 8}), polynomial({}))), (some{5, 6, 7, 8}));
  EXPECT_EQ(all(subtract(monomial(1, 1), monomial(1, 0))), (some{-1, 1}));
  EXPECT_EQ(all(raise(polynomial({1, 2}), 2)), (some{0, 0, 1, 2}));
  EXPECT_EQ(all(multiply(polynomial({1, 1}), polynomial({1, -1, 1}))), (some{1, 0, 0, 1}));
  EXPECT_EQ(all(multiply(polynomial({1, 1}), polynomial({}))), some{});
  EXPECT_EQ(all(differentiate(polynomial({7, 1, 2, 3}))), (some{1, 4, 9}));
  EXPECT_EQ(all(differentiate(monomial(7, 0))), some{});
  EXPECT_EQ(all(integrate(5, polynomial({1, 4, 9}))), (some{5, 1, 2, 3}));
  EXPECT_EQ(all(substitute(polynomial({1, 2, 3}), -1, 2)), (some{1, 0, -2, 0, 3, 0}));
  for (const series& half : twice(polynomial({1, 2, 3}))) EXPECT_EQ(all(half), (some{1, 2, 3}));
}

TEST_F(go_powser, a_series_that_ends_goes_on_as_zeros_beside_one_that_does_not) {
  EXPECT_EQ(first(add(polynomial({1, 2}), all_alike(1))), (std::vector<rat>{2, 3, 1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(first(multiply(polynomial({1, -1}), all_alike(1))), (std::vector<rat>{1, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(first(reciprocal(polynomial({1, -1}))), alike(1));
  EXPECT_EQ(first(reciprocal(polynomial({1, -1, -1}))), (std::vector<rat>{1, 1, 2, 3, 5, 8, 13, 21, 34, 55}));
  EXPECT_EQ(first(exponential(monomial(1, 1)), 6), (std::vector<rat>{1, 1, {1, 2}, {1, 6}, {1, 24}, {1, 120}}));
}

TEST_F(go_powser, the_binomial_series_ends_for_natural_exponents_alone) {
  EXPECT_EQ(all(binomial(0)), std::vector<rat>{1});
  EXPECT_EQ(all(binomial(4)), (std::vector<rat>{1, 4, 6, 4, 1}));
  EXPECT_EQ(first(binomial(-1)), (std::vector<rat>{1, -1, 1, -1, 1, -1, 1, -1, 1, -1}));
  EXPECT_EQ(first(multiply(binomial({1, 2}), binomial({1, 2}))), (std::vector<rat>{1, 1, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST_F(go_powser, a_series_is_substituted_into_another) {
  EXPECT_EQ(all(substitute(polynomial({1, 1}), polynomial({0, 1, 1}))), (std::vector<rat>{1, 1, 1}));
  EXPECT_EQ(all(substitute(polynomial({1, 0, 1}), polynomial({0, 2, 1}))), (std::vector<rat>{1, 0, 4, 4, 1}));
  EXPECT_EQ(all(substitute(polynomial({3, 1, 1}), polynomial({}))), (std::vector<rat>{3}));
  // 1 / (1 - x / (1 - x)) = (1 - x) / (1 - 2 x)
  EXPECT_EQ(first(substitute(all_alike(1), raise(all_alike(1), 1))),
            (std::vector<rat>{1, 1, 2, 4, 8, 16, 32, 64, 128, 256}));
}

TEST_F(go_powser, a_series_is_inverted) {
  const auto arc_tangent = [&] { return integrate(0, substitute(all_alike(1), -1, 2)); };
  const std::vector<rat> x = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(first(revert(arc_tangent())), (std::vector<rat>{0, 1, 0, {1, 3}, 0, {2, 15}, 0, {17, 315}, 0, {62, 2835}}));
  EXPECT_EQ(first(substitute(arc_tangent(), revert(arc_tangent()))), x);
  EXPECT_EQ(first(revert(revert(arc_tangent()))), first(arc_tangent()));
  // The logarithm of 1 + x, and the exponential less 1.
  EXPECT_EQ(first(revert(integrate(0, substitute(all_alike(1), -1, 1))), 7),
            (std::vector<rat>{0, 1, {1, 2}, {1, 6}, {1, 24}, {1, 120}, {1, 720}}));
  // Of series that end: a half of x is twice x, and Catalan's numbers.
  EXPECT_EQ(all(revert(monomial({1, 2}, 1))), (std::vector<rat>{0, 2}));
  EXPECT_EQ(first(revert(polynomial({0, 1, -1}))), (std::vector<rat>{0, 1, 1, 2, 5, 14, 42, 132, 429, 1430}));
}

}  // namespace
}  // namespace sluice::test::go_powser_test
