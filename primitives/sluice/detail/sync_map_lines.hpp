// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the slots of a sync_map hold where keys and values are words. A slot is a cache line, with a state and room for a few
// keys and values, so that a reader comes to one line, and a write allocates nothing. (Few keys and values beside a word
// that says which of them count are in many tables: Fan, Andersen, Kaminsky, NSDI 2013; Vyukov's. There a writer locks the
// word. Here nobody waits for anybody.)
//
// A state (detail/sync_map_state.hpp) is a version, and says which of the keys are used, and where the value of each is; or
// it is the address of a frame, an array of entries that does not change, and that is then all that the slot holds; or one
// of two marks, as in detail/sync_map_nodes.hpp. To erase is one exchange of the state. To put, a writer makes the slot its
// own, which shuts nobody out: it writes what is not used, a value and perhaps a key, and exchanges the state for one by
// which that is used. Whoever comes to a slot that is another's, or has no room, makes a frame instead, and exchanges the
// state for its address. So a slot whose owner stalls is read and written as ever, by frames; its owner, when it comes
// back, finds another state than it left, and puts what the frame holds into the slot, if it fits.
//
// Invariants
//   1. Only its owner writes to a slot's keys and values, and only to those that are not used by its state.
//   2. A state without a frame never comes again once its uses, or any key, have changed: the version counts up.
//   3. A state that is frozen becomes `moved` and nothing else.
//   4. A key that is used stands before all that are not used and equal to it.
//
// Edges (release -> acquire), beside those in sluice/sync_map.hpp
//   [words]  write -> key_at, value_at  who reads what was written anew finds that the state has changed
#include <cstddef>
#include <cstdint>
#include <utility>

#include <sluice/detail/sync_map_bits.hpp>
#include <sluice/detail/sync_map_line.hpp>
#include <sluice/detail/sync_map_state.hpp>
#include <sluice/reclaim.hpp>

namespace sluice::detail {

// `Hash` gives the hash of a key, and throws nothing. `Keys`: of a slot.
template <class K, class V, class Hash, class Platform, unsigned Keys = 3>
class sync_map_lines : public sync_map_line<K, V, Platform, Keys> {
  using base = sync_map_line<K, V, Platform, Keys>;
  using of = sync_map_state<Keys>;

 public:
  using base::frozen;
  using base::state_of;
  using base::unborn;
  using typename base::content;
  using typename base::entry;
  using typename base::found;
  using typename base::fresh;
  using typename base::hash_type;
  using typename base::reclaimer;
  using typename base::slot;
  using typename base::word;

  explicit sync_map_lines(Hash hash = Hash()) : hash_(std::move(hash)) {}
  const Hash& hash() const noexcept { return hash_; }

  // How many entries so many slots are for, and how many they have room for.
  static constexpr std::size_t most(std::size_t slots) { return slots; }
  static constexpr std::size_t room(std::size_t slots) { return Keys * slots; }

  template <class... Args>
  static void make(fresh& into, reclaimer&, hash_type, const K& key, Args&&... args) {
    into.emplace(entry{sync_map_bits<K>::of(key), sync_map_bits<V>::of(V(std::forward<Args>(args)...))});
  }
  hash_type hash_of(const entry& e) const noexcept { return hash_(e.key()); }

  // f(hash, entry) for each entry.
  template <class F>
  void each(const content& c, F f) const {
    each_at(c, [&](std::size_t, const entry& e) { f(hash_of(e), e); });
  }

  // Puts `put` (null: nothing) in the place of what was found in the content, if that is the slot's still. May fail for no
  // reason. Throws what the allocator throws.
  static bool replace(reclaimer& r, slot& s, const content& was, const found& old, fresh* put) {
    const word state = was.state;
    if (!of::is_framed(state)) {
      const auto at = static_cast<unsigned>(old.at);
      if (put == nullptr) return turn(s, state, of::next(of::without(state, at)) | (state & of::owned));
      if ((state & of::owned) == 0 && (old.there || !of::full(state)))
        return fill(r, s, state, [&](word now) {
          const unsigned key = old.there ? at : place_for(s, was, (*put)->key_is.bits());
          const unsigned value = of::unused_value(now);
          write(s.values[value].is, (*put)->value_is.bits());
          return of::with(now, key, value);
        });
    }
    return enframe(r, s, state, version_of(state), [&](const auto& f) {
      each_at(was, [&](std::size_t at, const entry& e) {
        if (!old.there || at != old.at) f(e);
      });
      if (put != nullptr) f(**put);
    });
  }
  // Erases what `keep` does not want, if the slot's content is still this one. May fail for no reason, and throw.
  template <class Keep>
  bool filter(reclaimer& r, slot& s, const content& was, const Keep& keep) const {
    return enframe(r, s, was.state, version_of(was.state), kept(was, keep));
  }
  // Puts what `keep` wants of two frozen contents into a slot that is unborn, unless somebody has done so. Relaxed where it
  // finds that: others see it in the slot for themselves.
  template <class Keep>
  void install(reclaimer& r, slot& s, const content& one, const content& two, const Keep& keep) const {
    const auto entries = [&](const auto& f) {
      kept(one, keep)(f);
      kept(two, keep)(f);
    };
    const std::size_t n = count_of(entries);
    for (;;) {
      const word was = s.state.load(std::memory_order_relaxed);
      if (was != unborn && was != (unborn | of::owned)) return;
      const bool fits = n != 0 && n <= Keys && was == unborn;
      if (fits ? fill(r, s, was, [&](word now) { return write_all(s, now, entries); })
               : enframe(r, s, was, of::version(was), entries))
        return;
    }
  }
  // What a slot needs no more that has moved.
  static void retire_content(reclaimer& r, const content& c) { retire_frame(r, c.state); }
  // Frees what a slot holds that nobody uses any more.
  template <class Ours>
  static void destroy(slot& s, const Ours&) {
    const word state = s.state.load(std::memory_order_relaxed);
    if (of::is_framed(state)) typename frame::deleter()(frame_of(state));
  }

