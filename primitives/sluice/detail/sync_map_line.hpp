// SPDX-License-Identifier: BSL-1.0
#pragma once
// A slot of detail/sync_map_lines.hpp, whose invariants and edges these are: what it is made of, and how it is read.
// Relaxed: the second look at a state, after the keys and values; who has read what was written anew finds by [words] that it has changed.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <sluice/detail/sync_map_array.hpp>
#include <sluice/detail/sync_map_bits.hpp>
#include <sluice/detail/sync_map_state.hpp>
#include <sluice/platform.hpp>
#include <sluice/reclaim.hpp>

namespace sluice::detail {

template <class K, class V, class Platform, unsigned Keys>
class sync_map_line {
 protected:
  template <class T>
  using atomic = typename Platform::template atomic<T>;
  template <class T>
  using var = typename Platform::template var<T>;
  using of = sync_map_state<Keys>;

 public:
  static constexpr bool copies = true;  // keys and values, and moves none
  using key_type = K;
  using mapped_type = V;
  using reclaimer = basic_reclaimer<Platform>;
  using hash_type = std::uint64_t;
  using word = typename of::word;
  static constexpr word empty = 0;
  static constexpr word frozen = of::frozen;
  static constexpr word unborn = of::unborn;
  static constexpr word moved = of::unborn | of::frozen;

  struct alignas(cache_line) slot {
    explicit slot(word is) noexcept : state(is) {}
    struct part {
      atomic<word> is{0};
    };
    atomic<word> state;  // written by everybody
    part keys[Keys];  // written by the owner, as are the values
    part values[of::values];
  };

  struct entry {
    sync_map_bits<K> key_is{};
    sync_map_bits<V> value_is{};
    const K& key() const noexcept { return key_is.get(); }
    const V& value() const noexcept { return value_is.get(); }
  };
  using fresh = std::optional<entry>;
  // What a reader gets.
  struct seen {
    word is = 0;
    bool there = false;
    explicit operator bool() const noexcept { return there; }
    V value() const noexcept { return sync_map_bits<V>(is).copy(); }
    std::optional<V> copy() const noexcept {
      std::optional<V> made(value());
      if (!there) made.reset();
      return made;
    }
  };
  struct found : entry {
    std::size_t at = 0;  // its place
    bool there = false;
    explicit operator bool() const noexcept { return there; }
    std::optional<V> copy() const noexcept { return seen{this->value_is.bits(), there}.copy(); }
  };
  // A state, and by it the keys and their values, all of one moment.
  struct content {
    word state;
    word keys[Keys];
    word values[Keys];
  };

  static constexpr content nothing() noexcept { return {}; }

  static word state_of(reclaimer& r, const slot& s) {
    const word state = state_now(s);
    return of::is_framed(state) ? r.protect([&s] { return state_now(s); }) : state;
  }
  // What the slot held when its state, which was read, was this one; false if that has changed since.
  static bool take(const slot& s, word state, content& into) noexcept {
    into.state = state;
    if (of::is_framed(state)) return true;
    in_each_place([&](auto i) {
      into.keys[i] = key_at(s, i);
      into.values[i] = value_at(s, of::value_of(state, i));
    });
    return of::alike(s.state.load(std::memory_order_relaxed), state);
  }
  // The same for one key.
  template <class IsIt>
  static bool peek(const slot& s, word state, hash_type h, const IsIt& is_it, seen& into) {
    content c;
    if (!take(s, state, c)) return false;
    const found f = find(c, h, is_it);
    into = {f.value_is.bits(), f.there};
    return true;
  }
  // The same for a key that is known by its bits; false also if the slot has a frame or is no more. No branch depends on the
  // key's place, or whether it is there, which a processor could not foretell.
  template <class IsIt>
    requires requires(const IsIt& is_it) { is_it.bits(); }
  [[gnu::always_inline]] static bool glance(const slot& s, const IsIt& is_it, seen& into) {
    const word state = state_now(s);
    if (!of::is_plain(state)) [[unlikely]]
      return false;
    const auto place = of::first_is(state, [&](unsigned i) { return key_at(s, i) == is_it.bits(); });
    into.is = value_at(s, place.value);
    into.there = place.there;
    return s.state.load(std::memory_order_relaxed) == state;
  }

