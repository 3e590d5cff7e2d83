// SPDX-License-Identifier: BSL-1.0
#pragma once
// What readers and writers share for reclamation (sluice/reclaim.hpp, whose invariants and edges these are): the domain,
// with its clock of eras and a record per reader, and the base of what can be retired.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>

#include <sluice/platform.hpp>

namespace sluice {

template <class Platform>
class basic_reclaimer;
template <class Platform>
class basic_reclaim_domain;

// The base of what can be retired.
template <class Platform = std_platform>
class basic_reclaim_obj {
 public:
  // Born now, by the thread that owns `maker`, which is to link it. Like every birth, it may move the era on.
  explicit basic_reclaim_obj(basic_reclaimer<Platform>& maker) noexcept : birth_(maker.birth()) {}
  basic_reclaim_obj(const basic_reclaim_obj&) = delete;
  basic_reclaim_obj& operator=(const basic_reclaim_obj&) = delete;

 protected:
  ~basic_reclaim_obj() = default;

 private:
  friend class basic_reclaimer<Platform>;
  friend class basic_reclaim_domain<Platform>;
  template <class T>
  using var = typename Platform::template var<T>;
  using deleter = void (*)(basic_reclaim_obj*) noexcept;

  const std::uint64_t birth_;
  // Written by whoever retires it, and then by whoever keeps it.
  var<std::uint64_t> retired_{0};
  var<basic_reclaim_obj*> next_{nullptr};
  var<deleter> free_{nullptr};
};

// What readers and writers of some structures share. Any thread.
template <class Platform = std_platform>
class basic_reclaim_domain {
 public:
  // A thread frees when it has retired `batch` objects: a smaller one bounds garbage tighter and frees at a higher price.
  explicit basic_reclaim_domain(std::size_t batch = 256) noexcept : batch_(batch == 0 ? 1 : batch) {}
  basic_reclaim_domain(const basic_reclaim_domain&) = delete;
  basic_reclaim_domain& operator=(const basic_reclaim_domain&) = delete;
  // Frees what is left. There may be no reclaimer of it any more.
  ~basic_reclaim_domain() {
    for (object* o = orphans_.load(std::memory_order_relaxed); o != nullptr;) {
      object* const next = o->next_.load();
      o->free_.load()(o);
      o = next;
    }
    typename Platform::template allocator<record> memory;
    for (record* r = records_.load(std::memory_order_relaxed); r != nullptr;) {
      record* const next = r->next.load();
      std::destroy_at(r);
      memory.deallocate(r, 1);
      r = next;
    }
  }

  std::size_t batch() const noexcept { return batch_; }

 private:
  friend class basic_reclaimer<Platform>;
  template <class T>
  using atomic = typename Platform::template atomic<T>;
  using object = basic_reclaim_obj<Platform>;

  static constexpr std::uint64_t outside = std::numeric_limits<std::uint64_t>::max();

  struct alignas(detail::cache_line) record {
    // Written by its owner alone. `upper` is relaxed: the fence after it is what counts.
    atomic<std::uint64_t> lower{outside};
    atomic<std::uint64_t> upper{0};
    atomic<bool> taken{true};
    typename Platform::template var<record*> next{nullptr};
  };

  // A record for one owner: another one's that has left, or a new one. (A weak failure costs one record more.)
  record* claim() {
    record* const first = records_.load(std::memory_order_acquire);  // [record]
    for (record* r = first; r != nullptr; r = r->next.load()) {
      bool taken = false;
      if (r->taken.compare_exchange_weak(taken, true, std::memory_order_acquire, std::memory_order_relaxed))  // [owner]
        return r;
    }
    typename Platform::template allocator<record> memory;
    auto* const mine = ::new (static_cast<void*>(memory.allocate(1))) record;
    record* head = first;
    do mine->next.store(head);
    while (!records_.compare_exchange_weak(head, mine, std::memory_order_release,  // [record] -> collect
                                           std::memory_order_relaxed));
    return mine;
  }

  const std::size_t batch_;
  // Only ever counts up. Relaxed where the era is read for an object: it is no younger than what was read before.
  alignas(detail::cache_line) atomic<std::uint64_t> era_{1};
  // Pushed to by new owners; nothing is taken out.
  alignas(detail::cache_line) atomic<record*> records_{nullptr};
  // Pushed to by owners that leave; taken, all at once, by one that frees. Relaxed where it is only compared.
  atomic<object*> orphans_{nullptr};
};

}  // namespace sluice
