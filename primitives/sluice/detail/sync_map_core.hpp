// SPDX-License-Identifier: BSL-1.0
#pragma once
// What sync_map does, for callers that have a hash, a way to know the key, and a section open (sluice/reclaim.hpp).
//
// A table of slots (detail/sync_map_table.hpp), each of which has a state and, by that, a content: what it is, and how it is
// exchanged by one step, is Slots' (detail/sync_map_nodes.hpp, detail/sync_map_lines.hpp). A reader takes up the content and
// looks into it; a writer exchanges it. To change its size, the map gets a second table, and each slot's content is frozen,
// installed there, and marked as moved. Whoever is
// to write into a frozen slot moves it first, so nobody waits for the thread that began to. (Moving slot by slot, with
// forwarding marks and helpers, is Cliff Click's idea, JavaOne 2007; that content is an immutable array, Prokopec's in Ctries,
// PPoPP 2012, taken to tables.)
//
// Invariants
//   1. A key's content is in the slot of the root's table, unless that is marked as moved: then of the next one's.
//   2. A slot of the next table is `unborn` until all that it covers is installed, and then never again; it changes only by
//      those who have seen the key's slot of the old table marked.
//   3. A table has a next one only while, or after, it is the root; once all its slots are marked, the next one becomes it.
//
// Edges (release -> acquire), beside those in sluice/sync_map.hpp
//   [next]   resize -> resize   a table is made before it is filled
//   [root]   resize -> root     all slots of the new root are installed
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <sluice/detail/sync_map_table.hpp>
#include <sluice/reclaim.hpp>

namespace sluice::detail {

enum class sync_map_step { keep, put, drop };

// `Stripes`: of the count.
template <class Slots, class Platform, std::size_t Stripes = 8>
class sync_map_core {
 public:
  using slots_type = Slots;
  using table = sync_map_table<typename Slots::slot, Platform>;
  using reclaimer = basic_reclaimer<Platform>;
  using hash_type = typename Slots::hash_type;
  using content = typename Slots::content;
  using found = typename Slots::found;
  using fresh = typename Slots::fresh;
  using seen = typename Slots::seen;

  sync_map_core(reclaimer& r, std::size_t least, Slots slots = Slots())
      : slots_(std::move(slots)), least_(least), root_(table::make(r, least, Slots::empty)) {}
  sync_map_core(const sync_map_core&) = delete;
  sync_map_core& operator=(const sync_map_core&) = delete;
  // Nobody may use it any more.
  ~sync_map_core() {
    table* const t = root_.load(std::memory_order_relaxed);
    table* const next = t->next.load(std::memory_order_relaxed);
    if (next != nullptr) {
      destroy(*next,
              [t](hash_type h) { return t->at(t->index_of(h)).state.load(std::memory_order_relaxed) == Slots::moved; });
    }
    destroy(*t, [](hash_type) { return true; });
  }

  const Slots& slots() const noexcept { return slots_; }

  // The entry of a key, or none, for a reader. Lock-free: it begins anew only if the root or the slot has changed.
  template <class IsIt>
  [[gnu::always_inline]] seen find(reclaimer& r, hash_type h, const IsIt& is_it) {
    seen it;
    look(r, h, [&](const table&, const slot& s, word w) { return Slots::peek(s, w, h, is_it, it); });
    return it;
  }
  // The same in one look. False: that did not do.
  template <class IsIt>
  [[gnu::always_inline]] bool glance(reclaimer& r, hash_type h, const IsIt& is_it, seen& into) {
    table& t = *root(r);
    return Slots::glance(t.at(t.index_of(h)), is_it, into);
  }
  // What a slot held at a moment during the call, and the last hash that it covers.
  struct view {
    content is;
    hash_type last;
  };
  view look(reclaimer& r, hash_type h) {
    view all{};
    look(r, h, [&](const table& t, const slot& s, word w) {
      all.last = t.last_beside(h);
      return Slots::take(s, w, all.is);
    });
    return all;
  }

