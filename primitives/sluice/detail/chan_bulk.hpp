// SPDX-License-Identifier: BSL-1.0
#pragma once
// The operations of a channel's handle on many elements at once. Each is as that many single ones in a row, between which
// others may come; what a buffer takes or gives at one time is one read-modify-write.
#include <cstddef>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/chan_async.hpp>
#include <sluice/expected.hpp>
#include <sluice/wait_status.hpp>

namespace sluice::detail {

// `Handle`: derives from this, and has push, try_push, pop and try_pop.
template <class Handle, class T, bool Pushes, bool Pops>
class chan_bulk : public chan_async<Handle, T, Pushes, Pops> {
 public:
  // Deposits the `n` elements from `first` on, waiting for room; of a move iterator's it moves from those that it deposits.
  // How many it deposited: fewer only if the channel is closed. O(n). Throws what a copy throws, and what was deposited
  // before is inside then.
  template <class It>
  std::size_t push_n(It first, std::size_t n) const
    requires Pushes
  {
    std::size_t done = 0;
    while (done != n) {
      if (const std::size_t some = at_once(first, n - done); some != 0) {
        done += some;
      } else {
        if (!handle().push(*first)) break;
        ++done, ++first;
      }
    }
    return done;
  }
  // The same without waiting: as many as there is room for; the status says why no more.
  template <class It>
  bulk_result try_push_n(It first, std::size_t n) const
    requires Pushes
  {
    bulk_result r;
    while (r.count != n && r.status == conqueue_status::success) {
      if (const std::size_t some = at_once(first, n - r.count); some != 0) {
        r.count += some;
      } else {
        r.status = handle().try_push(*first);
        if (r.status == conqueue_status::success) ++r.count, ++first;
      }
    }
    return r;
  }

  // Moves at least one element, and up to `n` that are there, to `out`, waiting for the first; how many: 0 only if the
  // channel is closed and drained, or `n` is 0. O(n).
  std::size_t pop_n(T* out, std::size_t n) const
    requires(Pops && std::is_nothrow_move_assignable_v<T>)
  {
    const std::size_t some = try_pop_n(out, n).count;
    if (some != 0 || n == 0) return some;
    std::optional<T> v = handle().pop();
    if (!v) return 0;
    *out = *std::move(v);
    return 1 + try_pop_n(out + 1, n - 1).count;
  }
  // The same without waiting; the status says why no more.
  bulk_result try_pop_n(T* out, std::size_t n) const
    requires(Pops && std::is_nothrow_move_assignable_v<T>)
  {
    bulk_result r;
    while (r.count != n && r.status == conqueue_status::success) {
      const auto core = handle().core();
      const auto take = [&](T&& v) noexcept { out[r.count++] = std::move(v); };
      if (core != nullptr && core->pop_some(n - r.count, take) != 0) continue;
      expected<T, conqueue_status> v = handle().try_pop();
      if (v)
        take(*std::move(v));
      else
        r.status = v.error();
    }
    return r;
  }

 private:
  friend Handle;
  chan_bulk() noexcept = default;
  const Handle& handle() const noexcept { return static_cast<const Handle&>(*this); }

  // What the buffer takes at one time; only where no copy can throw between its claim and its end.
  template <class It>
  std::size_t at_once(It& first, std::size_t n) const {
    if constexpr (std::is_nothrow_constructible_v<T, std::iter_reference_t<It>>) {
      const auto core = handle().core();
      return core == nullptr ? 0 : core->push_some(first, n);
    } else {
      return 0;
    }
  }
};

}  // namespace sluice::detail
