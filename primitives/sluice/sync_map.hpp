// SPDX-License-Identifier: BSL-1.0
#pragma once
// sync_map: a hash map for threads that read and write at the same time; Go's sync.Map, all of its operations.
//
// Guarantee. Every operation on one key is one linearizable step, at one load (a read, or a write that finds nothing to do)
// or one compare-exchange. Lock-free: a thread that stalls blocks nobody, also in the middle of a change of size, which the
// others then finish. (As far as the allocator is.) Reads make no read-modify-write and write to no line but their thread's
// own (see sluice/reclaim.hpp). Writers of different keys meet where their keys share a slot or a stripe of the count.
// Expected O(1); where many keys have one hash, O(number of those), and correct all the same.
//
// range and clear are no single step: what is there throughout the call is seen, or erased, once, and each key at one
// moment. size adds up stripes: exact while nobody writes.
//
// Keys and values that are trivially copyable and fit a word, and whose hash does not throw, stand in the table itself: who
// reads comes to one cache line and gets a copy, who writes allocates nothing unless others are at the same line, or it has no
// room for one more key (detail/sync_map_lines.hpp). Of any others a value does not change in its place (detail/sync_map_nodes.hpp): whoever
// replaces it makes a new one, and the old one is destroyed later, when no reader can hold it, by some thread that retires
// (sluice/reclaim.hpp has the bound); so destructors of keys and values must not throw, nor mind the thread, nor the map's end. In a
// task they stop its worker where they wait: for a lock, as those of a context and of a pipe's last sender do, but for no other task.
//
// The table grows when there is more than one entry for a line, or for two slots without lines, and halves when an eighth of
// that is left: by whoever made it so, in that call, O(n), and by those who come to it meanwhile.
//
// Destructors of thread_local and of static objects may use it too (what they retire in the main thread is not freed any more).
// Callbacks run with nothing locked, and may use the map, this one or another, in any way. In a task those of range may wait; one of
// load_with keeps its worker from other tasks then, for its section is the thread's. Hash and Eq are used by several threads at once. What happened before a value was stored is seen by who finds it.
//
// Edges (release -> acquire); invariants, and more edges, stand in detail/sync_map_core.hpp and detail/sync_map_lines.hpp
//   [slot]   turn, enframe, install -> state_of  an entry is made before it is found
//   [moved]  freeze, mark -> state_of            there is a next table; what moved is there
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <sluice/detail/lone_task.hpp>
#include <sluice/detail/on_this_thread.hpp>
#include <sluice/detail/sync_map_core.hpp>
#include <sluice/detail/sync_map_cursor.hpp>
#include <sluice/detail/sync_map_glance.hpp>
#include <sluice/detail/sync_map_hash.hpp>
#include <sluice/detail/sync_map_lines.hpp>
#include <sluice/detail/sync_map_nodes.hpp>
#include <sluice/platform.hpp>
#include <sluice/reclaim.hpp>

namespace sluice {

template <class K, class V, class Hash = std::hash<K>, class Eq = std::equal_to<K>, class Platform = std_platform>
class sync_map {
  using hasher = detail::sync_map_hasher<Hash>;
  using slots = std::conditional_t<
      detail::sync_map_word<K> && detail::sync_map_word<V> && std::is_nothrow_invocable_v<const Hash&, const K&>,
      detail::sync_map_lines<K, V, hasher, Platform>, detail::sync_map_nodes<K, V, hasher, Platform>>;
  using core = detail::sync_map_core<slots, Platform>;
  using found = typename core::found;
  using fresh = typename core::fresh;
  using seen = typename core::seen;
  using step = detail::sync_map_step;
  using reclaimer = basic_reclaimer<Platform>;
  // What may be asked for is a key, what converts to one, or, if Hash and Eq are transparent, what they take; and as what.
  template <class Q>
  static constexpr bool as_it_is = std::same_as<Q, K> || detail::sync_map_lookup<Q, K, Hash, Eq>;
  template <class Q>
  static constexpr bool fits = as_it_is<Q> || std::convertible_to<const Q&, K>;
  template <class Q>
  using asked = std::conditional_t<as_it_is<Q>, Q, K>;

 public:
  using key_type = K;
  using mapped_type = V;
  using iterator = detail::sync_map_cursor<core>;

