// SPDX-License-Identifier: BSL-1.0
#pragma once
// Properties of a blocking queue, made from a capacity and the lap to start from.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "concurrent_program.hpp"
#include "fifo_commands.hpp"
#include "property.hpp"
#include "sanitizers.hpp"

namespace sluice::test::blocking_queue_properties {

using act = specs::fifo_action;

// One CPU: no spinning, so that blocking operations go to sleep at once.
template <class Base>
struct sleepy_platform : kit::perturbed_platform<Base> {
  static unsigned cpus() noexcept { return 1; }
};
using spinning = kit::perturbed_platform<std_platform>;
using sleepy = sleepy_platform<std_platform>;
using sleepy_portable = sleepy_platform<portable_platform>;
using platforms = testing::Types<spinning, sleepy, sleepy_portable>;
template <template <class> class Queue>
using on_each_platform = testing::Types<Queue<spinning>, Queue<sleepy>, Queue<sleepy_portable>>;

template <class Queue>
class any_blocking_queue : public testing::Test {
 public:
  // Histories of programs from `gen` are linearizable, and what can go on does not sleep for ever.
  static void are_linearizable(const rc::Gen<concurrent_program>& gen) {
    const time_box box;
    EXPECT_TRUE(holds(scaled(60), [&] {
      const auto program = *gen;
      check_program(program, specs::fifo_rules(program.capacity), box.rounds(50),
                    [&] { return std::make_unique<Queue>(program.capacity, detail::first_lap{UINT64_MAX}); });
    }));
  }
};
TYPED_TEST_SUITE_P(any_blocking_queue);

TYPED_TEST_P(any_blocking_queue, one_thread_sees_a_bounded_fifo) {
  EXPECT_TRUE(holds(scaled(500), [] {
    const auto start = *arbitrary_start();
    TypeParam queue(start.capacity, detail::first_lap{start.lap});
    run_commands(start.capacity, queue);
  }));
}

TYPED_TEST_P(any_blocking_queue, operations_that_do_not_wait_are_linearizable) {
  this->are_linearizable(
      programs_of_equals({act::try_push, act::try_push, act::try_pop, act::try_pop, act::close, act::is_closed}));
}

// Whoever still blocks when the program is over is released by a close from outside.
TYPED_TEST_P(any_blocking_queue, blocking_operations_are_linearizable_until_and_after_close) {
  this->are_linearizable(
      programs_of_equals({act::push, act::pop, act::push, act::pop, act::try_push, act::try_pop}, true));
}

TYPED_TEST_P(any_blocking_queue, operations_that_time_out_are_linearizable) {
  this->are_linearizable(programs_of_equals({act::push_timed, act::pop_timed, act::try_push, act::try_pop}));
}

TYPED_TEST_P(any_blocking_queue, operations_that_are_stopped_are_linearizable) {
  this->are_linearizable(programs_of(
      {{act::push_stoppable, act::try_pop}, {act::pop_stoppable, act::try_push}, {act::request_stop, act::try_push}},
      true));
}

TYPED_TEST_P(any_blocking_queue, everything_at_once_is_linearizable) {
  this->are_linearizable(
      programs_of_equals({act::push, act::pop, act::push_timed, act::pop_timed, act::push_stoppable, act::pop_stoppable,
                          act::try_push, act::try_pop, act::request_stop, act::is_closed},
                         true));
}

// As many pops as pushes, on threads of their own, and no close: if a wake-up is lost they never return.
TYPED_TEST_P(any_blocking_queue, no_wake_up_is_lost_between_as_many_pushes_as_pops) {
  const time_box box;
  EXPECT_TRUE(holds(scaled(60), [&] {
    const auto producers = *rc::gen::inRange<std::size_t>(1, 4);
    const auto consumers = *rc::gen::inRange<std::size_t>(1, 4);
    concurrent_program program;
    program.capacity = *rc::gen::inRange<std::size_t>(1, 4);
    program.seed = *rc::gen::arbitrary<std::uint32_t>();
    program.threads.assign(producers, std::vector<act>(consumers * 2, act::push));
    program.threads.insert(program.threads.end(), consumers, std::vector<act>(producers * 2, act::pop));
    RC_LOG() << "program: ", showValue(program, RC_LOG());
    check_program(program, specs::fifo_rules(program.capacity), box.rounds(50),
                  [&] { return std::make_unique<TypeParam>(program.capacity); });
  }));
}

REGISTER_TYPED_TEST_SUITE_P(any_blocking_queue, one_thread_sees_a_bounded_fifo,
                            operations_that_do_not_wait_are_linearizable,
                            blocking_operations_are_linearizable_until_and_after_close,
                            operations_that_time_out_are_linearizable, operations_that_are_stopped_are_linearizable,
                            everything_at_once_is_linearizable, no_wake_up_is_lost_between_as_many_pushes_as_pops);

}  // namespace sluice::test::blocking_queue_properties
