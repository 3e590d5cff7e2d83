// SPDX-License-Identifier: BSL-1.0
#pragma once
// Random command sequences of one thread on a ring or queue of ints, compared with specs::bounded_fifo, step by step.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <vector>

#include <rapidcheck.h>
#include <rapidcheck/state.h>

#include <sluice/conqueue.hpp>
#include <specs/bounded_fifo.hpp>

#include "fifo_subject.hpp"

namespace sluice::test {

using fifo_model = specs::bounded_fifo<int>;

template <class Ring>
using fifo_command = rc::state::Command<fifo_model, Ring>;

template <class Ring>
struct push_one : fifo_command<Ring> {
  int value = *rc::gen::inRange(1, 1000);
  void apply(fifo_model& s) const override { s.push(value); }
  void run(const fifo_model& s, Ring& r) const override {
    RC_ASSERT(outcome_of(r.try_push(value)) == s.push_outcome());
  }
  void show(std::ostream& os) const override { os << "try_push(" << value << ')'; }
};

template <class Ring>
struct pop_one : fifo_command<Ring> {
  void apply(fifo_model& s) const override { s.pop(); }
  void run(const fifo_model& s, Ring& r) const override {
    const auto expected = fifo_model(s).pop();
    const auto answer = answer_of(r.try_pop());
    RC_ASSERT(answer.outcome == expected.outcome);
    RC_ASSERT(answer.value == expected.value.value_or(0));
  }
  void show(std::ostream& os) const override { os << "try_pop()"; }
};

template <class Ring>
struct push_many : fifo_command<Ring> {
  std::vector<int> values = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 1000));
  void apply(fifo_model& s) const override {
    for (const int v : values) s.push(v);
  }
  void run(const fifo_model& s, Ring& r) const override {
    fifo_model after = s;
    bulk_result expected;
    for (const int v : values) {
      const specs::fifo_outcome o = after.push(v);
      if (o == specs::fifo_outcome::success) ++expected.count;
      if (o == specs::fifo_outcome::full) expected.status = conqueue_status::full;
      if (o == specs::fifo_outcome::closed) expected.status = conqueue_status::closed;
    }
    RC_ASSERT(r.try_push_n(values.begin(), values.size()) == expected);
  }
  void show(std::ostream& os) const override {
    os << "try_push_n(";
    rc::show(values, os);
    os << ')';
  }
};

template <class Ring>
struct pop_many : fifo_command<Ring> {
  std::size_t n = *rc::gen::inRange<std::size_t>(0, 12);
  void apply(fifo_model& s) const override {
    for (std::size_t i = 0; i != n; ++i) s.pop();
  }
  void run(const fifo_model& s, Ring& r) const override {
    fifo_model after = s;
    std::vector<int> expected;
    conqueue_status status = conqueue_status::success;
    while (expected.size() != n && status == conqueue_status::success) {
      const auto taken = after.pop();
      if (taken.value)
        expected.push_back(*taken.value);
      else
        status = taken.outcome == specs::fifo_outcome::closed ? conqueue_status::closed : conqueue_status::empty;
    }
    std::vector<int> out(n, -1);
    RC_ASSERT(r.try_pop_n(out.data(), n) == (bulk_result{expected.size(), status}));
    RC_ASSERT(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(expected.size()), out.end(),
                          [](int v) { return v == -1; }));
    out.resize(expected.size());
    RC_ASSERT(out == expected);
  }
  void show(std::ostream& os) const override { os << "try_pop_n(" << n << ')'; }
};

template <class Ring>
struct close_it : fifo_command<Ring> {
  void apply(fifo_model& s) const override { s.close(); }
  void run(const fifo_model& s, Ring& r) const override {
    RC_ASSERT(r.is_closed() == s.is_closed());
    r.close();
    RC_ASSERT(r.is_closed());
  }
  void show(std::ostream& os) const override { os << "close()"; }
};

// What a test starts from: few slots, close to where positions wrap around.
struct ring_start {
  std::size_t capacity;
  std::uint64_t lap;
};
inline void showValue(const ring_start& s, std::ostream& os) {
  os << "capacity " << s.capacity << ", first lap " << s.lap;
}
inline rc::Gen<ring_start> arbitrary_start() {
  return rc::gen::construct<ring_start>(
      rc::gen::oneOf(rc::gen::inRange<std::size_t>(1, 6), rc::gen::inRange<std::size_t>(1, 40)),
      rc::gen::element<std::uint64_t>(0, 1, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX / 2));
}

// Commands that `Ring` has. Closing is rare, for not much happens after it.
template <class Ring>
void run_commands(std::size_t capacity, Ring& ring) {
  using namespace rc::state;
  constexpr bool closes = requires { ring.close(); };
  constexpr bool bulk = requires(int* p) { ring.try_pop_n(p, 1U); };
  const fifo_model start(capacity);
  if constexpr (closes && bulk)
    check(start, ring,
          gen::execOneOfWithArgs<push_one<Ring>, push_one<Ring>, push_many<Ring>, pop_one<Ring>, pop_one<Ring>,
                                 pop_many<Ring>, close_it<Ring>>());
  else if constexpr (closes)
    check(start, ring,
          gen::execOneOfWithArgs<push_one<Ring>, push_one<Ring>, push_one<Ring>, pop_one<Ring>, pop_one<Ring>,
                                 pop_one<Ring>, close_it<Ring>>());
  else if constexpr (bulk)
    check(start, ring, gen::execOneOfWithArgs<push_one<Ring>, push_many<Ring>, pop_one<Ring>, pop_many<Ring>>());
  else
    check(start, ring, gen::execOneOfWithArgs<push_one<Ring>, pop_one<Ring>>());
}

}  // namespace sluice::test
