// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the slots of a sync_map hold, whatever keys and values are. A slot is one word: nothing, one entry, or a bucket, which
// is an array of entries. None of them changes once it is linked: whoever changes what a slot holds makes a new word and
// exchanges it, so a reader that has the word has all of it, as of one moment. An entry is made before the bucket that holds
// it, and so is no younger.
//
// A word is an address with marks in its low bits; `frozen` says that the content moves to another table and changes here
// no more, `moved` that it has moved, `unborn` that what belongs here has not arrived yet.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include <sluice/detail/on_this_thread.hpp>
#include <sluice/detail/sync_map_array.hpp>
#include <sluice/reclaim.hpp>

namespace sluice::detail {

// `Room`: so many slots are there for each entry; with two, few entries share one.
template <class K, class V, class Hash, class Platform, std::size_t Room = 2>
class sync_map_nodes {
  using object = basic_reclaim_obj<Platform>;

 public:
  static constexpr bool copies = false;
  using key_type = K;
  using mapped_type = V;
  using reclaimer = basic_reclaimer<Platform>;
  using hash_type = std::uint64_t;
  using word = std::uintptr_t;
  static constexpr word empty = 0;
  static constexpr word frozen = 2;
  static constexpr word moved = 4;
  static constexpr word unborn = 8;

  struct slot {
    explicit slot(word is) noexcept : state(is) {}
    typename Platform::template atomic<word> state;
  };
  using content = word;

  // The hash stands last: who finds the key does not need it, and small keys and values then share a line.
  class entry : public object {
   public:
    template <class Key, class... Args>
    entry(reclaimer& maker, hash_type h, Key&& k, Args&&... args)
        : object(maker), key_(std::forward<Key>(k)), value_(std::forward<Args>(args)...), hash_(h) {}
    const K& key() const noexcept { return key_; }
    const V& value() const noexcept { return value_; }
    hash_type hash() const { return hash_.load(); }

   private:
    const K key_;
    const V value_;
    const typename Platform::template var<hash_type> hash_;
  };
  struct free_entry {
    void operator()(entry* e) const noexcept {
      std::destroy_at(e);
      allocator<entry>().deallocate(e, 1);
    }
  };
  // One that was made in vain goes in the section of its maker, which is the thread's.
  struct free_in_section {
    void operator()(entry* e) const noexcept {
      [[maybe_unused]] const on_this_thread<Platform> whose_section_it_is;
      free_entry()(e);
    }
  };
  using fresh = std::unique_ptr<entry, free_in_section>;
  struct found {
    entry* is = nullptr;  // null: nothing was there; lives until the section ends
    explicit operator bool() const noexcept { return is != nullptr; }
    const K& key() const noexcept { return is->key(); }
    const V& value() const noexcept { return is->value(); }
    std::optional<V> copy() const
      requires std::is_copy_constructible_v<V>
    {
      return is != nullptr ? std::optional<V>(is->value()) : std::nullopt;
    }
  };

  explicit sync_map_nodes(Hash hash = Hash()) : hash_(std::move(hash)) {}
  const Hash& hash() const noexcept { return hash_; }

  // What a reader gets.
  using seen = found;
  static constexpr content nothing() noexcept { return empty; }
  // How many entries so many slots are for, and how many they have room for.
  static constexpr std::size_t most(std::size_t slots) { return slots / Room; }
  static constexpr std::size_t room(std::size_t slots) { return slots; }

  template <class Key, class... Args>
  static void make(fresh& into, reclaimer& maker, hash_type h, Key&& key, Args&&... args) {
    entry* const room = allocator<entry>().allocate(1);
    try {
      into.reset(::new (static_cast<void*>(room)) entry(maker, h, std::forward<Key>(key), std::forward<Args>(args)...));
    } catch (...) {
      allocator<entry>().deallocate(room, 1);
      throw;
    }
  }
  static hash_type hash_of(const found& f) { return f.is->hash(); }

  static word state_of(reclaimer& r, const slot& s) {
    return r.protect([&s] { return s.state.load(std::memory_order_acquire); });  // [slot] [moved]
  }
  // A word is all of what a slot holds.
  static bool take(const slot&, word state, content& into) noexcept {
    into = state;
    return true;
  }
  template <class IsIt>
  static bool peek(const slot&, word state, hash_type h, const IsIt& is_it, seen& into) {
    into = find(state, h, is_it);
    return true;
  }
  static std::size_t count(word w) {
    if (bucket* const b = bucket_of(w)) return b->size();
    return entry_of(w) != nullptr ? 1 : 0;
  }
  static found nth(word w, std::size_t n) {
    bucket* const b = bucket_of(w);
    return {b != nullptr ? b->begin()[n].is : entry_of(w)};
  }
  // f(hash, entry) for each entry.
  template <class F>
  static void each(word w, const F& f) {
    each_of(w, [&f](hash_type h, entry* e) { f(h, *e); });
  }
  // The entry whose key `is_it` knows, and whose hash is this one.
  template <class IsIt>
  static found find(word w, hash_type h, const IsIt& is_it) {
    bucket* const b = bucket_of(w);
    if (b == nullptr) {
      entry* const e = entry_of(w);
      return {e != nullptr && is_it(e->key()) ? e : nullptr};
    }
    for (const auto& [hash, is] : *b)
      if (hash == h && is_it(std::as_const(*is).key())) return {is};
    return {nullptr};
  }

