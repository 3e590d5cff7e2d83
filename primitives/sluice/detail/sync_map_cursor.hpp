// SPDX-License-Identifier: BSL-1.0
#pragma once
// A walk through a sync_map, in the order of the hashes. It takes up one slot's content after another and remembers only up
// to which hash it has come, so it meets no key twice, and none that is there throughout is missed, whatever the size of the
// table becomes meanwhile. Its section lasts for one slot at a time. A task may go on on another thread while it walks: so it walks
// with a reclaimer of its own.
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#include <sluice/reclaim.hpp>

namespace sluice::detail {

template <class Core>
class sync_map_cursor {
  using slots = typename Core::slots_type;
  using reclaimer = typename Core::reclaimer;
  using hash_type = typename Core::hash_type;
  using key_type = typename slots::key_type;
  using mapped_type = typename slots::mapped_type;

 public:
  using reference = std::pair<const key_type&, const mapped_type&>;
  using value_type = reference;  // a pair of values has no common reference with it before C++23
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  sync_map_cursor(Core& of, reclaimer& r) : core_(&of), reclaimer_(&r) {
    r.lock();
    take_up(0);
  }
  sync_map_cursor(Core& of, std::unique_ptr<reclaimer> own) : sync_map_cursor(of, *own) { own_ = std::move(own); }
  sync_map_cursor(sync_map_cursor&& other) noexcept
      : own_(std::move(other.own_)),
        core_(other.core_),
        reclaimer_(std::exchange(other.reclaimer_, nullptr)),
        at_(other.at_),
        current_(other.current_),
        from_(other.from_),
        index_(other.index_) {}
  sync_map_cursor& operator=(sync_map_cursor&& other) noexcept {
    std::swap(own_, other.own_);
    std::swap(core_, other.core_);
    std::swap(reclaimer_, other.reclaimer_);
    std::swap(at_, other.at_);
    std::swap(current_, other.current_);
    std::swap(from_, other.from_);
    std::swap(index_, other.index_);
    return *this;
  }
  ~sync_map_cursor() {
    if (reclaimer_ != nullptr) reclaimer_->unlock();
  }

  // Good until the cursor moves on, or is moved.
  reference operator*() const { return {current_.key(), current_.value()}; }
  sync_map_cursor& operator++() {
    ++index_;
    settle();
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const sync_map_cursor& c, std::default_sentinel_t) { return c.index_ == past_the_end; }

 private:
  static constexpr std::size_t past_the_end = static_cast<std::size_t>(-1);

  void take_up(hash_type from) {
    at_ = core_->look(*reclaimer_, from);
    from_ = from;
    index_ = 0;
    settle();
  }
  // Goes on to the next entry from `index_` on that was not passed already: a table that has become smaller has slots that
  // begin earlier.
  void settle() {
    for (;;) {
      for (const std::size_t n = slots::count(at_.is); index_ != n; ++index_) {
        current_ = slots::nth(at_.is, index_);
        if (core_->slots().hash_of(current_) >= from_) return;
      }
      if (at_.last == ~hash_type{0}) break;
      reclaimer_->unlock();
      reclaimer_->lock();
      from_ = at_.last + 1;
      at_ = core_->look(*reclaimer_, from_);
      index_ = 0;
    }
    index_ = past_the_end;
  }

  std::unique_ptr<reclaimer> own_;  // of who may go on on another thread
  Core* core_;
  reclaimer* reclaimer_;  // null: moved from
  typename Core::view at_{};
  typename Core::found current_{};  // the one that `index_` stands for
  hash_type from_ = 0;
  std::size_t index_ = 0;
};

}  // namespace sluice::detail
