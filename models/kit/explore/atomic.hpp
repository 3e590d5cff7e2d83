// SPDX-License-Identifier: BSL-1.0
#pragma once
// The checked atomic. While the client is set up, and once its threads are done, it is a plain value; in between, the
// graph is the truth and the plain value is what the location was initialised with.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <string>
#include <type_traits>

#include <kit/explore/last_words.hpp>
#include <kit/explore/machine.hpp>
#include <kit/explore/text.hpp>

namespace sluice::explore {

using location_t = std::source_location;

namespace detail {

// The machine, if this thread of control is inside a checked client.
inline machine* inside() {
  machine* m = machine::active();
  return m != nullptr && m->inside() ? m : nullptr;
}

// `blank`: without a value. Whoever reads it before somebody has written it is at fault.
inline void made(object& o, bool blank = false, std::size_t extent = 0) {
  const leaves_nothing_below at_end;
  machine* const m = inside();
  if (m == nullptr) return;
  object_record& r = m->new_record(o);
  r.blank = blank;
  r.extent = static_cast<std::uint8_t>(extent > sizeof r.kept ? 0 : extent);
}

// Who is in no client uses an object outside of one; but one that lives in an execution is not to be had from there.
inline machine* from_outside(const object& o, const char* what, const location_t& where) {
  if (o.execution != 0) last_words::outsider(std::string(what) + " of the client is used at " + place_name(where));
  return nullptr;
}

inline void must_live(machine& m, const object& o, const char* what, const location_t& where) {
  if (o.execution == m.execution()) return;
  m.fail(violation::use_after_free, std::string(what) + " that does not live (freed, not yet made, or made outside " +
                                        "the execution) at " + place_name(where));
}

[[noreturn]] inline void unwritten(machine& m, const char* what, const location_t& where) {
  m.fail(violation::uninitialised, std::string("reads ") + what +
                                       " that was default-constructed and never written, at " + place_name(where) +
                                       " (give it a value when it is made, or order this read after the first write)");
}

// `at`: the other thread's next event when it did its part.
[[noreturn]] inline void race(machine& m, const std::string& what, int with, int at, const std::string& there,
                              const location_t& where) {
  m.involve(static_cast<unsigned>(with), static_cast<unsigned>(std::max(at, 0)));
  m.fail(violation::data_race, text("T", m.self() - 1) + " " + what + " at " + place_name(where) +
                                   ", unordered with T" + std::to_string(with - 1) + there);
}

inline void unmade(object& o) {
  const leaves_nothing_below at_end;
  machine* m = inside();
  if (m == nullptr) return;
  if (o.execution == m->execution() && !m->direct()) {
    m->destroys(o);
    const object_record& r = m->record_of(o);
    const int other = r.not_known_to(m->past(), m->self(), o.creator);
    if (other >= 0) race(*m, "destroys an object", other, r.touched[static_cast<unsigned>(other)], "'s use of it", {});
    m->had_effect();
  }
  o.execution = 0;
}

// Without padding, which no compare-exchange compares.
template <class T>
std::uint64_t to_bits(T v) {
  std::uint64_t bits = 0;
#if __has_builtin(__builtin_clear_padding)
  __builtin_clear_padding(&v);
#endif
  std::memcpy(&bits, &v, sizeof v);
  return bits;
}
template <class T>
T from_bits(std::uint64_t bits) {
  T v;
  std::memcpy(static_cast<void*>(&v), &bits, sizeof v);
  return v;
}

}  // namespace detail

template <class T>
class atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8, "explore: atomics of up to 8 bytes");

 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = true;

  // Without a value, as far as its readers are concerned: see sluice/platform.hpp.
  atomic() noexcept { detail::made(object_, true); }
  atomic(T v) noexcept : value_(v) { detail::made(object_); }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;
  ~atomic() { detail::unmade(object_); }

  // The operations proper are not inlined, so that they leave nothing of theirs in the client's frame.
  [[gnu::always_inline]] T load(order o, location_t at = location_t::current()) const {
    const in_client here;
    return load_from(o, at);
  }
  [[gnu::always_inline]] void store(T v, order o, location_t at = location_t::current()) {
    const in_client here;
    store_to(v, o, at);
  }

  [[gnu::always_inline]] T exchange(T v, order o, location_t at = location_t::current()) {
    const in_client here;
    return modify(op::exchange, v, o, at);
  }
  [[gnu::always_inline]] T fetch_add(T v, order o, location_t at = location_t::current()) {
    return arithmetic(op::fetch_add, v, o, at);
  }
  [[gnu::always_inline]] T fetch_sub(T v, order o, location_t at = location_t::current()) {
    return arithmetic(op::fetch_sub, v, o, at);
  }
  [[gnu::always_inline]] T fetch_or(T v, order o, location_t at = location_t::current()) {
    return arithmetic(op::fetch_or, v, o, at);
  }
  [[gnu::always_inline]] T fetch_and(T v, order o, location_t at = location_t::current()) {
    return arithmetic(op::fetch_and, v, o, at);
  }
  [[gnu::always_inline]] T fetch_xor(T v, order o, location_t at = location_t::current()) {
    return arithmetic(op::fetch_xor, v, o, at);
  }

  [[gnu::always_inline]] bool compare_exchange_weak(T& expected, T desired, order ok, order fail,
                                                    location_t at = location_t::current()) {
    const in_client here;
    return compare_exchange(op::cas_weak, expected, desired, ok, fail, at);
  }
  [[gnu::always_inline]] bool compare_exchange_strong(T& expected, T desired, order ok, order fail,
                                                      location_t at = location_t::current()) {
    const in_client here;
    return compare_exchange(op::cas_strong, expected, desired, ok, fail, at);
  }

 private:
  friend struct futex;

  machine* begin(const location_t& at) const {
    machine* const m = detail::inside();
    if (m == nullptr) return detail::from_outside(object_, "an atomic", at);
    detail::must_live(*m, object_, "an atomic", at);
    if (m->direct())
      settle(*m);
    else
      touch(*m, at);
    return m;
  }
  void settle(machine& m) const {
    object_record& o = m.record_of(object_);
    if (!o.located || o.settled) return;
    o.settled = true;
    const graph& g = m.events();
    const ref last = g.co_last(o.loc);
    value_ = detail::from_bits<T>(g.value_of(last));
    if (!is_initial(last)) o.blank = false;
  }
  // The value where only one thread runs, to be read or to be replaced.
  T& plainly(machine* m, bool reads, const location_t& at) const {
    if (m == nullptr) return value_;
    bool& blank = m->record_of(object_).blank;
    if (blank && reads) detail::unwritten(*m, "an atomic", at);
    blank = false;
    return value_;
  }
  bool is_blank(machine& m) const { return m.record_of(object_).blank; }
  // Asks before the read is performed: others may run meanwhile, and what they see of it may end this object's life.
  const event& seen(machine& m, const request& r) const {
    const bool blank = is_blank(m);
    const event& read = m.events().at(m.perform_read(r));
    if (blank && is_initial(read.rf)) detail::unwritten(m, "an atomic", r.where);
    return read;
  }
  void touch(machine& m, const location_t& at) const {
    object_record& o = m.record_of(object_);
    if (!o.located) {
      o.located = true;
      o.loc = m.location_of(object_.creator, 2U * object_.serial);
      m.events().locations()[o.loc].initial = detail::to_bits(value_);
    }
    const unsigned self = m.self();
    if (!o.construction_known_to(m.past(), self, object_.creator))
      detail::race(m, "uses an atomic", object_.creator, o.created, "'s construction of it", at);
    o.touched[self] = static_cast<clock::count>(m.now_at());
    o.is_atomic = true;
  }

  request ask(machine& m, kind what, op how, order o, const location_t& at) const {
    request r;
    r.what = what;
    r.how = how;
    r.success = r.failure = o;
    r.width = sizeof(T);
    r.loc = m.record_of(object_).loc;
    r.where = at;
    return r;
  }

  [[gnu::noinline]] T load_from(order o, const location_t at) const {
    const leaves_nothing_below at_end;
    machine* const m = begin(at);
    if (m == nullptr || m->direct()) return plainly(m, true, at);
    return detail::from_bits<T>(seen(*m, ask(*m, kind::read, op::load, o, at)).value);
  }

  [[gnu::noinline]] void store_to(T v, order o, const location_t at) {
    const leaves_nothing_below at_end;
    machine* const m = begin(at);
    if (m == nullptr || m->direct()) {
      plainly(m, false, at) = v;
      return;
    }
    m->had_effect();
    request r = ask(*m, kind::write, op::store, o, at);
    r.operand = detail::to_bits(v);
    m->perform(r);
  }

  [[gnu::always_inline]] T arithmetic(op how, T v, order o, const location_t at)
    requires std::is_integral_v<T>
  {
    const in_client here;
    return modify(how, v, o, at);
  }
  [[gnu::noinline]] T modify(op how, T operand, order o, const location_t at) {
    const leaves_nothing_below at_end;
    machine* const m = begin(at);
    if (m == nullptr || m->direct()) return modify_plainly(plainly(m, true, at), how, operand);
    request r = ask(*m, kind::read, how, o, at);
    r.operand = detail::to_bits(operand);
    const std::uint64_t before = seen(*m, r).value;
    if (modified(r, before) != before) m->had_effect();
    return detail::from_bits<T>(before);
  }

  static T modify_plainly(T& value, op how, T operand) {
    request r;
    r.how = how;
    r.width = sizeof(T);
    r.operand = detail::to_bits(operand);
    const T before = value;
    value = detail::from_bits<T>(modified(r, detail::to_bits(before)) & mask_of(sizeof(T)));
    return before;
  }

  [[gnu::noinline]] bool compare_exchange(op how, T& expected, T desired, order ok, order fail, const location_t at) {
    const leaves_nothing_below at_end;
    machine* const m = begin(at);
    if (m == nullptr || m->direct()) {
      T& value = plainly(m, true, at);
      const bool equal = detail::to_bits(value) == detail::to_bits(expected);
      (equal ? value : expected) = equal ? desired : value;
      return equal;
    }
    request r = ask(*m, kind::read, how, ok, at);
    r.failure = fail;
    r.operand = detail::to_bits(desired);
    r.expected = detail::to_bits(expected);
    m->will_be_given(reinterpret_cast<std::uintptr_t>(&expected));
    const event& e = seen(*m, r);
    if (e.exclusive) {
      if (r.operand != r.expected) m->had_effect();
      return true;
    }
    expected = detail::from_bits<T>(e.value);
    return false;
  }

  mutable T value_{};
  object object_;
};

}  // namespace sluice::explore