  // Puts `put` (null: nothing) in the place of what was found in the content, if that is the slot's still, and takes it over.
  // May fail for no reason. Throws what the allocator throws.
  static bool replace(reclaimer& r, slot& s, word was, const found& old, fresh* put) {
    const word now = made_of(
        r, was, empty, [&](hash_type, const entry* e) { return e != old.is; }, put != nullptr ? put->get() : nullptr);
    if (!turn(r, s, was, now)) return false;
    if (old.is != nullptr) r.retire(old.is, free_entry());
    if (put != nullptr) static_cast<void>(put->release());
    return true;
  }
  // Erases what `keep` does not want, if the slot's content is still this one. May fail for no reason, and throw.
  template <class Keep>
  static bool filter(reclaimer& r, slot& s, word was, const Keep& keep) {
    const auto wanted = [&keep](hash_type h, const entry*) { return keep(h); };
    if (!turn(r, s, was, made_of(r, was, empty, wanted, nullptr))) return false;
    each_of(was, [&](hash_type h, entry* e) {
      if (!keep(h)) r.retire(e, free_entry());
    });
    return true;
  }
  // Puts what `keep` wants of two frozen contents into a slot that is unborn, unless somebody has done so. Relaxed where it
  // finds that: others see it in the slot for themselves.
  template <class Keep>
  static void install(reclaimer& r, slot& s, word one, word two, const Keep& keep) {
    word was = s.state.load(std::memory_order_relaxed);
    if (was != unborn) return;
    const auto wanted = [&keep](hash_type h, const entry*) { return keep(h); };
    const word now = made_of(r, one, two, wanted, nullptr);
    if (!s.state.compare_exchange_strong(was, now, std::memory_order_release,  // [slot] -> seek, look
                                         std::memory_order_relaxed))
      free_frame(now);
  }
  // What a slot needs no more that has moved.
  static void retire_content(reclaimer& r, word w) {
    if (bucket* const b = bucket_of(w)) r.retire(b, typename bucket::deleter());
  }
  // Frees what a slot holds that nobody uses any more, but only `ours` of the entries.
  template <class Ours>
  static void destroy(slot& s, const Ours& ours) {
    const word w = s.state.load(std::memory_order_relaxed);
    if (w == moved || w == unborn) return;
    each_of(w, [&](hash_type h, entry* e) {
      if (ours(h)) free_entry()(e);
    });
    free_frame(w);
  }

 private:
  template <class T>
  using allocator = typename Platform::template allocator<T>;

  static constexpr word bucket_mark = 1;
  struct no_head {};
  // Each entry with its hash, so that those of other hashes need not be looked at.
  struct item {
    hash_type hash;
    entry* is;
  };
  using bucket = sync_map_array<no_head, item, Platform>;
  static_assert(alignof(entry) >= 8 && alignof(bucket) >= 8);

  static word to_word(entry* e) { return reinterpret_cast<word>(e); }
  static word to_word(bucket* b) { return reinterpret_cast<word>(b) | bucket_mark; }
  template <class T>
  static T* address(word w) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): null, too, is marked, and an offset from null is no pointer
    return reinterpret_cast<T*>(w & ~(bucket_mark | frozen));
  }
  static bucket* bucket_of(word w) { return (w & bucket_mark) != 0 ? address<bucket>(w) : nullptr; }
  static entry* entry_of(word w) { return (w & bucket_mark) == 0 ? address<entry>(w) : nullptr; }
  // What of a word is not its entries.
  static void free_frame(word w) {
    if (bucket* const b = bucket_of(w)) typename bucket::deleter()(b);
  }

  template <class F>
  static void each_of(word w, const F& f) {
    if (bucket* const b = bucket_of(w)) {
      for (const auto& [hash, is] : *b) f(hash, is);
    } else if (entry* const e = entry_of(w)) {
      f(e->hash(), e);
    }
  }
  // A word, not linked yet, for the entries of two others that `keep` wants, and one more. Throws what the allocator throws.
  template <class Keep>
  static word made_of(reclaimer& maker, word one, word two, const Keep& keep, entry* more) {
    std::size_t n = more != nullptr ? 1 : 0;
    entry* last = more;
    const auto count = [&](hash_type hash, entry* e) {
      if (keep(hash, e)) ++n, last = e;
    };
    each_of(one, count);
    each_of(two, count);
    if (n < 2) return to_word(last);
    bucket* const b = bucket::make(maker, n);
    auto* at = b->begin();
    const auto add = [&](hash_type hash, entry* e) {
      if (keep(hash, e)) *at++ = {hash, e};
    };
    each_of(one, add);
    each_of(two, add);
    if (more != nullptr) *at = {more->hash(), more};
    return to_word(b);
  }
  // Exchanges what a slot holds for a word that was made, or frees that.
  static bool turn(reclaimer& r, slot& s, word was, word now) {
    if (s.state.compare_exchange_weak(was, now, std::memory_order_release, std::memory_order_relaxed)) {  // [slot]
      retire_content(r, was);
      return true;
    }
    free_frame(now);
    return false;
  }

  [[no_unique_address]] const Hash hash_;
};

}  // namespace sluice::detail
