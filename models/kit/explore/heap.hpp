// SPDX-License-Identifier: BSL-1.0
#pragma once
// The heap of the checked program: an arena per thread, from which each execution allocates afresh and in the same
// order, so that the n-th allocation of a thread has the same address in every execution that begins alike. Nothing is
// given out twice within one execution: whoever uses freed memory finds the object there dead, not replaced.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <kit/explore/clock.hpp>
#include <kit/explore/mapping.hpp>

namespace sluice::explore {

class heap {
 public:
  static constexpr std::size_t arena_size = std::size_t{1} << 26;

  heap() = default;
  heap(const heap&) = delete;
  heap& operator=(const heap&) = delete;
  ~heap() {
    for (unsigned lane = 0; lane < lanes; ++lane) arena::give_back(std::move(arenas_[lane]), lane);
  }

  // `alike`: executions are to look the same byte by byte, so that their states can be compared.
  void start(bool alike) {
    alike_ = alike;
    used_.fill(0);
    live_ = 0;
    if (!alike || execution_ == 0) execution_ = ++executions();
  }

  // Memory that goes with the execution; nobody frees it. Null: there is no more.
  void* take(unsigned thread, std::size_t bytes, std::size_t alignment) {
    if (!arenas_[thread]) arenas_[thread] = arena::borrow(thread);
    const std::size_t at = (used_[thread] + alignment - 1) & ~(alignment - 1);
    if (bytes > arena_size || at > arena_size - bytes) return nullptr;
    if (alike_) std::memset(arenas_[thread].begin() + used_[thread], 0, at + bytes - used_[thread]);
    used_[thread] = at + bytes;
    return arenas_[thread].begin() + at;
  }

  void* allocate(unsigned thread, std::size_t bytes, std::size_t alignment) {
    const std::size_t room = alignment < sizeof(header) ? sizeof(header) : alignment;
    if (bytes > arena_size) return nullptr;
    if (bytes == 0) bytes = 1;
    void* const block = take(thread, bytes + room, room);
    if (block == nullptr) return nullptr;
    std::byte* p = static_cast<std::byte*>(block) + room;
    const header h{execution_, bytes};
    std::memcpy(p - sizeof(header), &h, sizeof h);
    std::memset(p, 0xcd, bytes);
    ++live_;
    return p;
  }

  // How large is the live block at p? Zero: there is none.
  std::size_t size_of(const void* p) const {
    const header h = header_of(p);
    return h.execution == execution_ ? h.bytes : 0;
  }
  void deallocate(void* p) {
    header h = header_of(p);
    std::memset(p, 0xdd, h.bytes);
    h.execution = 0;
    std::memcpy(static_cast<std::byte*>(p) - sizeof(header), &h, sizeof h);
    --live_;
  }

  std::size_t used_by(unsigned thread) const { return used_[thread]; }
  std::size_t live() const { return live_; }

  // All that an execution changes: see checkpoints.hpp.
  template <class Visit>
  void each_part(const Visit& visit) {
    visit(used_.data(), sizeof used_);
    visit(&live_, sizeof live_);
    each_arena(visit);
  }
  // What is in use of each thread's arena.
  template <class Visit>
  void each_arena(const Visit& visit) {
    for (unsigned t = 1; t < lanes; ++t)
      if (used_[t] != 0) visit(arenas_[t].begin(), used_[t]);
  }
  std::uint64_t execution() const { return execution_; }

 private:
  struct header {
    std::uint64_t execution;
    std::size_t bytes;
  };
  using arena = mapping<arena_size, 0>;

  header header_of(const void* p) const {
    header h{0, 0};
    for (const arena& a : arenas_)
      if (a.contains(p) && p > a.begin()) std::memcpy(&h, static_cast<const std::byte*>(p) - sizeof h, sizeof h);
    return h;
  }
  // No two executions have the same number, whichever search they belong to: an arena outlives its search.
  static std::uint64_t& executions() {
    thread_local std::uint64_t all = 0;
    return all;
  }

  std::array<arena, lanes> arenas_;
  std::array<std::size_t, lanes> used_{};
  std::size_t live_ = 0;
  std::uint64_t execution_ = 0;
  bool alike_ = false;
};

}  // namespace sluice::explore