  // Empty. Throws what the allocator throws, as does every operation that puts or erases, and what copies throw; then nothing has
  // changed. (A move of V that throws comes late in load_or_store.)
  explicit sync_map(Hash hash = Hash(), Eq equal = Eq())
      : equal_(std::move(equal)), core_(this_thread_reclaimer<Platform>(), least, slots(hasher{std::move(hash)})) {}
  sync_map(const sync_map&) = delete;
  sync_map& operator=(const sync_map&) = delete;
  // Nobody may use it any more.
  ~sync_map() = default;

  // The value of `key`, copied. Where the table holds values itself no branch depends on whether it is there, nor does one in
  // `load(key).value_or(other)`: a processor, which could not foretell it, goes on with the next while this one's line comes.
  // (So this is inlined.)
  template <class Q = K>
    requires fits<Q> && std::copy_constructible<V>
  [[nodiscard, gnu::always_inline]] std::optional<V> load(const Q& key) const {
    const asked<Q>& wanted = key;
    [[maybe_unused]] const stay inside;
    return look(inside, wanted).copy();
  }
  // Calls `fn(value)`, if there is one, with the value in its place, or, where the table holds values itself, with a copy of
  // it. The value lives until `fn` returns, though it may be replaced meanwhile.
  template <class Q = K, std::invocable<const V&> F>
    requires fits<Q>
  bool load_with(const Q& key, F&& fn) const {
    const asked<Q>& wanted = key;
    [[maybe_unused]] const stay inside;
    const seen it = look(inside, wanted);
    if (!it) return false;
    const V& value = it.value();
    using stays = std::conditional_t<slots::copies, std::monostate, detail::on_this_thread<Platform>>;
    [[maybe_unused]] const stays whose_section_it_is;
    static_cast<void>(std::invoke(std::forward<F>(fn), value));
    return true;
  }
  template <class Q = K>
    requires fits<Q>
  [[nodiscard]] bool contains(const Q& key) const {
    const asked<Q>& wanted = key;
    return static_cast<bool>(look(stay(), wanted));
  }

  // Puts `value`, whatever was there.
  void store(K key, V value) {
    const section inside;
    static_cast<void>(put(inside.mine, key, always, std::move(value)));
  }
  // Puts V(args...) unless there is a value; true if it put it. (In a race that it loses a value may be made in vain.)
  template <class... Args>
    requires std::constructible_from<V, Args...>
  bool try_store(K key, Args&&... args) {
    const section inside;
    return put(inside.mine, key, if_absent, std::forward<Args>(args)...).changed;
  }
  // The value that is there, and true; or puts this one, and gives it, and false.
  std::pair<V, bool> load_or_store(K key, V value)
    requires std::copy_constructible<V>
  {
    const section inside;
    const auto done = put(inside.mine, key, if_absent, std::as_const(value));
    if (done.changed) return {std::move(value), false};
    return {done.was.value(), true};
  }
  // Puts `value` and gives the one that was there.
  std::optional<V> swap(K key, V value)
    requires std::copy_constructible<V>
  {
    const section inside;
    std::optional<V> was;
    static_cast<void>(put(inside.mine, key, copying(was), std::move(value)));
    return was;
  }
  // Puts `desired` if there is a value and it equals `expected`.
  bool compare_and_swap(K key, const V& expected, V desired)
    requires std::equality_comparable<V>
  {
    const section inside;
    const auto equals = [&](const found& f) { return f && f.value() == expected; };
    return put(inside.mine, key, equals, std::move(desired)).changed;
  }

  // Erases the value of `key`; false if there is none.
  template <class Q = K>
    requires fits<Q>
  bool erase(const Q& key) {
    const section inside;
    return take(inside.mine, key, always).changed;
  }
  // Erases it and gives it.
  template <class Q = K>
    requires fits<Q> && std::copy_constructible<V>
  std::optional<V> load_and_erase(const Q& key) {
    const section inside;
    std::optional<V> was;
    if (!take(inside.mine, key, copying(was)).changed) drop(was);
    return was;
  }
  // Erases it if it equals `expected`.
  template <class Q = K>
    requires fits<Q> && std::equality_comparable<V>
  bool compare_and_erase(const Q& key, const V& expected) {
    const section inside;
    return take(inside.mine, key, [&](const found& f) { return f.value() == expected; }).changed;
  }
  // Erases what is there. Each key by a step of its own.
  void clear() {
    std::uint64_t from = 0;
    do {
      const section inside;  // one for each slot: what is erased can be freed on the way
      from = core_.clear_at(inside.mine, from) + 1;
    } while (from != 0);
  }

