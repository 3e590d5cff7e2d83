// SPDX-License-Identifier: BSL-1.0
#pragma once
// task_visit: somebody who makes something go on in a scheduler, and is none of its workers. What goes on may have ended, and the
// scheduler be about to go, before he has left; so it waits at its end until all visitors have.
// Visitors begin while something waits in there, which then keeps it from ending; so none begins once it waits for them.
#include <sluice/platform.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::detail {

using task_visitors = basic_wait_group<std_threads>;

class task_visit {
 public:
  explicit task_visit(task_visitors& all, bool counts = true) : all_(counts ? &all : nullptr) {
    if (counts) all.add();
  }
  task_visit(const task_visit&) = delete;
  task_visit& operator=(const task_visit&) = delete;
  ~task_visit() {
    if (all_ != nullptr) all_->done();
  }

 private:
  task_visitors* const all_;
};

}  // namespace sluice::detail
