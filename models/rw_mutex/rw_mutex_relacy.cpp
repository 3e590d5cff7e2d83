// SPDX-License-Identifier: BSL-1.0
#include <kit/relacy/run.hpp>
#include <rw_mutex/rw_mutex_clients.hpp>

int main(int argc, char** argv) {
  using c = sluice::models::rw_mutex_clients<sluice::relacy::engine>;
  return sluice::relacy::shared_main_of(
      "rw_mutex",
      sluice::relacy::entries<
          c::two_writers, c::tried_writing, c::timed_writers, c::stopped_writer, c::timed_writer_beside_a_stopped,
          c::destroyed_by_the_next_writer, c::writer_and_reader, c::writer_and_readers, c::writers_and_reader,
          c::writers_and_readers, c::tried_reading, c::timed_writer_before_a_reader, c::timed_writer_between,
          c::stopped_writer_before_a_reader, c::two_turns, c::timed_reader, c::destroyed_by_a_reader>(),
      argc, argv);
}