  static std::size_t count(const content& c) {
    if (of::is_framed(c.state)) return frame_of(c.state)->size();
    return static_cast<std::size_t>(std::popcount(of::used(c.state)));
  }
  static found nth(const content& c, std::size_t n) {
    if (of::is_framed(c.state)) return {frame_of(c.state)->begin()[n].get(), n, true};
    word left = of::used(c.state);
    for (; n != 0; --n) left &= left - 1;
    const auto at = of::first(left);
    return {in_place(c, at), at, true};
  }
  // The entry whose key `is_it` knows.
  template <class IsIt>
  static found find(const content& c, hash_type, const IsIt& is_it) {
    if (of::is_framed(c.state)) [[unlikely]]
      return find_in(*frame_of(c.state), is_it);
    unsigned at = Keys;
    if constexpr (requires { is_it.bits(); }) {
      at = first(c.keys, is_it.bits());
    } else {
      in_each_place([&](auto i) {
        if (of::is_used(c.state, i) && is_it(in_place(c, i).key())) at = i;
      });
    }
    if (!of::is_used(c.state, at)) return {};
    return {in_place(c, at), at, true};
  }

 protected:
  struct head {
    word version;
  };
  struct item {
    var<word> key{0};
    var<word> value{0};
    entry get() const { return {sync_map_bits<K>(key.load()), sync_map_bits<V>(value.load())}; }
  };
  using frame = sync_map_array<head, item, Platform>;
  static_assert(sizeof(void*) <= sizeof(word));

  static frame* frame_of(word state) noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the marks are in its low bits
    return reinterpret_cast<frame*>(static_cast<std::uintptr_t>(state & ~(of::framed | of::frozen | of::owned)));
  }
  static void retire_frame(reclaimer& r, word state) {
    if (of::is_framed(state)) r.retire(frame_of(state), typename frame::deleter());
  }
  static word version_of(word state) noexcept {
    return of::is_framed(state) ? frame_of(state)->head().version : of::version(state);
  }
  static entry in_place(const content& c, unsigned i) noexcept {
    return {sync_map_bits<K>(c.keys[i]), sync_map_bits<V>(c.values[i])};
  }

  template <class F>
  static void in_each_place(const F& f) {
    [&f]<unsigned... I>(std::integer_sequence<unsigned, I...>) {
      (f(std::integral_constant<unsigned, I>()), ...);
    }(std::make_integer_sequence<unsigned, Keys>());
  }
  // The first of the keys, used or not, that is this one; `Keys` if none is. By bits, for compilers make a branch of a choice.
  static unsigned first(const word* keys, word wanted) noexcept {
    return of::first(of::those([&](unsigned i) { return keys[i] == wanted; }));
  }
  template <class IsIt>
  [[gnu::noinline]] static found find_in(frame& in, const IsIt& is_it) {
    std::size_t at = 0;
    for (const item& i : in) {
      const entry e = i.get();
      if (is_it(e.key())) return {e, at, true};
      ++at;
    }
    return {};
  }
  template <class F>
  static void each_at(const content& c, const F& f) {
    if (of::is_framed(c.state)) {
      std::size_t at = 0;
      for (const item& i : *frame_of(c.state)) f(at++, i.get());
    } else {
      in_each_place([&](auto i) {
        if (of::is_used(c.state, i)) f(std::size_t{i}, in_place(c, i));
      });
    }
  }

 private:
  static word state_now(const slot& s) {
    return s.state.load(std::memory_order_acquire);  // [slot] [moved]
  }
  static word value_at(const slot& s, std::size_t i) {
    return s.values[i].is.load(std::memory_order_acquire);  // [words] <- write
  }
  static word key_at(const slot& s, unsigned i) {
    return s.keys[i].is.load(std::memory_order_acquire);  // [words] <- write
  }
};

}  // namespace sluice::detail
