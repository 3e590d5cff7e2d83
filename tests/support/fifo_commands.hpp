// SPDX-License-Identifier: BSL-1.0
#pragma once
// Random command sequences of one thread on a ring or queue of ints, compared with specs::bounded_fifo, step by step.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <vector>

#include <rapidcheck.h>
#include <rapidcheck/state.h>

#include <sluice/conqueue.hpp>
#include <specs/bounded_fifo.hpp>

#include "fifo_subject.hpp"

namespace sluice::test {

using fifo_model = specs::bounded_fifo<int>;

// The ring or queue under test without its type, so that the commands on it are compiled once.
struct commanded_fifo {
  virtual ~commanded_fifo() = default;
  virtual bool has_close() const = 0;
  virtual bool has_bulk() const = 0;
  virtual specs::fifo_outcome try_push(int v) = 0;
  virtual specs::fifo_answer try_pop() = 0;
  virtual bulk_result try_push_n(const std::vector<int>& values) = 0;
  virtual bulk_result try_pop_n(int* out, std::size_t n) = 0;
  virtual bool is_closed() const = 0;
  virtual void close() = 0;
};

template <class Ring>
class commanded final : public commanded_fifo {
 public:
  explicit commanded(Ring& r) : ring_(r) {}

  bool has_close() const override { return closes; }
  bool has_bulk() const override { return bulk; }
  specs::fifo_outcome try_push(int v) override { return outcome_of(ring_.try_push(v)); }
  specs::fifo_answer try_pop() override { return answer_of(ring_.try_pop()); }
  bulk_result try_push_n(const std::vector<int>& values) override {
    if constexpr (bulk)
      return ring_.try_push_n(values.begin(), values.size());
    else
      throw std::logic_error("no operation of this ring");
  }
  bulk_result try_pop_n(int* out, std::size_t n) override {
    if constexpr (bulk)
      return ring_.try_pop_n(out, n);
    else
      throw std::logic_error("no operation of this ring");
  }
  bool is_closed() const override {
    if constexpr (closes)
      return ring_.is_closed();
    else
      throw std::logic_error("no operation of this ring");
  }
  void close() override {
    if constexpr (closes)
      ring_.close();
    else
      throw std::logic_error("no operation of this ring");
  }

 private:
  static constexpr bool closes = requires(Ring& r) { r.close(); };
  static constexpr bool bulk = requires(Ring& r, int* p) { r.try_pop_n(p, 1U); };
  Ring& ring_;
};

using fifo_command = rc::state::Command<fifo_model, commanded_fifo>;

struct push_one : fifo_command {
  int value = *rc::gen::inRange(1, 1000);
  void apply(fifo_model& s) const override { s.push(value); }
  void run(const fifo_model& s, commanded_fifo& r) const override { RC_ASSERT(r.try_push(value) == s.push_outcome()); }
  void show(std::ostream& os) const override { os << "try_push(" << value << ')'; }
};

struct pop_one : fifo_command {
  void apply(fifo_model& s) const override { s.pop(); }
  void run(const fifo_model& s, commanded_fifo& r) const override {
    const auto expected = fifo_model(s).pop();
    const auto answer = r.try_pop();
    RC_ASSERT(answer.outcome == expected.outcome);
    RC_ASSERT(answer.value == expected.value.value_or(0));
  }
  void show(std::ostream& os) const override { os << "try_pop()"; }
};

struct push_many : fifo_command {
  std::vector<int> values = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 1000));
  void apply(fifo_model& s) const override {
    for (const int v : values) s.push(v);
  }
  void run(const fifo_model& s, commanded_fifo& r) const override {
    fifo_model after = s;
    bulk_result expected;
    for (const int v : values) {
      const specs::fifo_outcome o = after.push(v);
      if (o == specs::fifo_outcome::success) ++expected.count;
      if (o == specs::fifo_outcome::full) expected.status = conqueue_status::full;
      if (o == specs::fifo_outcome::closed) expected.status = conqueue_status::closed;
    }
    RC_ASSERT(r.try_push_n(values) == expected);
  }
  void show(std::ostream& os) const override {
    os << "try_push_n(";
    rc::show(values, os);
    os << ')';
  }
};

struct pop_many : fifo_command {
  std::size_t n = *rc::gen::inRange<std::size_t>(0, 12);
  void apply(fifo_model& s) const override {
    for (std::size_t i = 0; i != n; ++i) s.pop();
  }
  void run(const fifo_model& s, commanded_fifo& r) const override {
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

struct close_it : fifo_command {
  void apply(fifo_model& s) const override { s.close(); }
  void run(const fifo_model& s, commanded_fifo& r) const override {
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

// Commands that the ring has. Closing is rare, for not much happens after it.
inline void run_commands_on(const fifo_model& start, commanded_fifo& ring) {
  using namespace rc::state;
  if (ring.has_close() && ring.has_bulk())
    check(start, ring, gen::execOneOfWithArgs<push_one, push_one, push_many, pop_one, pop_one, pop_many, close_it>());
  else if (ring.has_close())
    check(start, ring, gen::execOneOfWithArgs<push_one, push_one, push_one, pop_one, pop_one, pop_one, close_it>());
  else if (ring.has_bulk())
    check(start, ring, gen::execOneOfWithArgs<push_one, push_many, pop_one, pop_many>());
  else
    check(start, ring, gen::execOneOfWithArgs<push_one, pop_one>());
}
template <class Ring>
void run_commands(std::size_t capacity, Ring& ring) {
  commanded<Ring> subject(ring);
  run_commands_on(fifo_model(capacity), subject);
}

}  // namespace sluice::test
