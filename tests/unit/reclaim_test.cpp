// SPDX-License-Identifier: BSL-1.0
#include <sluice/reclaim.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "../support/sanitizers.hpp"

namespace sluice::test::reclaim_test {
namespace {

// Counts those that live.
struct counted : reclaim_obj {
  counted(reclaimer& maker, std::atomic<long>& count, int v = 0) : reclaim_obj(maker), value(v), alive(count) {
    ++alive;
  }
  ~counted() { --alive, value = -1; }
  int value;
  std::atomic<long>& alive;
};

TEST(reclaim, frees_a_batch_where_nobody_reads) {
  std::atomic<long> alive{0};
  reclaim_domain domain(4);
  reclaimer mine(domain);
  for (int i = 0; i != 3; ++i) mine.retire(new counted(mine, alive));
  EXPECT_EQ(alive, 3) << "the batch is not full";
  mine.retire(new counted(mine, alive));
  EXPECT_EQ(alive, 0);
  mine.retire(new counted(mine, alive));
  mine.collect();
  EXPECT_EQ(alive, 0) << "collect does not wait for a batch";
}

TEST(reclaim, keeps_what_a_reader_holds_until_its_section_ends) {
  std::atomic<long> alive{0};
  reclaim_domain domain(1);
  reclaimer reader(domain);
  reclaimer writer(domain);
  std_platform::atomic<counted*> link(new counted(writer, alive, 7));
  reader.lock();
  const counted* const held = reader.protect(link, std::memory_order_acquire);
  writer.retire(link.exchange(nullptr, std::memory_order_acq_rel));
  EXPECT_EQ(held->value, 7);
  EXPECT_EQ(writer.garbage(), 1U);
  reader.unlock();
  writer.collect();
  EXPECT_EQ(alive, 0);
}

TEST(reclaim, sections_nest) {
  std::atomic<long> alive{0};
  reclaim_domain domain(1);
  reclaimer reader(domain);
  reclaimer writer(domain);
  auto* const old = new counted(writer, alive);
  const std::scoped_lock outer(reader);
  {
    const std::scoped_lock inner(reader);
    writer.retire(old);
  }
  writer.collect();
  EXPECT_EQ(alive, 1) << "the outer section goes on";
}

TEST(reclaim, a_section_that_is_not_counted_protects_and_is_refused_inside_of_another_one) {
  std::atomic<long> alive{0};
  reclaim_domain domain(1);
  reclaimer reader(domain);
  reclaimer writer(domain);
  auto* const old = new counted(writer, alive);
  ASSERT_TRUE(reader.try_lock_leaf());
  writer.retire(old);
  EXPECT_EQ(alive, 1) << "it is open";
  reader.unlock_leaf();
  writer.collect();
  EXPECT_EQ(alive, 0) << "it has ended";
  const std::scoped_lock section(reader);
  EXPECT_FALSE(reader.try_lock_leaf());
}

TEST(reclaim, a_writer_frees_what_it_retired_when_its_own_section_ends) {
  std::atomic<long> alive{0};
  reclaim_domain domain(1);
  reclaimer mine(domain);
  mine.lock();
  mine.retire(new counted(mine, alive));
  EXPECT_EQ(alive, 1);
  mine.unlock();
  EXPECT_EQ(alive, 0);
}

TEST(reclaim, a_long_section_keeps_nothing_of_its_own_that_is_young) {
  std::atomic<long> alive{0};
  reclaim_domain domain(8);
  reclaimer mine(domain);
  const std::scoped_lock section(mine);
  for (int i = 0; i != 1'000; ++i) {
    mine.retire(new counted(mine, alive));
    ASSERT_LE(alive, 4 * 8);
  }
}

// The bound, from both sides: those alive at the stall stay, the others go.
TEST(reclaim, a_stalled_reader_keeps_what_was_alive_when_it_stalled_and_no_more) {
  constexpr long batch = 8;
  constexpr long at_the_stall = 100;
  std::atomic<long> alive{0};
  reclaim_domain domain(batch);
  reclaimer writer(domain);
  std::optional<reclaimer> stalled(domain);
  std::vector<counted*> old;
  for (long i = 0; i != at_the_stall; ++i) old.push_back(new counted(writer, alive));
  stalled->lock();
  for (counted* const o : old) writer.retire(o);
  for (int i = 0; i != 10'000; ++i) {
    writer.retire(new counted(writer, alive));
    ASSERT_LE(alive, at_the_stall + 2 * batch);
  }
  EXPECT_GE(alive, at_the_stall);
  // A burst of births before any of them is retired is no one generation.
  std::vector<counted*> burst;
  for (int i = 0; i != 1'000; ++i) burst.push_back(new counted(writer, alive));
  for (counted* const o : burst) writer.retire(o);
  writer.collect();
  EXPECT_LE(alive, at_the_stall + batch);
  stalled->unlock();
  writer.collect();
  EXPECT_EQ(alive, 0);
}

TEST(reclaim, what_a_thread_leaves_behind_is_freed_by_another) {
  std::atomic<long> alive{0};
  reclaim_domain domain(1);
  reclaimer reader(domain);
  std::vector<counted*> old;
  for (int i = 0; i != 5; ++i) old.push_back(new counted(reader, alive));
  reader.lock();
  std::thread([&] {
    reclaimer mine(domain);
    for (counted* const o : old) mine.retire(o);
  }).join();
  EXPECT_EQ(alive, 5) << "the reader holds them up";
  reader.unlock();
  EXPECT_EQ(alive, 5);
  reader.collect();
  EXPECT_EQ(alive, 0);
}

TEST(reclaim, a_domain_frees_what_is_left_at_its_end) {
  std::atomic<long> alive{0};
  {
    reclaim_domain domain(1);
    reclaimer reader(domain);
    auto* const old = new counted(reader, alive);
    reader.lock();
    {
      reclaimer writer(domain);
      writer.retire(old);
    }
    reader.unlock();
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

struct chained : reclaim_obj {
  chained(reclaimer& by, chained* then, std::atomic<long>& count)
      : reclaim_obj(by), maker(by), next(then), alive(count) {
    ++alive;
  }
  ~chained() {
    --alive;
    if (next != nullptr) maker.retire(next);
  }
  reclaimer& maker;
  chained* next;
  std::atomic<long>& alive;
};

TEST(reclaim, a_deleter_may_retire) {
  std::atomic<long> alive{0};
  reclaim_domain domain(1);
  {
    reclaimer mine(domain);
    chained* list = nullptr;
    for (int i = 0; i != 10; ++i) list = new chained(mine, list, alive);
    mine.retire(list);
    EXPECT_LT(alive, 10);
  }
  EXPECT_EQ(alive, 0) << "the owner's end frees the whole chain";
}

TEST(reclaim, what_a_deleter_retires_at_its_reclaimers_end_is_freed) {
  struct parent : reclaim_obj {
    parent(reclaimer& maker, counted* c) : reclaim_obj(maker), home(maker), child(c) {}
    ~parent() { home.retire(child); }
    reclaimer& home;
    counted* child;
  };
  struct ends_section : reclaim_obj {
    ends_section(reclaimer& maker, reclaimer& r) : reclaim_obj(maker), reader(r) {}
    ~ends_section() { reader.unlock(); }
    reclaimer& reader;
  };
  std::atomic<long> alive{0};
  {
    reclaim_domain domain;
    reclaimer reader(domain);
    {
      reclaimer mine(domain);
      auto* const held = new parent(mine, new counted(mine, alive));
      reader.lock();
      mine.collect();
      auto* const younger = new ends_section(mine, reader);
      mine.retire(held);  // the reader's, until what is younger goes, in the first of the collects of the end
      mine.retire(younger);
    }
  }
  EXPECT_EQ(alive, 0);
}

TEST(reclaim, a_deleter_of_ones_own_is_used) {
  struct marks {
    void operator()(counted* o) const {
      static_cast<void>(o->alive += 100);
      delete o;
    }
  };
  std::atomic<long> alive{0};
  reclaim_domain domain(1);
  reclaimer mine(domain);
  mine.retire(new counted(mine, alive), marks());
  EXPECT_EQ(alive, 100);
}

TEST(reclaim, each_thread_has_one_part_in_the_domain_of_the_process) {
  reclaimer* const mine = &this_thread_reclaimer();
  EXPECT_EQ(mine, &this_thread_reclaimer());
  reclaimer* other = nullptr;
  std::thread([&] { other = &this_thread_reclaimer(); }).join();
  EXPECT_NE(mine, other);
}

// Readers, writers and threads that come and go; ASan and TSan watch.
TEST(reclaim, nothing_is_freed_under_a_reader_and_nothing_is_left) {
  constexpr int links = 4;
  std::atomic<long> alive{0};
  {
    reclaim_domain domain(8);
    std_platform::atomic<counted*> link[links];
    {
      reclaimer setup(domain);
      for (auto& l : link) l.store(new counted(setup, alive, 1), std::memory_order_release);
    }
    std::atomic<bool> torn{false};
    const auto work = [&](int seed) {
      for (int life = 0; life != 4; ++life) {
        reclaimer mine(domain);
        for (int i = 0; i != scaled(20'000); ++i) {
          auto& at = link[(i + seed) % links];
          const std::scoped_lock section(mine);
          if (i % 3 == 0)
            mine.retire(at.exchange(new counted(mine, alive, i + 1), std::memory_order_acq_rel));
          else if (mine.protect(at, std::memory_order_acquire)->value <= 0)
            torn = true;
        }
      }
    };
    std::vector<std::thread> crew;
    for (int t = 0; t != 4; ++t) crew.emplace_back(work, t);
    for (std::thread& t : crew) t.join();
    EXPECT_FALSE(torn);
    for (auto& l : link) delete l.load(std::memory_order_relaxed);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace sluice::test::reclaim_test
