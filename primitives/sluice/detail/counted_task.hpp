// SPDX-License-Identifier: BSL-1.0
#pragma once
// A task that counts in a group (sluice/wait_group.hpp, sluice/sharded_wait_group.hpp) until it has run, or could not be started.
#include <optional>
#include <utility>

namespace sluice::detail {

// One task's place in the count, given back when it ends.
template <class Group>
class counted_place {
 public:
  explicit counted_place(Group& g) noexcept : group_(&g) {}
  counted_place(counted_place&& other) noexcept : group_(std::exchange(other.group_, nullptr)) {}
  counted_place& operator=(counted_place&&) = delete;
  ~counted_place() {
    if (group_ != nullptr) group_->done();
  }

 private:
  Group* group_;
};

// A moved-from function may still hold what it cannot give away: a const copy.
template <class Task>
struct emptied {
  std::optional<Task>& task;
  ~emptied() { task.reset(); }
};

// Has `start`, given a callable, run `task`, which is done once what it held is gone.
template <class Group, class Start, class Task>
void start_counted(Group& group, Start&& start, Task task) {
  group.add();
  counted_place mine(group);
  std::forward<Start>(start)([mine = std::move(mine), task = std::optional<Task>(std::move(task))]() mutable {
    const counted_place until_returned = std::move(mine);
    const emptied<Task> when_it_has_run{task};
    (*task)();
  });
}

}  // namespace sluice::detail