 private:
  using base::each_at;
  using base::first;
  using base::frame_of;
  using base::retire_frame;
  using base::version_of;
  using typename base::frame;
  using typename base::item;

  // Lists of entries are functions that call another one for each.
  template <class Keep>
  auto kept(const content& c, const Keep& keep) const {
    return [this, &c, &keep](const auto& f) {
      each_at(c, [&](std::size_t, const entry& e) {
        if (keep(hash_of(e))) f(e);
      });
    };
  }
  template <class Entries>
  static std::size_t count_of(const Entries& entries) {
    std::size_t n = 0;
    entries([&n](const entry&) { ++n; });
    return n;
  }
  static bool turn(slot& s, word was, word now) {
    return s.state.compare_exchange_weak(was, now, std::memory_order_release,  // [slot] -> state_of
                                         std::memory_order_relaxed);
  }
  // Has a place for a key that is in none which is used: the first, if any, where it has been before (invariant 4).
  static unsigned place_for(slot& s, const content& now, word key) {
    const unsigned before = first(now.keys, key);
    if (before != Keys && !of::is_used(now.state, before)) return before;
    const unsigned at = of::unused_key(now.state);
    write(s.keys[at].is, key);
    return at;
  }
  static void write(typename Platform::template atomic<word>& to, word bits) {
    to.store(bits, std::memory_order_release);  // [words] -> key_at, value_at
  }
  // The first keys and values, of a state that uses none; gives one that uses them.
  template <class Entries>
  static word write_all(slot& s, word state, const Entries& entries) {
    unsigned n = 0;
    entries([&](const entry& e) {
      write(s.keys[n].is, e.key_is.bits());
      write(s.values[n].is, e.value_is.bits());
      state = of::with(state, n, n);
      ++n;
    });
    return state;
  }
  // Makes a slot our own that is nobody's, has `change` write to it and say which state follows, and gives it back. Relaxed:
  // the state was read with acquire, and so was what former owners did, for it never comes again. (If it is unborn it may;
  // but then all owners write the same.)
  template <class Change>
  static bool fill(reclaimer& r, slot& s, word was, const Change& change) {
    word state = was;
    if (!s.state.compare_exchange_weak(state, was | of::owned, std::memory_order_relaxed, std::memory_order_relaxed))
      return false;
    if (turn(s, was | of::owned, of::next(change(was)))) return true;
    settle(r, s);
    return false;
  }
  // Puts entries, and nothing else, into a slot, in a frame if there are any.
  template <class Entries>
  static bool enframe(reclaimer& r, slot& s, word was, word version, const Entries& entries) {
    const std::size_t n = count_of(entries);
    if (n == 0) {
      if (!turn(s, was, of::next_version(version) | (was & of::owned))) return false;
      retire_frame(r, was);
      return true;
    }
    frame* const made = frame::make(r, n, {of::next_version(version)});
    item* at = made->begin();
    entries([&at](const entry& e) {
      at->key.store(e.key_is.bits());
      at++->value.store(e.value_is.bits());
    });
    word state = was;
    if (!s.state.compare_exchange_weak(state, word{reinterpret_cast<std::uintptr_t>(made)} | of::framed | of::owned,
                                       std::memory_order_release, std::memory_order_relaxed)) {  // [slot] -> state_of
      typename frame::deleter()(made);
      return false;
    }
    retire_frame(r, was);
    if ((was & of::owned) == 0) settle(r, s);
    return true;
  }
  // Gives back a slot that is ours, with its content in it, if that fits.
  [[gnu::noinline]] static void settle(reclaimer& r, slot& s) {
    for (;;) {
      const word was = state_of(r, s);
      if ((was & frozen) != 0) return;
      const bool fits = of::is_framed(was) && frame_of(was)->size() <= Keys;
      word now = was & ~of::owned;
      if (!of::is_framed(was) && now != unborn)
        now = of::next(was);  // what is not used may have been written to
      else if (fits)
        now = of::next(write_all(s, version_of(was), [was](const auto& f) {
          for (const item& i : *frame_of(was)) f(i.get());
        }));
      if (turn(s, was, now)) {
        if (fits) retire_frame(r, was);
        return;
      }
    }
  }

  [[no_unique_address]] const Hash hash_;
};

}  // namespace sluice::detail
