// SPDX-License-Identifier: BSL-1.0
#pragma once
// Maps to compare sync_map with: what one writes without it (a mutex, or one per shard, around std::unordered_map), and,
// where they are installed, oneTBB's, libcuckoo's and xenium's. Each has find, put and drop.
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#if defined(SLUICE_BENCH_TBB)
#include <tbb/concurrent_hash_map.h>
#endif
// GCC and clang warn about what is inside; it is not ours to mend.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#if __has_include(<libcuckoo/cuckoohash_map.hh>)
#define SLUICE_BENCH_CUCKOO 1
#include <libcuckoo/cuckoohash_map.hh>
#endif
#if __has_include(<xenium/vyukov_hash_map.hpp>)
#define SLUICE_BENCH_XENIUM 1
#include <xenium/reclamation/generic_epoch_based.hpp>
#include <xenium/vyukov_hash_map.hpp>
#endif
#pragma GCC diagnostic pop

#include <sluice/sync_map.hpp>

namespace bench {

// Keys are counted up from zero; every map spreads them by the same hash, as good as any.
struct spread {
  std::size_t operator()(std::uint64_t k) const noexcept {
    k = (k ^ (k >> 33)) * 0xff51afd7ed558ccdU;
    return k ^ (k >> 33);
  }
};

class sluice_map {
 public:
  bool find(std::uint64_t k, std::uint64_t& v) const {
    const std::optional<std::uint64_t> found = map_.load(k);
    v = found.value_or(0);
    return found.has_value();
  }
  void put(std::uint64_t k, std::uint64_t v) { map_.store(k, v); }
  void drop(std::uint64_t k) { map_.erase(k); }

 private:
  sluice::sync_map<std::uint64_t, std::uint64_t, spread> map_;
};

class locked_map {
 public:
  bool find(std::uint64_t k, std::uint64_t& v) const {
    const std::lock_guard lock(guard_);
    const auto at = map_.find(k);
    if (at == map_.end()) return false;
    v = at->second;
    return true;
  }
  void put(std::uint64_t k, std::uint64_t v) {
    const std::lock_guard lock(guard_);
    map_.insert_or_assign(k, v);
  }
  void drop(std::uint64_t k) {
    const std::lock_guard lock(guard_);
    map_.erase(k);
  }

 private:
  mutable std::mutex guard_;
  std::unordered_map<std::uint64_t, std::uint64_t, spread> map_;
};

class sharded_map {
 public:
  bool find(std::uint64_t k, std::uint64_t& v) const { return of(k).find(k, v); }
  void put(std::uint64_t k, std::uint64_t v) { of(k).put(k, v); }
  void drop(std::uint64_t k) { of(k).drop(k); }

 private:
  struct alignas(64) shard : locked_map {};
  shard& of(std::uint64_t k) const { return (*shards_)[spread()(k) >> 58]; }
  std::unique_ptr<std::array<shard, 64>> shards_ = std::make_unique<std::array<shard, 64>>();
};

#if defined(SLUICE_BENCH_TBB)
class tbb_map {
  struct compare {
    static std::size_t hash(std::uint64_t k) { return spread()(k); }
    static bool equal(std::uint64_t a, std::uint64_t b) { return a == b; }
  };
  using map = tbb::concurrent_hash_map<std::uint64_t, std::uint64_t, compare>;

 public:
  bool find(std::uint64_t k, std::uint64_t& v) const {
    map::const_accessor at;
    if (!map_.find(at, k)) return false;
    v = at->second;
    return true;
  }
  void put(std::uint64_t k, std::uint64_t v) {
    map::accessor at;
    map_.insert(at, k);
    at->second = v;
  }
  void drop(std::uint64_t k) { map_.erase(k); }

 private:
  map map_;
};
#endif

#if defined(SLUICE_BENCH_CUCKOO)
class cuckoo_map {
 public:
  bool find(std::uint64_t k, std::uint64_t& v) const { return map_.find(k, v); }
  void put(std::uint64_t k, std::uint64_t v) { map_.insert_or_assign(k, v); }
  void drop(std::uint64_t k) { map_.erase(k); }

 private:
  libcuckoo::cuckoohash_map<std::uint64_t, std::uint64_t, spread> map_;
};
#endif

#if defined(SLUICE_BENCH_XENIUM)
// Vyukov's map. It has no assignment, so that whoever puts a new value erases the old one first.
class xenium_map {
  using reclaimer = xenium::policy::reclaimer<xenium::reclamation::epoch_based<>>;

 public:
  bool find(std::uint64_t k, std::uint64_t& v) const {
    map::accessor at;
    if (!map_.try_get_value(k, at)) return false;
    v = *at;
    return true;
  }
  void put(std::uint64_t k, std::uint64_t v) {
    while (!map_.emplace(k, v)) map_.erase(k);
  }
  void drop(std::uint64_t k) { map_.erase(k); }

 private:
  using map = xenium::vyukov_hash_map<std::uint64_t, std::uint64_t, reclaimer, xenium::policy::hash<spread>>;
  map map_;
};
#endif

}  // namespace bench