  // Calls `fn(key, value)` for each, in no particular order; a `fn` that returns bool ends it by false. Key and value live
  // until `fn` returns. O(number of slots).
  template <std::invocable<const K&, const V&> F>
  void range(F&& fn) const {
    for (auto at = begin(); at != end(); ++at) {
      const auto [key, value] = *at;
      if constexpr (std::convertible_to<std::invoke_result_t<F&, const K&, const V&>, bool>) {
        if (!std::invoke(fn, key, value)) return;
      } else {
        static_cast<void>(std::invoke(fn, key, value));
      }
    }
  }
  // The same as a range: `for (const auto& [key, value] : map)`. An input iterator, of this thread, or of this task, which keeps a read
  // section open; it may not outlive the map. In a task it allocates.
  iterator begin() const {
    if constexpr (detail::has_tasks<Platform>)
      if (Platform::this_task() != nullptr)
        return iterator(core_, std::make_unique<reclaimer>(default_reclaim_domain<Platform>()));
    return iterator(core_, this_thread_reclaimer<Platform>());
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  // O(stripes of the count), a constant.
  [[nodiscard]] std::size_t size() const noexcept { return core_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  // How many entries the table has room for now.
  [[nodiscard]] std::size_t capacity() const {
    const section inside;
    return core_.room(inside.mine);
  }

 private:
  static constexpr std::size_t least = 8;
  static constexpr auto always = [](const found&) { return true; };
  static constexpr auto if_absent = [](const found& f) { return !f; };

  // A read section of the calling thread.
  struct section {
    reclaimer& mine = this_thread_reclaimer<Platform>();
    section() { mine.lock(); }
    section(const section&) = delete;
    section& operator=(const section&) = delete;
    ~section() { mine.unlock(); }
  };

  template <class Q>
  std::uint64_t hash_of(const Q& key) const {
    return core_.slots().hash()(key);
  }
  template <class Q>
  using same = detail::sync_map_same<Q, K, Eq>;
  template <class Q>
  same<Q> is(const Q& key) const {
    return {equal_, key};
  }
  // What a reader stays in while it uses what it found; nothing for a copy.
  using stay = std::conditional_t<slots::copies, std::monostate, section>;
  template <class Q>
  [[gnu::always_inline]] seen look(const section& inside, const Q& key) const {
    return core_.find(inside.mine, hash_of(key), is(key));
  }
  template <class Q>
  [[gnu::always_inline]] seen look(std::monostate, const Q& key) const {
    if constexpr (same<Q>::by_bits)
      return detail::find_at_a_glance<Platform>(core_, hash_of(key), is(key));
    else
      return look(section(), key);
  }
  // Always, with a copy of what was there, made before anything has changed: a copy may throw.
  static auto copying(std::optional<V>& was) {
    return [&was](const found& f) { return drop(was), !f || (static_cast<void>(was.emplace(f.value())), true); };
  }
  static void drop(std::optional<V>& copy) {  // made in vain, in the section, which is the thread's
    if (!copy) return;
    [[maybe_unused]] const detail::on_this_thread<Platform> whose_section_it_is;
    copy.reset();
  }

  // Puts V(args...) `when` what is there, or nothing, says so. The key is the caller's until the entry is made.
  template <class When, class... Args>
  typename core::outcome put(reclaimer& r, K& key, const When& when, Args&&... args) {
    const std::uint64_t h = hash_of(std::as_const(key));
    fresh made;
    const auto decide = [&](const found& f) {
      if (!when(f)) return step::keep;
      if (!made) slots::make(made, r, h, std::move(key), std::forward<Args>(args)...);
      return step::put;
    };
    if constexpr (slots::copies) {
      return core_.change(r, h, is(std::as_const(key)), made, decide);
    } else {
      const auto is_it = [&](const K& k) { return equal_(k, made ? made->key() : std::as_const(key)); };
      return core_.change(r, h, is_it, made, decide);
    }
  }
  template <class Q, class When>
  typename core::outcome take(reclaimer& r, const Q& key, const When& when) {
    const asked<Q>& wanted = key;
    fresh none;
    return core_.change(r, hash_of(wanted), is(wanted), none,
                        [&](const found& f) { return f && when(f) ? step::drop : step::keep; });
  }

  const Eq equal_;
  mutable core core_;
};

}  // namespace sluice
