// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the slots of a sync_map hold. A slot is one word: nothing, one entry, or a bucket, which is an array of entries. None
// of them changes once it is linked: whoever changes what a slot holds makes a new word and exchanges it, so a reader that
// has the word has all of it, as of one moment. An entry is made before the bucket that holds it, and so is no younger.
//
// A word is an address with marks in its low bits; `frozen` says that the content moves to another table and changes here
// no more, `moved` that it has moved, `unborn` that what belongs here has not arrived yet.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <sluice/reclaim.hpp>

namespace sluice::detail {

template <class K, class V, class Platform>
struct sync_map_nodes {
  using object = basic_reclaim_obj<Platform>;
  using reclaimer = basic_reclaimer<Platform>;
  using hash_type = std::uint64_t;
  template <class T>
  using allocator = typename Platform::template allocator<T>;

  using word = std::uintptr_t;
  static constexpr word empty = 0;
  static constexpr word bucket_mark = 1;
  static constexpr word frozen = 2;
  static constexpr word moved = 4;
  static constexpr word unborn = 8;

  // The hash stands last: who finds the key does not need it, and small keys and values then share a line.
  struct entry : object {
    template <class Key, class... Args>
    entry(reclaimer& maker, hash_type h, Key&& k, Args&&... args)
        : object(maker), key(std::forward<Key>(k)), value(std::forward<Args>(args)...), hash(h) {}
    const K key;
    V value;
    const typename Platform::template var<hash_type> hash;
  };

  // The entries follow it, each with its hash, so that those of other hashes need not be looked at.
  struct bucket : object {
    struct item {
      hash_type hash;
      entry* is;
    };
    bucket(reclaimer& maker, std::size_t n) : object(maker), count(n) {}
    item* begin() { return reinterpret_cast<item*>(this + 1); }
    item* end() { return begin() + count.load(); }
    const typename Platform::template var<std::size_t> count;
  };

  static_assert(alignof(entry) >= 8 && alignof(bucket) >= 8 && sizeof(bucket) % alignof(typename bucket::item) == 0);

  static word to_word(entry* e) { return reinterpret_cast<word>(e); }
  static word to_word(bucket* b) { return reinterpret_cast<word>(b) | bucket_mark; }
  // Is there something to read in it, frozen or not?
  static bool is_content(word w) { return w != moved && w != unborn; }
  static bucket* bucket_of(word w) { return (w & bucket_mark) != 0 ? address<bucket>(w) : nullptr; }
  static entry* entry_of(word w) { return (w & bucket_mark) == 0 ? address<entry>(w) : nullptr; }

  // f(hash, entry) for each entry, as long as it says true. False if it was stopped.
  template <class F>
  static bool each(word w, F f) {
    if (bucket* const b = bucket_of(w)) {
      for (const auto& [hash, is] : *b)
        if (!f(hash, is)) return false;
      return true;
    }
    entry* const e = entry_of(w);
    return e == nullptr || f(e->hash.load(), e);
  }
  static std::size_t count(word w) {
    if (bucket* const b = bucket_of(w)) return b->count.load();
    return entry_of(w) != nullptr ? 1 : 0;
  }
  static entry* nth(word w, std::size_t n) {
    bucket* const b = bucket_of(w);
    return b != nullptr ? b->begin()[n].is : entry_of(w);
  }
  // The entry whose key `is_it` knows, and whose hash is this one; null if there is none.
  template <class IsIt>
  static entry* find(word w, hash_type h, const IsIt& is_it) {
    bucket* const b = bucket_of(w);
    if (b == nullptr) {
      entry* const e = entry_of(w);
      return e != nullptr && is_it(e->key) ? e : nullptr;
    }
    for (const auto& [hash, is] : *b)
      if (hash == h && is_it(std::as_const(is->key))) return is;
    return nullptr;
  }

  // A word, not linked yet, for the entries of two others that `keep` wants, and one more. Throws what the allocator throws.
  template <class Keep>
  static word made_of(reclaimer& maker, word one, word two, const Keep& keep, entry* more) {
    std::size_t n = more != nullptr ? 1 : 0;
    entry* last = more;
    const auto count = [&](hash_type hash, entry* e) {
      if (keep(hash, e)) ++n, last = e;
      return true;
    };
    each(one, count);
    each(two, count);
    if (n < 2) return to_word(last);
    bucket* const b = make_bucket(maker, n);
    auto* at = b->begin();
    const auto add = [&](hash_type hash, entry* e) {
      if (keep(hash, e)) *at++ = {hash, e};
      return true;
    };
    each(one, add);
    each(two, add);
    if (more != nullptr) *at = {more->hash.load(), more};
    return to_word(b);
  }
  static word with(reclaimer& maker, word w, const entry* without, entry* more) {
    return made_of(maker, w, empty, [&](hash_type, const entry* e) { return e != without; }, more);
  }

  template <class... Args>
  static entry* make_entry(reclaimer& maker, Args&&... args) {
    entry* const room = allocator<entry>().allocate(1);
    try {
      return ::new (static_cast<void*>(room)) entry(maker, std::forward<Args>(args)...);
    } catch (...) {
      allocator<entry>().deallocate(room, 1);
      throw;
    }
  }
  struct free_entry {
    void operator()(entry* e) const noexcept {
      std::destroy_at(e);
      allocator<entry>().deallocate(e, 1);
    }
  };
  struct free_bucket {
    void operator()(bucket* b) const noexcept {
      const std::size_t n = b->count.load();
      std::destroy_at(b);
      allocator<unit>().deallocate(reinterpret_cast<unit*>(b), units(n));
    }
  };
  using entry_owner = std::unique_ptr<entry, free_entry>;

  // What of a word is not its entries.
  static void free_frame(word w) {
    if (bucket* const b = bucket_of(w)) free_bucket()(b);
  }
  static void retire_frame(reclaimer& r, word w) {
    if (bucket* const b = bucket_of(w)) r.retire(b, free_bucket());
  }

 private:
  template <class T>
  static T* address(word w) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): null, too, is marked, and an offset from null is no pointer
    return reinterpret_cast<T*>(w & ~(bucket_mark | frozen));
  }

  struct alignas(bucket) unit {
    std::byte raw[sizeof(bucket)];
  };
  static std::size_t units(std::size_t n) {
    return 1 + (n * sizeof(typename bucket::item) + sizeof(unit) - 1) / sizeof(unit);
  }
  static bucket* make_bucket(reclaimer& maker, std::size_t n) {
    return ::new (static_cast<void*>(allocator<unit>().allocate(units(n)))) bucket(maker, n);
  }
};

}  // namespace sluice::detail
