// SPDX-License-Identifier: BSL-1.0
#pragma once
// The map that the clients of sync_map use: its core, which is all of it but the thread's own reclaimer and the hash. Tables
// begin with two slots, so that the third entry makes them grow.
#include <cstdint>
#include <optional>

#include <sluice/detail/sync_map_core.hpp>
#include <sluice/detail/sync_map_cursor.hpp>

namespace sluice::models {

template <class Engine>
struct sync_map_subject {
  using platform = typename Engine::platform;
  // Keys and values. Read as shared data, so that one that is not whole, or gone, is seen.
  struct number {
    number(int v) : is(v) {}
    typename platform::template var<int> is;
  };
  using core = detail::sync_map_core<number, number, platform, 1, 1>;
  using nodes = typename core::nodes;
  using entry = typename core::entry;
  using reclaimer = basic_reclaimer<platform>;

  // Keys 0 to 7 are in the first of two slots, 0 to 3 in the first of four; 16 has the hash of 0.
  static std::uint64_t hash_of(int key) { return static_cast<std::uint64_t>(key % 16) << 60; }

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
    static auto is(int key) {
      return [key](const number& k) { return k.is.load() == key; };
    }
    // These give the value that was found; 0 for none.
    int load(unsigned by, int key) {
      reclaimer& r = *mine[by];
      r.lock();
      const entry* const found = nodes::find(map->look(r, hash_of(key)).content, hash_of(key), is(key));
      const int value = found != nullptr ? found->value.is.load() : 0;
      r.unlock();
      return value;
    }
    int store(unsigned by, int key, int value) {
      return change(by, key, value, [](const entry*, entry* fresh) { return fresh; });
    }
    int store_if_absent(unsigned by, int key, int value) {
      return change(by, key, value, [](entry* found, entry* fresh) { return found != nullptr ? found : fresh; });
    }
    int erase(unsigned by, int key) {
      return change(by, key, 0, [](const entry*, const entry*) { return nullptr; });
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
        ++m.times[key.is.load()];
        m.value[key.is.load()] = value.is.load();
      }
      return m;
    }
    void finish() {
      map.reset();
      mine[0].reset();
      mine[1].reset();
    }

   private:
    template <class Choose>
    int change(unsigned by, int key, int value, Choose choose) {
      reclaimer& r = *mine[by];
      r.lock();
      typename nodes::entry_owner fresh(value != 0 ? nodes::make_entry(r, hash_of(key), key, value) : nullptr);
      const auto done =
          map->change(r, hash_of(key), is(key), [&](entry* found) -> entry* { return choose(found, fresh.get()); });
      if (done.changed) static_cast<void>(fresh.release());
      const int was = done.found != nullptr ? done.found->value.is.load() : 0;
      r.unlock();
      return was;
    }
  };
};

}  // namespace sluice::models
