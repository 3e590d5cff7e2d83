// SPDX-License-Identifier: BSL-1.0
#include <sluice/sync_map.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../support/sanitizers.hpp"

namespace sluice::test::sync_map_test {
namespace {

template <class F>
void in_threads(int n, F f) {
  std::vector<std::thread> crew;
  for (int i = 0; i != n; ++i) crew.emplace_back([&f, i] { f(i); });
  for (std::thread& t : crew) t.join();
}

TEST(sync_map, is_empty_at_first) {
  sync_map<int, int> m;
  EXPECT_FALSE(m.load(1));
  EXPECT_FALSE(m.contains(1));
  EXPECT_FALSE(m.erase(1));
  EXPECT_EQ(m.size(), 0U);
  EXPECT_TRUE(m.empty());
  EXPECT_EQ(m.begin(), m.end());
}

TEST(sync_map, stores_and_loads) {
  sync_map<std::string, int> m;
  m.store("a", 1);
  m.store("b", 2);
  m.store("a", 3);
  EXPECT_EQ(m.load("a"), 3);
  EXPECT_EQ(m.load("b"), 2);
  EXPECT_EQ(m.size(), 2U);
}

TEST(sync_map, puts_only_where_nothing_is) {
  sync_map<int, std::string> m;
  EXPECT_TRUE(m.try_store(1, 3U, 'x'));
  EXPECT_FALSE(m.try_store(1, "later"));
  EXPECT_EQ(m.load_or_store(1, "later"), std::pair(std::string("xxx"), true));
  EXPECT_EQ(m.load_or_store(2, "new"), std::pair(std::string("new"), false));
  EXPECT_EQ(m.load(2), "new");
}

TEST(sync_map, erases_and_gives_what_was_there) {
  sync_map<int, int> m;
  m.store(1, 10);
  EXPECT_EQ(m.load_and_erase(1), 10);
  EXPECT_EQ(m.load_and_erase(1), std::nullopt);
  m.store(1, 11);
  EXPECT_TRUE(m.erase(1));
  EXPECT_FALSE(m.erase(1));
}

TEST(sync_map, swaps) {
  sync_map<int, int> m;
  EXPECT_EQ(m.swap(1, 10), std::nullopt);
  EXPECT_EQ(m.swap(1, 11), 10);
  EXPECT_EQ(m.load(1), 11);
}

TEST(sync_map, compares_before_it_changes) {
  sync_map<int, int> m;
  EXPECT_FALSE(m.compare_and_swap(1, 0, 5)) << "nothing is not a value";
  EXPECT_FALSE(m.compare_and_erase(1, 0));
  m.store(1, 5);
  EXPECT_FALSE(m.compare_and_swap(1, 4, 6));
  EXPECT_TRUE(m.compare_and_swap(1, 5, 6));
  EXPECT_FALSE(m.compare_and_erase(1, 5));
  EXPECT_TRUE(m.compare_and_erase(1, 6));
  EXPECT_TRUE(m.empty());
}

TEST(sync_map, clears) {
  sync_map<int, int> m;
  for (int i = 0; i != 1'000; ++i) m.store(i, i);
  m.clear();
  EXPECT_TRUE(m.empty());
  EXPECT_EQ(m.begin(), m.end());
  m.store(1, 1);
  EXPECT_EQ(m.load(1), 1);
}

TEST(sync_map, holds_what_can_only_be_moved) {
  sync_map<std::unique_ptr<int>, std::unique_ptr<int>> m;
  auto key = std::make_unique<int>(1);
  const auto* const p = key.get();
  m.store(std::move(key), std::make_unique<int>(5));
  int seen = 0;
  m.range([&](const auto& k, const auto& v) { seen += k.get() == p ? *v : 100; });
  EXPECT_EQ(seen, 5);
}

// Not copied: the address is that of the value in the map.
TEST(sync_map, reads_in_place) {
  sync_map<int, std::vector<int>> m;
  m.store(1, {1, 2, 3});
  const std::vector<int>* first = nullptr;
  EXPECT_TRUE(m.load_with(1, [&](const std::vector<int>& v) { first = &v; }));
  EXPECT_TRUE(m.load_with(1, [&](const std::vector<int>& v) { EXPECT_EQ(&v, first); }));
  EXPECT_FALSE(m.load_with(2, [](const auto&) { FAIL(); }));
}

TEST(sync_map, a_value_outlives_its_replacement_while_it_is_read) {
  sync_map<int, std::string> m;
  m.store(1, "the first value, which is too long to be stored in place");
  m.load_with(1, [&](const std::string& v) {
    in_threads(1, [&](int) {
      for (int i = 0; i != 1'000; ++i) m.store(1, std::to_string(i));
      m.erase(1);
    });
    EXPECT_EQ(v, "the first value, which is too long to be stored in place");
  });
  EXPECT_TRUE(m.empty());
}

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
};
TEST(sync_map, finds_by_what_is_equal_to_a_key) {
  sync_map<std::string, int, text_hash, std::equal_to<>> m;
  m.store("key", 1);
  EXPECT_EQ(m.load(std::string_view("key")), 1);
  EXPECT_TRUE(m.contains("key"));
  EXPECT_TRUE(m.compare_and_erase(std::string_view("key"), 1));
  EXPECT_FALSE(m.erase(std::string_view("key")));
}

// All the same, one bit, and the identity of multiples of a power of two.
struct double_word {
  double_word(int v) : first(v), second(v) {}
  long first, second;
};
struct masked {
  std::size_t mask;
  std::size_t operator()(std::size_t k) const noexcept { return k & mask; }
};
template <class Value>
void bad_hashes_only_make_it_slower() {
  for (const std::size_t mask : {std::size_t{0}, std::size_t{1}, ~std::size_t{0}}) {
    sync_map<std::size_t, Value, masked> m(masked{mask});
    for (std::size_t i = 0; i != 300; ++i) m.store(i << 40U, 1);
    EXPECT_EQ(m.size(), 300U);
    for (std::size_t i = 0; i != 300; ++i) EXPECT_TRUE(m.contains(i << 40U));
    for (std::size_t i = 0; i != 300; i += 2) EXPECT_TRUE(m.erase(i << 40U));
    for (std::size_t i = 0; i != 300; ++i) EXPECT_EQ(m.contains(i << 40U), i % 2 == 1);
  }
}
TEST(sync_map, bad_hashes_only_make_it_slower) {
  bad_hashes_only_make_it_slower<int>();
  bad_hashes_only_make_it_slower<double_word>();
}

// A word each, of all sizes, and keys that are equal though their bits are not, or not equal to themselves.
TEST(sync_map, holds_words_of_any_kind) {
  sync_map<char, bool> small;
  for (int c = 0; c != 128; ++c) small.store(static_cast<char>(c), c % 2 == 0);
  for (int c = 0; c != 128; ++c) EXPECT_EQ(small.load(static_cast<char>(c)), c % 2 == 0);
  sync_map<double, const char*> real;
  real.store(0.0, "zero");
  EXPECT_STREQ(real.load(-0.0).value_or(nullptr), "zero");
  real.store(-0.0, "negative");
  EXPECT_STREQ(real.load(0.0).value_or(nullptr), "negative");
  EXPECT_EQ(real.size(), 1U);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  real.store(nan, "a");
  real.store(nan, "b");
  EXPECT_FALSE(real.contains(nan));
  EXPECT_EQ(real.size(), 3U);
  int met = 0;
  real.range([&](double, const char*) { ++met; });
  EXPECT_EQ(met, 3) << "as in any map";
}

// With room, when it has grown, for so many entries at least, and for twice as many at most.
template <class Value>
void the_table_follows_the_content_up_and_down(std::size_t room) {
  sync_map<int, Value> m;
  const std::size_t at_first = m.capacity();
  for (int i = 0; i != 10'000; ++i) m.store(i, i);
  EXPECT_GE(m.capacity(), room);
  EXPECT_LE(m.capacity(), 2 * room);
  for (int i = 0; i != 10'000; ++i) m.erase(i);
  EXPECT_EQ(m.capacity(), at_first);
  for (int i = 0; i != 10'000; ++i) m.store(i, i);
  m.clear();
  EXPECT_EQ(m.capacity(), at_first);
}
TEST(sync_map, the_table_follows_the_content_up_and_down) {
  the_table_follows_the_content_up_and_down<double_word>(20'000);
  the_table_follows_the_content_up_and_down<int>(30'000);
}

TEST(sync_map, is_a_range) {
  sync_map<int, int> m;
  for (int i = 0; i != 100; ++i) m.store(i, i * i);
  static_assert(std::input_iterator<sync_map<int, int>::iterator>);
  static_assert(std::ranges::input_range<const sync_map<int, int>>);
  std::set<int> keys;
  for (const auto& [key, value] : m) {
    EXPECT_EQ(value, key * key);
    keys.insert(key);
  }
  EXPECT_EQ(keys.size(), 100U);
  EXPECT_EQ(std::ranges::distance(m | std::views::filter([](const auto& e) { return e.first < 10; })), 10);
}

TEST(sync_map, range_ends_when_told) {
  sync_map<int, int> m;
  for (int i = 0; i != 100; ++i) m.store(i, i);
  int calls = 0;
  m.range([&](int, int) { return ++calls < 10; });
  EXPECT_EQ(calls, 10);
}

// What is there throughout is met once, though the table doubles and halves many times meanwhile.
TEST(sync_map, a_callback_may_change_the_map) {
  sync_map<int, int> m;
  for (int i = 0; i != 100; ++i) m.store(i, i);
  std::multiset<int> met;
  m.range([&](int key, int) {
    if (key < 100) met.insert(key);
    if (key < 100 && key % 10 == 0)
      for (int i = 0; i != 2'000; ++i) m.store(1'000 + i, key);
    else
      for (int i = 0; i != 2'000; ++i) m.erase(1'000 + i);
  });
  for (int i = 0; i != 100; ++i) EXPECT_EQ(met.count(i), 1U) << i;
}

TEST(sync_map, a_range_meets_what_stays_while_others_make_the_table_grow_and_shrink) {
  sync_map<int, int> m;
  for (int i = 0; i != 100; ++i) m.store(i, i);
  std::atomic<bool> done{false};
  std::vector<std::thread> crew;
  for (int t = 0; t != 2; ++t)
    crew.emplace_back([&, t] {
      while (!done) {
        for (int i = 0; i != 1'000; ++i) m.store(1'000 + 2 * i + t, i);
        for (int i = 0; i != 1'000; ++i) m.erase(1'000 + 2 * i + t);
      }
    });
  for (int round = 0; round != scaled(200); ++round) {
    std::multiset<int> met;
    m.range([&](int key, int) { met.insert(key); });
    EXPECT_EQ(met.size(), std::set<int>(met.begin(), met.end()).size()) << "nothing twice";
    for (int i = 0; i != 100; ++i) EXPECT_EQ(met.count(i), 1U) << i;
  }
  done = true;
  for (std::thread& t : crew) t.join();
  EXPECT_EQ(m.size(), 100U);
}

struct fragile {
  explicit fragile(int v) : value(v) {}
  fragile(const fragile& other) : value(other.value) {
    if (value < 0) throw std::runtime_error("not copied");
  }
  int value;
};
TEST(sync_map, an_exception_changes_nothing) {
  sync_map<int, fragile> m;
  EXPECT_TRUE(m.try_store(1, 7));
  EXPECT_THROW(m.store(1, fragile(-1)), std::runtime_error);
  EXPECT_THROW(m.try_store(2, fragile(-1)), std::runtime_error);
  EXPECT_EQ(m.load(1)->value, 7);
  EXPECT_EQ(m.size(), 1U);
}

// As a string is where there is no memory: it is put without a copy, and cannot be given as one.
struct unique_in_memory {
  static inline bool no_memory = false;
  explicit unique_in_memory(int v) : value(v) {}
  unique_in_memory(unique_in_memory&& other) noexcept : value(other.value) {}
  unique_in_memory(const unique_in_memory& other) : value(other.value) {
    if (no_memory) throw std::bad_alloc();
  }
  template <class Any>
  friend void operator,(const unique_in_memory&, Any&&) = delete;  // nor is it part of a comma
  int value;
};
TEST(sync_map, what_cannot_be_given_stays) {
  sync_map<int, unique_in_memory> m;
  m.store(1, unique_in_memory(7));
  unique_in_memory::no_memory = true;
  EXPECT_THROW(m.swap(1, unique_in_memory(8)), std::bad_alloc);
  EXPECT_THROW(m.load_and_erase(1), std::bad_alloc);
  EXPECT_FALSE(m.swap(2, unique_in_memory(9)));
  EXPECT_FALSE(m.load_and_erase(3));
  unique_in_memory::no_memory = false;
  EXPECT_EQ(m.load_and_erase(1)->value, 7);
  EXPECT_EQ(m.swap(2, unique_in_memory(10))->value, 9);
  EXPECT_EQ(m.size(), 1U);
}

struct counted {
  explicit counted(std::atomic<long>& count) : alive(&count) { ++*alive; }
  counted(const counted& other) : alive(other.alive) { ++*alive; }
  counted& operator=(const counted&) = delete;
  ~counted() { --*alive; }
  std::atomic<long>* alive;
};
TEST(sync_map, no_value_is_left_behind_for_good) {
  std::atomic<long> alive{0};
  {
    sync_map<int, counted> m;
    in_threads(4, [&](int t) {
      for (int i = 0; i != scaled(10'000); ++i) {
        const int key = (i * 7 + t) % 1'000;
        if (i % 3 == 0)
          m.erase(key);
        else
          m.store(key, counted(alive));
      }
    });
  }
  // The map's end frees what is in it; what was retired goes with the garbage of its thread, or of another one.
  this_thread_reclaimer().collect();
  EXPECT_EQ(alive, 0);
}

// Reads in a destructor, while others erase what it reads, and free their garbage.
struct reads_at_its_end {
  using shared_map = sync_map<int, std::shared_ptr<int>>;
  shared_map& map;
  std::weak_ptr<int> value;
  bool& was_there;
  ~reads_at_its_end() {
    const auto at = map.begin();
    std::thread([this] {
      EXPECT_TRUE(map.erase(1));
      this_thread_reclaimer().collect();
    }).join();
    was_there = !value.expired();
  }
};
TEST(sync_map, a_thread_may_use_it_in_the_destructor_of_what_is_older_than_its_first_use) {
  for (int threads = 0; threads != 3; ++threads) {
    reads_at_its_end::shared_map map;
    auto value = std::make_shared<int>(7);
    const std::weak_ptr<int> watched = value;
    bool was_there = false;
    std::thread([&] {
      thread_local const reads_at_its_end older(map, watched, was_there);
      map.store(1, std::move(value));
    }).join();
    EXPECT_TRUE(was_there);
    this_thread_reclaimer().collect();
    EXPECT_TRUE(watched.expired()) << "what it kept from being freed is freed once it has gone";
  }
}

// Each thread keeps to its own keys and so knows what is in them, while the table grows and shrinks for all.
TEST(sync_map, threads_with_keys_of_their_own_do_not_disturb_each_other) {
  sync_map<int, int> m;
  std::atomic<int> wrong{0};
  in_threads(4, [&](int t) {
    for (int round = 0; round != 4; ++round) {
      for (int i = 0; i != scaled(4'000); ++i)
        if (m.swap(i * 4 + t, round)) ++wrong;
      for (int i = 0; i != scaled(4'000); ++i)
        if (m.load(i * 4 + t) != round) ++wrong;
      for (int i = 0; i != scaled(4'000); ++i)
        if (m.load_and_erase(i * 4 + t) != round) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(m.empty());
}

TEST(sync_map, a_counter_in_it_loses_nothing) {
  sync_map<int, int> m;
  in_threads(4, [&](int) {
    for (int i = 0; i != scaled(5'000); ++i) {
      for (;;) {
        const auto [value, loaded] = m.load_or_store(i % 5, 1);
        if (!loaded || m.compare_and_swap(i % 5, value, value + 1)) break;
      }
    }
  });
  int sum = 0;
  for (const auto& [key, value] : m) sum += value;
  EXPECT_EQ(sum, 4 * scaled(5'000));
}

}  // namespace
}  // namespace sluice::test::sync_map_test
