// SPDX-License-Identifier: BSL-1.0
#pragma once
// What sync_map does, for callers that have a hash, a way to know the key, and a section open (sluice/reclaim.hpp).
//
// A table of slots (detail/sync_map_table.hpp), each of which holds immutable content (detail/sync_map_nodes.hpp). A reader
// takes up the content and looks into it; a writer makes new content and exchanges it, by one compare-exchange. To change
// its size, the map gets a second table, and each slot's content is frozen, installed there, and marked as moved. Whoever is
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
// Edges (release -> acquire)
//   [slot]   change, clear_at, install -> seek, look, freeze, finish  an entry is made before it is found
//   [moved]  freeze, mark -> seek, look, freeze, finish  there is a next table; what moved is there
//   [next]   resize -> resize   a table is made before it is filled
//   [root]   resize -> root     all slots of the new root are installed
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include <sluice/detail/sync_map_nodes.hpp>
#include <sluice/detail/sync_map_table.hpp>
#include <sluice/reclaim.hpp>

namespace sluice::detail {

// `Stripes`: of the count. `Room`: so many slots are there per entry at least; with two, few entries share a slot.
template <class K, class V, class Platform, std::size_t Stripes = 8, std::size_t Room = 2>
class sync_map_core {
 public:
  using nodes = sync_map_nodes<K, V, Platform>;
  using table = sync_map_table<Platform>;
  using reclaimer = basic_reclaimer<Platform>;
  using hash_type = typename nodes::hash_type;
  using word = typename nodes::word;
  using entry = typename nodes::entry;

  sync_map_core(reclaimer& r, std::size_t least) : least_(least), root_(table::make(r, least, nodes::empty)) {}
  sync_map_core(const sync_map_core&) = delete;
  sync_map_core& operator=(const sync_map_core&) = delete;
  // Nobody may use it any more.
  ~sync_map_core() {
    table* const t = root_.load(std::memory_order_relaxed);
    table* const next = t->next.load(std::memory_order_relaxed);
    if (next != nullptr) {
      destroy(*next,
              [t](hash_type h) { return t->at(t->index_of(h)).load(std::memory_order_relaxed) == nodes::moved; });
    }
    destroy(*t, [](hash_type) { return true; });
  }

  // What a slot held at a moment during the call, and the last hash that it covers.
  struct view {
    word content;
    hash_type last;
  };
  // The slot of a hash, for a reader. Lock-free: it begins anew only if the root has changed.
  view look(reclaimer& r, hash_type h) {
    for (;;) {
      for (table* t = root(r); t != nullptr; t = after(r, *t)) {
        slot& s = t->at(t->index_of(h));
        const word w = r.protect([&] { return s.load(std::memory_order_acquire); });  // [slot] [moved]
        if (w != nodes::moved) return {w, t->last_beside(h)};
      }
    }
  }

  struct outcome {
    entry* found;  // null: nothing was there; lives until the section ends
    bool changed;
  };
  // One step on a key. `decide(found)` is asked, perhaps several times, for what is to be in the place of the entry that was
  // found (null: none): `found` itself, a new one, or null. Takes over the new one if that is put. Throws what the allocator throws,
  // before anything has changed. Linearizes at the exchange, or at the look that decided that nothing changes.
  template <class IsIt, class Decide>
  outcome change(reclaimer& r, hash_type h, const IsIt& is_it, Decide decide) {
    for (;;) {
      const place at = seek(r, h);
      entry* const found = nodes::find(at.content, h, is_it);
      entry* const wanted = decide(found);
      if (wanted == found) return {found, false};
      const word now = nodes::with(r, at.content, found, wanted);
      word was = at.content;
      if (at.where->compare_exchange_weak(was, now, std::memory_order_release, std::memory_order_relaxed)) {  // [slot]
        nodes::retire_frame(r, was);
        if (found != nullptr) r.retire(found, typename nodes::free_entry());
        if (found == nullptr || wanted == nullptr) adapt(r, h, wanted != nullptr ? 1 : -1);
        return {found, true};
      }
      nodes::free_frame(now);
    }
  }

  // Erases, in one step, what the slot of a hash has from that hash on; gives the last hash that the slot covers. Smaller
  // hashes have had their turn: a table that has become smaller since covers them again.
  hash_type clear_at(reclaimer& r, hash_type from) {
    for (;;) {
      const place at = seek(r, from);
      const word now =
          nodes::made_of(r, at.content, nodes::empty, [from](hash_type h, const entry*) { return h < from; }, nullptr);
      word was = at.content;
      const bool none = nodes::count(now) == nodes::count(was);
      if (none || !at.where->compare_exchange_weak(was, now, std::memory_order_release,  // [slot] -> seek, look
                                                   std::memory_order_relaxed)) {
        nodes::free_frame(now);
        if (none) return at.last;
        continue;
      }
      nodes::retire_frame(r, was);
      nodes::each(was, [&](hash_type h, entry* e) {
        if (h < from) return true;
        r.retire(e, typename nodes::free_entry());
        adapt(r, h, -1);
        return true;
      });
      return at.last;
    }
  }

  // How many entries there are; exact if nobody writes. O(Stripes).
  std::size_t size() const noexcept {
    std::ptrdiff_t all = 0;
    for (const stripe& s : counts_) all += s.count.load(std::memory_order_relaxed);
    return all < 0 ? 0 : static_cast<std::size_t>(all);
  }
  // How many slots there are. Inside a section.
  std::size_t slots(reclaimer& r) { return root(r)->size(); }

