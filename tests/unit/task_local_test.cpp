// SPDX-License-Identifier: BSL-1.0
#include <sluice/task_local.hpp>

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include <sluice/task.hpp>
#include <sluice/wait_group.hpp>

namespace sluice::test::task_local_test {
namespace {

TEST(task_local, every_task_has_its_own_across_waits_and_begins_with_the_first_value) {
  static task_local<int> number{7};
  for (const int workers : {1, 2, 7}) {
    scheduler s({.workers = workers});
    s.run([] {
      wait_group all;
      for (int i = 0; i != 20; ++i)
        all.go([i] {
          EXPECT_EQ(*number, 7);
          number.get() = i;
          for (int k = 0; k != 5; ++k) {
            yield();
            EXPECT_EQ(*number, i);
          }
        });
      all.wait();
      EXPECT_EQ(*number, 7);
    });
  }
}

TEST(task_local, outside_of_tasks_every_thread_has_its_own) {
  static task_local<std::string> name{"nobody"};
  *name = "main";
  std::thread([] {
    EXPECT_EQ(name->size(), 6U);
    *name = "other";
  }).join();
  EXPECT_EQ(*name, "main");
}

TEST(task_local, what_a_thread_asks_for_in_the_destructor_of_an_older_object_goes_too) {
  static int alive = 0;
  struct counted {
    counted() { ++alive; }
    counted(const counted&) { ++alive; }
    ~counted() { --alive; }
  };
  static task_local<counted> value;
  struct asks_at_its_end {
    ~asks_at_its_end() { static_cast<void>(value.get()); }
  };
  const int before = alive;
  std::thread([] {
    thread_local const asks_at_its_end older;
    static_cast<void>(&older);  // it is made now
    static_cast<void>(value.get());
  }).join();
  EXPECT_EQ(alive, before);
}

TEST(task_local, values_go_at_the_end_of_their_task_the_youngest_first) {
  static std::vector<std::string> gone;
  static std::vector<bool> in_a_task;
  gone.clear(), in_a_task.clear();  // the test may run again
  struct noted {
    std::string who;
    ~noted() {
      if (who.empty()) return;
      gone.push_back(who);
      in_a_task.push_back(this_task::is_one());
    }
  };
  static task_local<noted> first;
  static task_local<noted> second;
  scheduler s({.workers = 1});
  s.go([] {
    first->who = "first";
    second->who = "second";
  });
  s.join();
  EXPECT_EQ(gone, (std::vector<std::string>{"second", "first"}));
  EXPECT_EQ(in_a_task, (std::vector<bool>{true, true}));
}

}  // namespace
}  // namespace sluice::test::task_local_test
