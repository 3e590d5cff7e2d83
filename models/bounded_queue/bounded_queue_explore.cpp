// SPDX-License-Identifier: BSL-1.0
#include <bounded_queue/bounded_queue_clients.hpp>
#include <kit/explore/entry.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::bounded_queue_clients<sluice::explore::engine>;
  return sluice::explore::shared_main_of(
      "bounded_queue",
      sluice::explore::entries<c::one_to_one_capacity_1, c::one_to_one_one_item, c::one_to_one_two_items,
                               c::two_to_one_one_each, c::two_to_one_capacity_1, c::two_to_two_capacity_1,
                               c::two_to_two_one_each, c::two_to_two_capacity_2, c::three_to_one_capacity_1,
                               c::two_to_three_capacity_2, c::close_wakes_poppers, c::close_wakes_pushers,
                               c::close_wakes_one_popper, c::close_wakes_one_pusher, c::workers_capacity_1,
                               c::workers_capacity_2, c::timed_pop, c::stopped_pop, c::timed_push, c::stopped_push,
                               c::throwing_push, c::throwing_push_makes_room, c::queues_compose>(),
      argc, argv);
}
