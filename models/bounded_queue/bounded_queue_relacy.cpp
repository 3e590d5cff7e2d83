// SPDX-License-Identifier: BSL-1.0
#include <bounded_queue/bounded_queue_clients.hpp>
#include <kit/relacy/run.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::bounded_queue_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "bounded_queue",
      sluice::relacy::entries<c::one_to_one_capacity_1, c::two_to_two_capacity_1, c::two_to_two_one_each,
                              c::two_to_two_capacity_2, c::three_to_one_capacity_1, c::two_to_three_capacity_2,
                              c::close_wakes_poppers, c::close_wakes_pushers, c::workers_capacity_1,
                              c::workers_capacity_2, c::timed_pop, c::stopped_pop, c::timed_push, c::stopped_push,
                              c::throwing_push, c::throwing_push_makes_room, c::queues_compose>(),
      argc, argv);
}
