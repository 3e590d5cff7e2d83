// SPDX-License-Identifier: BSL-1.0
#pragma once
// The map that the clients of sync_map use: its core over `Slots`, which is all of it but the thread's own reclaimer and the
// hash. Keys and values are numbers, as they are or in a type that reads them as shared data. Tables begin with two slots,
// so that the third entry makes them grow.
#include <cstdint>
#include <initializer_list>
#include <optional>

#include <sluice/detail/sync_map_core.hpp>
#include <sluice/detail/sync_map_cursor.hpp>

namespace sluice::models {

// Keys 0 to 7 are in the first of two slots, 0 to 3 in the first of four; 16 has the hash of 0.
struct sync_map_hash {
  std::uint64_t operator()(int key) const noexcept { return static_cast<std::uint64_t>(key % 16) << 60; }
  template <class Number>
  std::uint64_t operator()(const Number& key) const noexcept {
    return (*this)(key.is.load());
  }
};

template <class Engine, class Slots>
struct sync_map_subject {
  using platform = typename Engine::platform;
  using core = detail::sync_map_core<Slots, platform, 1>;
  using fresh = typename core::fresh;
  using found = typename core::found;
  using step = detail::sync_map_step;
  using reclaimer = basic_reclaimer<platform>;
  using key_type = typename Slots::key_type;
  using mapped_type = typename Slots::mapped_type;

  static std::uint64_t hash_of(int key) { return sync_map_hash()(key); }
  static int number(int n) { return n; }
  template <class Number>
  static int number(const Number& n) {
    return n.is.load();
  }

  // A map that two threads use. `Batch`: after how many retirements a thread frees.
  template <unsigned Batch = 100>
  struct shared {
    static constexpr unsigned threads = 2;

    basic_reclaim_domain<platform> all{Batch};
    std::optional<reclaimer> mine[2];
    std::optional<core> map;

    explicit shared(std::initializer_list<int> keys) {
      mine[0].emplace(all);
      mine[1].emplace(all);
      map.emplace(*mine[0], 2);
      for (const int key : keys) store(0, key, key + 100);
    }
    struct same {
      int key;
      bool operator()(const key_type& k) const { return number(k) == key; }
      std::uint64_t bits() const
        requires Slots::copies
      {
        return static_cast<std::uint64_t>(key);
      }
    };
    // These give the value that was found; 0 for none.
    int load(unsigned by, int key) {
      reclaimer& r = *mine[by];
      r.lock();
      typename core::seen seen{};
      bool is_whole = false;
      if constexpr (Slots::copies) is_whole = map->glance(r, hash_of(key), same{key}, seen);
      if (!is_whole) seen = map->find(r, hash_of(key), same{key});
      const int value = seen ? number(seen.value()) : 0;
      r.unlock();
      return value;
    }
    int store(unsigned by, int key, int value) {
      return change(by, key, value, [](const found&) { return step::put; });
    }
    int store_if_absent(unsigned by, int key, int value) {
      return change(by, key, value, [](const found& f) { return f ? step::keep : step::put; });
    }
    int store_if(unsigned by, int key, int expected, int value) {
      return change(by, key, value,
                    [expected](const found& f) { return f && number(f.value()) == expected ? step::put : step::keep; });
    }
    int erase_if(unsigned by, int key, int expected) {
      return change(by, key, 0, [expected](const found& f) {
        return f && number(f.value()) == expected ? step::drop : step::keep;
      });
    }
    int erase(unsigned by, int key) {
      return change(by, key, 0, [](const found& f) { return f ? step::drop : step::keep; });
    }
    void clear(unsigned by) {
      reclaimer& r = *mine[by];
      std::uint64_t from = 0;
      do {
        r.lock();
        from = map->clear_at(r, from) + 1;
        r.unlock();
      } while (from != 0);
    }
    // How often, and with which value, a walk meets a key.
    struct met {
      int times[32] = {};
      int value[32] = {};
    };
    met walk(unsigned by) {
      met m;
      for (detail::sync_map_cursor<core> at(*map, *mine[by]); at != std::default_sentinel; ++at) {
        const auto [key, value] = *at;
        ++m.times[number(key)];
        m.value[number(key)] = number(value);
      }
      return m;
    }
    void finish() {
      map.reset();
      mine[0].reset();
      mine[1].reset();
    }

   private:
    template <class Decide>
    int change(unsigned by, int key, int value, Decide decide) {
      reclaimer& r = *mine[by];
      r.lock();
      fresh put;
      if (value != 0) Slots::make(put, r, hash_of(key), key, value);
      const auto done = map->change(r, hash_of(key), same{key}, put, decide);
      const int was = done.was ? number(done.was.value()) : 0;
      r.unlock();
      return was;
    }
  };
};

}  // namespace sluice::models
