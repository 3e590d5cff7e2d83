// SPDX-License-Identifier: BSL-1.0
#pragma once
// The Platform (see sluice/platform.hpp) and the Engine (see kit/client.hpp) of the explorer.
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <kit/explore/data.hpp>
#include <kit/explore/futex.hpp>
#include <kit/thread_own.hpp>

namespace sluice::explore {

namespace detail {

// Where a thread's own values stand.
struct own_place {
  static constexpr unsigned most = lanes;
  static unsigned self() {
    machine* const m = inside();
    return m == nullptr ? 0U : m->self();
  }
  static void changes() {
    if (machine* const m = inside()) m->had_effect();
  }
};

}  // namespace detail

struct platform {
  template <class T>
  using atomic = explore::atomic<T>;
  template <class T>
  using var = explore::var<T>;
  template <class T>
  using cell = explore::cell<T>;
  template <class T>
  using allocator = explore::allocator<T>;
  template <class T>
  using thread_own = kit::thread_own<T, detail::own_place>;
  using stop_token = explore::stop_token;
  using stop_source = explore::stop_source;
  template <class F>
  using stop_callback = explore::stop_callback<F>;
  using time_point = explore::time_point;
  static constexpr time_point no_deadline = time_point::max();

  [[gnu::always_inline]] static wait_result wait(atomic<std::uint32_t>& word, std::uint32_t expected,
                                                 time_point deadline = no_deadline, const stop_token& stop = {},
                                                 location_t at = location_t::current()) {
    const in_client here;
    return futex::wait(word, expected, deadline, stop, at);
  }
  [[gnu::always_inline]] static std::size_t wake_one(atomic<std::uint32_t>& word,
                                                     location_t at = location_t::current()) {
    const in_client here;
    return futex::wake(word, op::wake_one, at);
  }
  [[gnu::always_inline]] static std::size_t wake_all(atomic<std::uint32_t>& word,
                                                     location_t at = location_t::current()) {
    const in_client here;
    return futex::wake(word, op::wake_all, at);
  }

  using wake_key = futex::key;
  static wake_key key_of(atomic<std::uint32_t>& word, location_t at = location_t::current()) {
    return futex::key_of(word, at);
  }
  [[gnu::always_inline]] static std::size_t wake_by_key(wake_key k, location_t at = location_t::current()) {
    const in_client here;
    return futex::wake(k, op::wake_one, at);
  }
  [[gnu::always_inline]] static std::size_t wake_all_by_key(wake_key k, location_t at = location_t::current()) {
    const in_client here;
    return futex::wake(k, op::wake_all, at);
  }

  static void fence(order o, location_t at = location_t::current()) { fence(op::fence, o, at); }
  // Asymmetric fences (P1202): a light one counts against heavy ones only, and orders nothing by itself.
  static void fence_light(location_t at = location_t::current()) { fence(op::fence_light, order::seq_cst, at); }
  static void fence_heavy(location_t at = location_t::current()) { fence(op::fence_heavy, order::seq_cst, at); }

  static void pause(location_t at = location_t::current()) {
    if (machine* const m = detail::inside()) m->pause(at);
  }
  static void yield(location_t at = location_t::current()) { pause(at); }
  static unsigned cpus() {
    machine* const m = detail::inside();
    return m == nullptr ? 1U : m->settings().cpus;
  }
  // Stands still, except that after a time-out it has reached the deadline, and that ten years may have passed when a thread looks
  // again after it has paused, or gone round a loop.
  static time_point now(location_t at = location_t::current()) {
    const leaves_nothing_below at_end;
    machine* const m = detail::inside();
    return time_point(time_point::duration(m == nullptr ? 0 : m->look_at_clock(at)));
  }

 private:
  [[gnu::noinline]] static void fence(op how, order o, const location_t& at) {
    const leaves_nothing_below at_end;
    machine* const m = detail::inside();
    if (m == nullptr || m->direct() || o == order::relaxed) return;
    if (m->leaves_out(at, how)) return;
    request r;
    r.what = kind::fence;
    r.how = how;
    r.success = r.failure = o;
    r.where = at;
    m->perform(r);
  }
};

struct engine {
  using platform = explore::platform;

  static void require(bool holds, const char* what, location_t at = location_t::current()) {
    if (holds) return;
    const std::string words = std::string(what) + " (" + detail::place_name(at) + ")";
    if (machine* const m = detail::inside()) m->fail(violation::requirement, words);
    detail::last_words::outsider(words + " does not hold, as required");
  }
  static unsigned choose(unsigned n, location_t at = location_t::current()) {
    const leaves_nothing_below at_end;
    machine* const m = detail::inside();
    return m == nullptr ? 0U : static_cast<unsigned>(m->choose(n, op::choose, at));
  }
};

}  // namespace sluice::explore
