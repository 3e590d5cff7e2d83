// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_visit: somebody who makes something go on in a scheduler, and is none of its workers. What goes on may have ended, and the
// scheduler be about to go, before he has left; so it waits at its end until all visitors have.
// Visitors begin before what they have found is there, or under a lock that it takes first; so none begins once it waits for them.
#include <sluice/platform.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::detail {

using task_visitors = basic_wait_group<std_threads>;

class task_visit {
 public:
  explicit task_visit(task_visitors& all) : all_(all) { all.add(); }
  task_visit(const task_visit&) = delete;
  task_visit& operator=(const task_visit&) = delete;
  ~task_visit() { all_.done(); }

 private:
  task_visitors& all_;
};

}  // namespace sluice::detail