 private:
  template <class T>
  using atomic = typename Platform::template atomic<T>;
  using slot = typename table::slot;

  struct place {
    slot* where;
    word content;
    hash_type last;
  };
  // Relaxed: a number, which orders nothing.
  struct alignas(cache_line) stripe {
    atomic<std::ptrdiff_t> count{0};
  };

  table* root(reclaimer& r) {
    return r.protect([&] { return root_.load(std::memory_order_acquire); });  // [root] <- resize
  }
  // The table after `t`, of which a slot was seen frozen or moved. Null: `t` is the root no more, and what comes after it
  // may be gone. Both relaxed: whoever froze the slot had the next table made; and that the root is still `t` after `next`
  // was taken up shows that the next table was not retired before.
  table* after(reclaimer& r, const table& t) {
    table* const next = r.protect([&] { return t.next.load(std::memory_order_relaxed); });
    return root_.load(std::memory_order_relaxed) == &t ? next : nullptr;
  }

  // The slot of a hash, for a writer: it holds content that is not frozen.
  place seek(reclaimer& r, hash_type h) {
    for (;;) {
      for (table* t = root(r); t != nullptr;) {
        slot& s = t->at(t->index_of(h));
        const word w = r.protect([&] { return s.load(std::memory_order_acquire); });  // [slot] [moved]
        if (w != nodes::moved && (w & nodes::frozen) == 0) return {&s, w, t->last_beside(h)};
        table* const next = after(r, *t);
        if (next != nullptr && w != nodes::moved) migrate(r, *t, *next, t->index_of(h));
        t = next;
      }
    }
  }

  // One entry more or less; does the size still fit?
  void adapt(reclaimer& r, hash_type h, std::ptrdiff_t by) {
    const auto here = counts_[h % Stripes].count.fetch_add(by, std::memory_order_relaxed) + by;
    const auto fits = [&](std::ptrdiff_t entries, const table& t) {
      const auto wanted = entries * static_cast<std::ptrdiff_t>(Room);
      const auto slots = static_cast<std::ptrdiff_t>(t.size());
      return by > 0 ? wanted <= slots : t.size() == least_ || wanted > slots / 8;
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
    table* next = t.next.load(std::memory_order_acquire);  // [next]
    if (next == nullptr) {
      table* const made = table::make(r, size, nodes::unborn);
      if (t.next.compare_exchange_strong(next, made, std::memory_order_release, std::memory_order_acquire))  // [next]
        next = made;
      else
        typename table::deleter()(made);
    }
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
    if (next.size() > t.size()) {
      const word w = freeze(r, t.at(i));
      if (w == nodes::moved) return;
      for (std::size_t half = 2 * i; half != 2 * i + 2; ++half)
        install(r, next.at(half), w, nodes::empty, [&](hash_type h, entry*) { return next.index_of(h) == half; });
      mark(r, t.at(i), w);
    } else {
      const std::size_t even = i & ~std::size_t{1};
      const word one = freeze(r, t.at(even));
      const word two = freeze(r, t.at(even + 1));
      if (one != nodes::moved && two != nodes::moved)
        install(r, next.at(even / 2), one, two, [](hash_type, entry*) { return true; });
      mark(r, t.at(even), one);
      mark(r, t.at(even + 1), two);
    }
  }

  // Forbids further changes of a slot. Gives its content, frozen, or `moved`.
  word freeze(reclaimer& r, slot& s) {
    for (;;) {
      word w = r.protect([&] { return s.load(std::memory_order_acquire); });  // [slot] [moved]
      if (w == nodes::moved || (w & nodes::frozen) != 0) return w;
      if (s.compare_exchange_weak(w, w | nodes::frozen, std::memory_order_release,
                                  std::memory_order_relaxed))  // [moved]
        return w | nodes::frozen;
    }
  }
  // Puts what `keep` wants of two frozen slots into a slot of the next table, unless somebody has done so. Relaxed where it
  // finds that: others see it in the slot for themselves.
  template <class Keep>
  void install(reclaimer& r, slot& s, word one, word two, const Keep& keep) {
    word was = s.load(std::memory_order_relaxed);
    if (was != nodes::unborn) return;
    const word now = nodes::made_of(r, one, two, keep, nullptr);
    if (!s.compare_exchange_strong(was, now, std::memory_order_release,
                                   std::memory_order_relaxed))  // [slot] -> seek, look
      nodes::free_frame(now);
  }
  void mark(reclaimer& r, slot& s, word w) {
    if (w == nodes::moved) return;
    if (s.compare_exchange_strong(w, nodes::moved, std::memory_order_release, std::memory_order_relaxed))  // [moved]
      nodes::retire_frame(r, w);
  }

  // Frees a table, and the entries that are `ours`.
  template <class Ours>
  static void destroy(table& t, const Ours& ours) {
    for (std::size_t i = 0; i != t.size(); ++i) {
      const word w = t.at(i).load(std::memory_order_relaxed);
      if (!nodes::is_content(w)) continue;
      nodes::each(w, [&](hash_type h, entry* e) {
        if (ours(h)) typename nodes::free_entry()(e);
        return true;
      });
      nodes::free_frame(w);
    }
    typename table::deleter()(&t);
  }

  const std::size_t least_;
  alignas(cache_line) atomic<table*> root_;  // written by whoever ends a change of size
  stripe counts_[Stripes];
};

}  // namespace sluice::detail
