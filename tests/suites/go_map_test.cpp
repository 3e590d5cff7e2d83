// SPDX-License-Identifier: BSL-1.0
// What Go's tests check of sync.Map (src/sync/map_test.go) and of the map beneath it (src/internal/sync/hashtriemap_test.go),
// in our words and code. Goroutines are threads here, so there are fewer.
#include <sluice/sync_map.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <climits>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/sanitizers.hpp"

namespace sluice::test::go_map_test {
namespace {

template <class F>
void in_threads(int n, F f) {
  std::vector<std::thread> crew;
  for (int i = 0; i != n; ++i) crew.emplace_back([&f, i] { f(i); });
  for (std::thread& t : crew) t.join();
}

// TestConcurrentRange
TEST(go_map, a_range_beside_writers_sees_each_key_once) {
  constexpr int size = 1 << 10;
  sync_map<int, int> m;
  for (int n = 1; n <= size; ++n) m.store(n, n);
  std::atomic<bool> done{false};
  std::atomic<bool> wrong{false};
  std::vector<std::thread> writers;
  for (int g = 1; g <= 2; ++g)
    writers.emplace_back([&, g] {
      for (int i = 0; !done; i = (i + 1) % 1'000)
        for (int n = 1; n < size && !done; ++n) {
          if ((n * 7 + i) % 100 == 0)
            m.store(n, n * i * g);
          else if (!m.contains(n))
            wrong = true;
        }
    });
  for (int round = 0; round != scaled(64); ++round) {
    std::set<int> seen;
    m.range([&](int key, int value) {
      if (value % key != 0 || !seen.insert(key).second) wrong = true;
    });
    EXPECT_EQ(seen.size(), std::size_t{size});
  }
  done = true;
  for (std::thread& t : writers) t.join();
  EXPECT_FALSE(wrong);
}

// TestIssue40999: what is stored and erased again and again is not kept, though nobody ranges.
TEST(go_map, erased_keys_are_let_go) {
  sync_map<std::shared_ptr<int>, int> m;
  m.store(nullptr, 0);
  const auto watched = std::make_shared<int>(1);
  m.store(watched, 1);
  m.erase(watched);
  for (int i = 0; i != 1'000 && watched.use_count() != 1; ++i) {
    const auto other = std::make_shared<int>(i);
    m.store(other, 1);
    m.erase(other);
  }
  EXPECT_EQ(watched.use_count(), 1);
}

// TestMapRangeNestedCall
TEST(go_map, ranges_nest_and_may_change_the_map) {
  sync_map<int, std::string> m;
  int at = 0;
  for (const char* word : {"hello", "world", "Go"}) m.store(at++, word);
  m.range([&](int outer, const std::string&) {
    m.range([&](int key, const std::string& value) {
      EXPECT_EQ(m.load(key), value);
      EXPECT_FALSE(m.load_or_store(42, "dummy").second) << "it was not there before";
      m.store(42, "sync_map");
      EXPECT_EQ(m.load_and_erase(42), "sync_map");
    });
    m.erase(outer);
  });
  EXPECT_TRUE(m.empty());
  m.range([](int, const std::string&) { FAIL(); });
}

// TestCompareAndSwap_NonExistingKey
TEST(go_map, nothing_is_swapped_where_nothing_is) {
  sync_map<int, std::optional<int>> m;
  EXPECT_FALSE(m.compare_and_swap(1, std::nullopt, 42));
  EXPECT_TRUE(m.empty());
}

// TestMapDelete, TestMapClear
TEST(go_map, deletes_and_clears) {
  sync_map<std::string, double> m;
  m.store("go", 1.22);
  EXPECT_EQ(m.load("go"), 1.22);
  m.erase("go");
  EXPECT_FALSE(m.load("go"));
  m.store("go", 1.21);
  m.clear();
  EXPECT_FALSE(m.load("go"));
  m.store("go", 1.21);
  EXPECT_EQ(m.load("go"), 1.21);
}

// TestConcurrentClear
TEST(go_map, clears_beside_readers_and_writers) {
  sync_map<int, int> m;
  std::atomic<bool> wrong{false};
  in_threads(9, [&](int i) {
    for (int n = 0; n != scaled(200); ++n) {
      if (i % 3 == 0) {
        m.store(n % 10, n % 10 * 10);
      } else if (i % 3 == 1) {
        if (m.load(n % 10).value_or(n % 10 * 10) != n % 10 * 10) wrong = true;
      } else {
        m.clear();
      }
    }
  });
  m.clear();
  m.range([](int, int) { FAIL(); });
  EXPECT_FALSE(wrong);
  EXPECT_EQ(m.size(), 0U);
}

// hashtriemap_test.go runs everything with a good hash, one that is the same for all, and one that keeps a few bits.
enum class hashing { good, same_for_all, truncated };
struct chosen_hash {
  hashing how = hashing::good;
  std::size_t operator()(const std::string& s) const {
    const std::size_t h = std::hash<std::string>()(s);
    return how == hashing::good ? h : how == hashing::truncated ? h & 3U : 0U;
  }
};

class go_hash_trie_map : public testing::TestWithParam<hashing> {
 public:
  static constexpr int count = 128;
  static constexpr int crew = 4;
  sync_map<std::string, int, chosen_hash> m{chosen_hash{GetParam()}};

  static std::string key(int i, int thread = -1) {
    std::string text = std::to_string(i * i);
    text += '-';
    return text += std::to_string(thread);
  }
  void fill() {
    for (int i = 0; i != count; ++i) {
      EXPECT_FALSE(m.load(key(i)));
      EXPECT_EQ(m.load_or_store(key(i), i), std::pair(i, false));
      EXPECT_EQ(m.load(key(i)), i);
      EXPECT_EQ(m.load_or_store(key(i), 0), std::pair(i, true));
    }
  }
  // In several threads: f(i, key) for each key of the thread's own, which is checked to be there with its number first.
  template <class F>
  void with_own_keys(F f) {
    in_threads(crew, [&](int t) {
      for (int i = 0; i != count; ++i) {
        EXPECT_FALSE(m.load(key(i, t)));
        EXPECT_FALSE(m.load_or_store(key(i, t), t).second);
        EXPECT_EQ(m.load_or_store(key(i, t), 0), std::pair(t, true));
      }
      for (int i = 0; i != count; ++i) {
        EXPECT_EQ(m.load(key(i, t)), t);
        f(t, key(i, t));
      }
    });
  }
};
INSTANTIATE_TEST_SUITE_P(with_each_hash, go_hash_trie_map,
                         testing::Values(hashing::good, hashing::same_for_all, hashing::truncated));

// LoadEmpty, LoadOrStore
TEST_P(go_hash_trie_map, loads_or_stores) {
  fill();
  for (int i = 0; i != count; ++i) {
    EXPECT_EQ(m.load(key(i)), i);
    EXPECT_EQ(m.load_or_store(key(i), 0), std::pair(i, true));
  }
}

// All; CompareAndDelete/Iterate and LoadAndDelete/Iterate: the range may erase what it meets.
TEST_P(go_hash_trie_map, all_are_met_and_may_be_erased_on_the_way) {
  fill();
  std::set<int> met;
  m.range([&](const std::string& key, int value) {
    EXPECT_TRUE(met.insert(value).second);
    if (value % 2 == 0)
      EXPECT_TRUE(m.compare_and_erase(key, value));
    else
      EXPECT_EQ(m.load_and_erase(key), value);
  });
  EXPECT_EQ(met.size(), std::size_t(count));
  for (int i = 0; i != count; ++i) EXPECT_FALSE(m.load(key(i)));
}

// CompareAndDelete/All
TEST_P(go_hash_trie_map, compares_and_deletes_all) {
  for (int round = 0; round != 3; ++round) {
    fill();
    for (int i = 0; i != count; ++i) {
      EXPECT_FALSE(m.compare_and_erase(key(i), INT_MAX));
      EXPECT_TRUE(m.compare_and_erase(key(i), i));
      EXPECT_FALSE(m.compare_and_erase(key(i), i));
      EXPECT_FALSE(m.load(key(i)));
    }
  }
}

// One and Multiple of CompareAndDelete, CompareAndSwap, Swap and LoadAndDelete: the others stay as they are.
TEST_P(go_hash_trie_map, changes_some_and_leaves_the_others) {
  fill();
  const std::set<int> some{1, 6, 15, 48, 55};
  for (const int i : some) {
    EXPECT_FALSE(m.compare_and_swap(key(i), INT_MAX, 0));
    EXPECT_TRUE(m.compare_and_swap(key(i), i, i + 1));
    EXPECT_FALSE(m.compare_and_swap(key(i), i, i + 1));
    EXPECT_EQ(m.swap(key(i), i + 2), i + 1);
  }
  for (int i = 0; i != count; ++i) EXPECT_EQ(m.load(key(i)), some.contains(i) ? i + 2 : i);
  for (const int i : some) {
    EXPECT_FALSE(m.compare_and_erase(key(i), i));
    EXPECT_EQ(m.load_and_erase(key(i)), i + 2);
    EXPECT_EQ(m.load_and_erase(key(i)), std::nullopt);
  }
  for (int i = 0; i != count; ++i) EXPECT_EQ(m.load(key(i)), some.contains(i) ? std::nullopt : std::optional(i));
}

// CompareAndSwap/All, Swap/All
TEST_P(go_hash_trie_map, swaps_all_again_and_again) {
  fill();
  for (int j = 0; j != 4; j += 2)
    for (int i = 0; i != count; ++i) {
      EXPECT_TRUE(m.compare_and_swap(key(i), i + j, i + j + 1));
      EXPECT_FALSE(m.compare_and_swap(key(i), i + j, i + j + 1));
      EXPECT_EQ(m.swap(key(i), i + j + 2), i + j + 1);
    }
  for (int i = 0; i != count; ++i) EXPECT_EQ(m.load(key(i)), i + 4);
}

// ConcurrentUnsharedKeys, ConcurrentUnsharedKeysWithDelete of each operation
TEST_P(go_hash_trie_map, threads_with_keys_of_their_own_see_only_what_they_did) {
  with_own_keys([this](int t, const std::string& key) {
    EXPECT_TRUE(m.compare_and_swap(key, t, t + 1));
    EXPECT_EQ(m.swap(key, t + 2), t + 1);
    EXPECT_TRUE(m.compare_and_erase(key, t + 2));
    EXPECT_FALSE(m.compare_and_swap(key, t + 2, t));
    EXPECT_FALSE(m.compare_and_erase(key, t + 2));
    EXPECT_FALSE(m.load(key));
    EXPECT_EQ(m.swap(key, t), std::nullopt);
    EXPECT_EQ(m.load_and_erase(key), t);
  });
  EXPECT_TRUE(m.empty());
}

// ConcurrentSharedKeys of each operation
TEST_P(go_hash_trie_map, threads_with_the_same_keys_agree) {
  fill();
  in_threads(crew, [this](int) {
    for (int i = 0; i != count; ++i) {
      EXPECT_FALSE(m.compare_and_swap(key(i), INT_MAX, 0));
      m.compare_and_swap(key(i), i, i + 1);
      EXPECT_EQ(m.load(key(i)), i + 1);
      m.swap(key(i), i + 1);
      EXPECT_EQ(m.load(key(i)), i + 1);
    }
  });
  in_threads(crew, [this](int t) {
    for (int i = 0; i != count; ++i) {
      EXPECT_FALSE(m.compare_and_erase(key(i), INT_MAX));
      if (t % 2 == 0)
        m.compare_and_erase(key(i), i + 1);
      else
        m.load_and_erase(key(i));
      EXPECT_FALSE(m.load(key(i)));
    }
  });
  EXPECT_TRUE(m.empty());
}

}  // namespace
}  // namespace sluice::test::go_map_test
