// SPDX-License-Identifier: BSL-1.0
#pragma once
// The operations of a channel's handle on many elements at once. Each is as that many single ones in a row, between which
// others may come; what a buffer takes or gives at one time is one read-modify-write.
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>

#include <sluice/conqueue.hpp>
#include <sluice/detail/chan_async.hpp>
#include <sluice/detail/deadline.hpp>
#include <sluice/expected.hpp>
#include <sluice/wait_status.hpp>

namespace sluice::detail {

// Whether who goes through a range meets nothing but its elements: of arrays, and of iterators that say that they do not throw.
template <class It>
inline constexpr bool steps_at_once =
    std::contiguous_iterator<It> || (noexcept(*std::declval<It&>()) && noexcept(++std::declval<It&>()));
template <class It>
inline constexpr bool steps_at_once<std::move_iterator<It>> = steps_at_once<It>;

// `Handle`: derives from this, and has push, push_until, try_push, pop, pop_until and try_pop.
template <class Handle, class T, bool Pushes, bool Pops>
class chan_bulk : public chan_async<Handle, T, Pushes, Pops> {
  static_assert(std::is_object_v<T> && !std::is_array_v<T> && std::is_same_v<T, std::remove_cv_t<T>>,
                "a channel's elements are objects, and who pops one moves it out: for a reference take a pointer or a "
                "std::reference_wrapper, for an array a std::array, and what is const or volatile take without");

 public:
  // Deposits the `n` elements from `first` on, waiting for room; of a move iterator's it moves from those that it deposits.
  // How many it deposited: fewer only if the channel is closed. O(n). Throws what a copy or the iterator throws, and what was
  // deposited before is inside then.
  template <class It>
  std::size_t push_n(It first, std::size_t n) const
    requires Pushes
  {
    return push_each(first, n,
                     [this](auto&& v) {
                       return handle().push(std::forward<decltype(v)>(v)) ? wait_status::success : wait_status::closed;
                     })
        .count;
  }
  // As push_n, but gives up at `deadline` or when stopped: what was deposited until then is inside.
  template <class It, class Clock, class Duration, class H = Handle>
  bulk_wait_result push_n_until(It first, std::size_t n, const std::chrono::time_point<Clock, Duration>& deadline,
                                const typename H::stop_token& stop = {}) const
    requires Pushes
  {
    return push_each(first, n,
                     [&](auto&& v) { return handle().push_until(std::forward<decltype(v)>(v), deadline, stop); });
  }
  template <class It, class Rep, class Period, class H = Handle>
  bulk_wait_result push_n_for(It first, std::size_t n, std::chrono::duration<Rep, Period> d,
                              const typename H::stop_token& stop = {}) const
    requires Pushes
  {
    return push_n_until(std::move(first), n, deadline_after<typename H::platform>(d), stop);
  }
  template <class It, class H = Handle>
  bulk_wait_result push_n_or_stop(It first, std::size_t n, const typename H::stop_token& stop) const
    requires Pushes
  {
    return push_n_until(std::move(first), n, H::platform::no_deadline, stop);
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
        if (r.status == conqueue_status::success) one_more(r.count, n, first);
      }
    }
    return r;
  }

  // Moves at least one element, and up to `n` that are there, to `out`, waiting for the first; how many: 0 only if the
  // channel is closed and drained, or `n` is 0. What it replaces in `out` goes while others may wait for this call, so its
  // destructor must not use the channel. O(n).
  std::size_t pop_n(T* out, std::size_t n) const
    requires(Pops && std::is_nothrow_move_assignable_v<T>)
  {
    return pop_each(out, n,
                    [this](std::optional<T>& v) {
                      v = handle().pop();
                      return v ? wait_status::success : wait_status::closed;
                    })
        .count;
  }
  // As pop_n, but gives up waiting for the first one at `deadline` or when stopped.
  template <class Clock, class Duration, class H = Handle>
  bulk_wait_result pop_n_until(T* out, std::size_t n, const std::chrono::time_point<Clock, Duration>& deadline,
                               const typename H::stop_token& stop = {}) const
    requires(Pops && std::is_nothrow_move_assignable_v<T>)
  {
    return pop_each(out, n, [&](std::optional<T>& v) {
      expected<T, wait_status> e = handle().pop_until(deadline, stop);
      if (!e) return e.error();
      v.emplace(*std::move(e));
      return wait_status::success;
    });
  }
  template <class Rep, class Period, class H = Handle>
  bulk_wait_result pop_n_for(T* out, std::size_t n, std::chrono::duration<Rep, Period> d,
                             const typename H::stop_token& stop = {}) const
    requires(Pops && std::is_nothrow_move_assignable_v<T>)
  {
    return pop_n_until(out, n, deadline_after<typename H::platform>(d), stop);
  }
  template <class H = Handle>
  bulk_wait_result pop_n_or_stop(T* out, std::size_t n, const typename H::stop_token& stop) const
    requires(Pops && std::is_nothrow_move_assignable_v<T>)
  {
    return pop_n_until(out, n, H::platform::no_deadline, stop);
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

  // `push_one` waits for room for one element.
  template <class It, class PushOne>
  bulk_wait_result push_each(It& first, std::size_t n, PushOne push_one) const {
    bulk_wait_result r;
    while (r.count != n) {
      if (const std::size_t some = at_once(first, n - r.count); some != 0) {
        r.count += some;
      } else {
        r.status = push_one(*first);
        if (r.status != wait_status::success) break;
        one_more(r.count, n, first);
      }
    }
    return r;
  }
  // `pop_one` waits for one element.
  template <class PopOne>
  bulk_wait_result pop_each(T* out, std::size_t n, PopOne pop_one) const {
    const std::size_t some = try_pop_n(out, n).count;
    if (some != 0 || n == 0) return {some, wait_status::success};
    std::optional<T> v;
    const wait_status s = pop_one(v);
    if (s != wait_status::success) return {0, s};
    *out = *std::move(v);
    return {1 + try_pop_n(out + 1, n - 1).count, wait_status::success};
  }

  // An iterator that waits for its next element is not asked for one that nobody wants.
  template <class It>
  static void one_more(std::size_t& count, std::size_t n, It& first) {
    if (++count != n) ++first;
  }
  // What the buffer takes at one time; only where nothing can throw, or wait, between its claim and its end.
  template <class It>
  std::size_t at_once(It& first, std::size_t n) const {
    if constexpr (std::is_nothrow_constructible_v<T, std::iter_reference_t<It>> && steps_at_once<It>) {
      const auto core = handle().core();
      return core == nullptr ? 0 : core->push_some(first, n);
    } else {
      return 0;
    }
  }
};

}  // namespace sluice::detail