  struct outcome {
    typename Slots::found was;
    bool changed;
  };
  // One step on a key. `decide(found)` is asked, perhaps several times, whether what is there, or nothing, stays, goes, or is
  // replaced by what it has made in `put`, which is taken over then. Throws what the allocator throws, before anything has
  // changed. Linearizes at the exchange, or at the look that decided that nothing changes.
  template <class IsIt, class Decide>
  outcome change(reclaimer& r, hash_type h, const IsIt& is_it, fresh& put, Decide decide) {
    for (;;) {
      const place at = seek(r, h);
      const found old = slots_.find(at.is, h, is_it);
      const sync_map_step step = decide(old);
      if (step == sync_map_step::keep) return {old, false};
      const bool puts = step == sync_map_step::put;
      if (!slots_.replace(r, *at.where, at.is, old, puts ? &put : nullptr)) continue;
      if (puts != static_cast<bool>(old)) adapt(r, h, puts ? 1 : -1);
      return {old, true};
    }
  }

  // Erases, in one step, what the slot of a hash has from that hash on; gives the last hash that the slot covers. Smaller
  // hashes have had their turn: a table that has become smaller since covers them again.
  hash_type clear_at(reclaimer& r, hash_type from) {
    for (;;) {
      const place at = seek(r, from);
      std::ptrdiff_t gone = 0;
      slots_.each(at.is, [&](hash_type h, const auto&) { gone += h >= from ? 1 : 0; });
      if (gone == 0) return at.last;
      if (!slots_.filter(r, *at.where, at.is, [from](hash_type h) { return h < from; })) continue;
      adapt(r, from, -gone);
      return at.last;
    }
  }

  // How many entries there are; exact if nobody writes. O(Stripes).
  std::size_t size() const noexcept {
    std::ptrdiff_t all = 0;
    for (const stripe& s : counts_) all += s.count.load(std::memory_order_relaxed);
    return all < 0 ? 0 : static_cast<std::size_t>(all);
  }
  // How many entries there is room for, if none meet. Inside a section.
  std::size_t room(reclaimer& r) { return Slots::room(root(r)->size()); }

 private:
  template <class T>
  using atomic = typename Platform::template atomic<T>;
  using slot = typename Slots::slot;
  using word = typename Slots::word;

  struct place {
    slot* where;
    content is;
    hash_type last;
  };
  // Relaxed: a number, which orders nothing.
  struct alignas(cache_line) stripe {
    atomic<std::ptrdiff_t> count{0};
  };

  table* root(reclaimer& r) {
    return r.protect([&] { return root_.load(std::memory_order_acquire); });  // [root] <- resize
  }
  // The table after `t`, which was seen, or of which a slot was seen frozen or moved. Null: `t` is the root no more, and what comes
  // after it may be gone. Both relaxed: whoever froze the slot had the next table made; and that the root is still `t` after
  // `next` was taken up shows that the next table was not retired before.
  table* after(reclaimer& r, const table& t) {
    table* const next = r.protect([&] { return t.next.load(std::memory_order_relaxed); });
    return root_.load(std::memory_order_relaxed) == &t ? next : nullptr;
  }

  // Has `read(table, slot, state)` read the slot of a hash until it says that all was of one moment.
  template <class Read>
  [[gnu::always_inline]] void look(reclaimer& r, hash_type h, const Read& read) {
    for (;;) {
      for (table* t = root(r); t != nullptr;) {
        slot& s = t->at(t->index_of(h));
        const word w = Slots::state_of(r, s);
        if (w == Slots::moved) [[unlikely]]
          t = after(r, *t);
        else if (read(*t, s, w)) [[likely]]
          return;
      }
    }
  }
  // The slot of a hash, for a writer: it holds content that is not frozen.
  place seek(reclaimer& r, hash_type h) {
    for (;;) {
      for (table* t = root(r); t != nullptr;) {
        slot& s = t->at(t->index_of(h));
        const word w = Slots::state_of(r, s);
        if (w != Slots::moved && (w & Slots::frozen) == 0) {
          place at;
          at.where = &s;
          at.last = t->last_beside(h);
          if (Slots::take(s, w, at.is)) return at;
          continue;
        }
        table* const next = after(r, *t);
        if (next != nullptr && w != Slots::moved) migrate(r, *t, *next, t->index_of(h));
        t = next;
      }
    }
  }

  // So many entries more or less; does the size still fit?
  void adapt(reclaimer& r, hash_type h, std::ptrdiff_t by) {
    const auto here = counts_[h % Stripes].count.fetch_add(by, std::memory_order_relaxed) + by;
    const auto fits = [&](std::ptrdiff_t entries, const table& t) {
      const auto most = static_cast<std::ptrdiff_t>(Slots::most(t.size()));
      return by > 0 ? entries <= most : t.size() == least_ || 8 * entries > most;
    };
    try {
      for (;;) {
        table& t = *root(r);
        if (fits(here * static_cast<std::ptrdiff_t>(Stripes), t)) return;
        if (Stripes != 1 && fits(static_cast<std::ptrdiff_t>(size()), t)) return;
        resize(r, t, by > 0 ? 2 * t.size() : t.size() / 2, h);
      }
    } catch (const std::bad_alloc&) {
      // The map works on as it is, and somebody else will try again.
    }
  }

  // Moves all of `t` to its next table, made here if there is none yet, and makes that the root. Each thread that comes
  // begins somewhere else and goes through all slots; what is marked already costs a look.
  void resize(reclaimer& r, table& t, std::size_t size, hash_type h) {
    table* begun = t.next.load(std::memory_order_acquire);  // [next]
    if (begun == nullptr) {
      table* const made = table::make(r, size, Slots::unborn);
      if (!t.next.compare_exchange_strong(begun, made, std::memory_order_release, std::memory_order_acquire))  // [next]
        typename table::deleter()(made);
    }
    // Taken up anew, also what was made here: others may have come to its end, and to that of the one after it.
    table* const next = after(r, t);
    if (next == nullptr) return;
    const std::size_t first = t.index_of(h);
    const std::size_t step = next->size() > t.size() ? 1 : 2;
    for (std::size_t i = 0; i != t.size(); i += step) migrate(r, t, *next, (first + i) & (t.size() - 1));
    table* old = &t;
    // Where it fails for no reason, adapt finds the old root again, and comes back.
    if (root_.compare_exchange_weak(old, next, std::memory_order_release, std::memory_order_relaxed))  // [root] -> root
      r.retire(old, typename table::deleter());
  }

  // Moves a slot, which is marked afterwards, by us or by somebody else.
  void migrate(reclaimer& r, table& t, table& next, std::size_t i) {
    content one = Slots::nothing();
    content two = Slots::nothing();
    if (next.size() > t.size()) {
      const word w = freeze(r, t.at(i), one);
      if (w == Slots::moved) return;
      for (std::size_t half = 2 * i; half != 2 * i + 2; ++half)
        slots_.install(r, next.at(half), one, two, [&](hash_type h) { return next.index_of(h) == half; });
      mark(r, t.at(i), w, one);
    } else {
      const std::size_t even = i & ~std::size_t{1};
      const word first = freeze(r, t.at(even), one);
      const word second = freeze(r, t.at(even + 1), two);
      if (first != Slots::moved && second != Slots::moved)
        slots_.install(r, next.at(even / 2), one, two, [](hash_type) { return true; });
      mark(r, t.at(even), first, one);
      mark(r, t.at(even + 1), second, two);
    }
  }

  // Forbids further changes of a slot. Gives its state, frozen, and content, or `moved`.
  word freeze(reclaimer& r, slot& s, content& is) {
    for (;;) {
      word w = Slots::state_of(r, s);
      if (w == Slots::moved) return w;
      if ((w & Slots::frozen) == 0) {
        if (!s.state.compare_exchange_weak(w, w | Slots::frozen, std::memory_order_release,  // [moved]
                                           std::memory_order_relaxed))
          continue;
        w |= Slots::frozen;
      }
      if (Slots::take(s, w, is)) return w;
    }
  }
  void mark(reclaimer& r, slot& s, word w, const content& is) {
    if (w == Slots::moved) return;
    if (s.state.compare_exchange_strong(w, Slots::moved, std::memory_order_release,
                                        std::memory_order_relaxed))  // [moved]
      Slots::retire_content(r, is);
  }

  // Frees a table, and of its entries what has to be freed and is `ours`.
  template <class Ours>
  static void destroy(table& t, const Ours& ours) {
    for (std::size_t i = 0; i != t.size(); ++i) Slots::destroy(t.at(i), ours);
    typename table::deleter()(&t);
  }

  [[no_unique_address]] const Slots slots_;
  const std::size_t least_;
  alignas(cache_line) atomic<table*> root_;  // written by whoever ends a change of size
  stripe counts_[Stripes];
};

}  // namespace sluice::detail
