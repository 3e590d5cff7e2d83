// SPDX-License-Identifier: BSL-1.0
#pragma once
// The checked atomic. While the client is set up, and once its threads are done, it is a plain value; in between, the
// graph is the truth and the plain value is what the location was initialised with.
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <string>
#include <type_traits>

#include <kit/explore/machine.hpp>

namespace sluice::explore {

using location_t = std::source_location;

namespace detail {

inline std::string place_name(const location_t& where) {
  std::string file = where.file_name();
  file.erase(0, file.find_last_of('/') + 1);
  return file + ":" + std::to_string(where.line());
}

// The machine, if this thread of control is inside a checked client.
inline machine* inside() {
  machine* m = machine::active();
  return m != nullptr && m->inside() ? m : nullptr;
}

inline void made(object& o) {
  machine* m = inside();
  if (m == nullptr) return;
  o.execution = m->execution();
  o.creator = static_cast<std::uint16_t>(m->self());
  o.created = m->now_at();
  o.serial = m->next_serial();
  o.touched.fill(-1);
  m->had_effect();
}

inline void must_live(machine& m, const object& o, const char* what, const location_t& where) {
  if (o.execution == m.execution()) return;
  m.fail(violation::use_after_free, std::string(what) + " that does not live (freed, not yet made, or made outside " +
                                        "the execution) at " + place_name(where));
}

[[noreturn]] inline void race(machine& m, const std::string& what, int with, const std::string& there,
                              const location_t& where) {
  m.fail(violation::data_race, "T" + std::to_string(m.self() - 1) + " " + what + " at " + place_name(where) +
                                   ", unordered with T" + std::to_string(with - 1) + there);
}

inline void unmade(object& o) {
  machine* m = inside();
  if (m == nullptr) return;
  if (o.execution == m->execution() && !m->direct()) {
    const int other = o.not_known_to(m->past(), m->self());
    if (other >= 0) race(*m, "destroys an object", other, "'s use of it", {});
    m->had_effect();
  }
  o.execution = 0;
}

struct atomic_object : object {
  bool located = false;
  bool settled = false;  // in finish(): the plain value is the last one in coherence order
  std::uint16_t loc = 0;
  bool has_queue = false;
  std::uint16_t queue = 0;
};

template <class T>
std::uint64_t to_bits(const T& v) {
  std::uint64_t bits = 0;
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

  atomic() noexcept { detail::made(object_); }
  atomic(T v) noexcept : value_(v) { detail::made(object_); }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;
  ~atomic() { detail::unmade(object_); }

  T load(order o, location_t at = location_t::current()) const {
    machine* const m = begin(at);
    if (m == nullptr || m->direct()) return value_;
    registers state;
    capture(&state);
    return detail::from_bits<T>(m->events().at(m->perform_read(ask(kind::read, op::load, o, at), state)).value);
  }

  void store(T v, order o, location_t at = location_t::current()) {
    machine* const m = begin(at);
    if (m == nullptr || m->direct()) {
      value_ = v;
      return;
    }
    m->had_effect();
    request r = ask(kind::write, op::store, o, at);
    r.operand = detail::to_bits(v);
    m->perform(r);
  }

  T exchange(T v, order o, location_t at = location_t::current()) {
    return modify(op::exchange, detail::to_bits(v), o, at);
  }
  T fetch_add(T v, order o, location_t at = location_t::current()) { return arithmetic(op::fetch_add, v, o, at); }
  T fetch_sub(T v, order o, location_t at = location_t::current()) { return arithmetic(op::fetch_sub, v, o, at); }
  T fetch_or(T v, order o, location_t at = location_t::current()) { return arithmetic(op::fetch_or, v, o, at); }
  T fetch_and(T v, order o, location_t at = location_t::current()) { return arithmetic(op::fetch_and, v, o, at); }
  T fetch_xor(T v, order o, location_t at = location_t::current()) { return arithmetic(op::fetch_xor, v, o, at); }

  bool compare_exchange_weak(T& expected, T desired, order ok, order fail, location_t at = location_t::current()) {
    return compare_exchange(op::cas_weak, expected, desired, ok, fail, at);
  }
  bool compare_exchange_strong(T& expected, T desired, order ok, order fail, location_t at = location_t::current()) {
    return compare_exchange(op::cas_strong, expected, desired, ok, fail, at);
  }

 private:
  friend struct futex;

  machine* begin(const location_t& at) const {
    machine* const m = detail::inside();
    if (m == nullptr) return nullptr;
    detail::must_live(*m, object_, "an atomic", at);
    if (m->direct())
      settle(*m);
    else
      touch(*m, at);
    return m;
  }
  void settle(machine& m) const {
    if (!object_.located || object_.settled) return;
    object_.settled = true;
    const graph& g = m.events();
    value_ = detail::from_bits<T>(g.value_of(g.co_last(object_.loc)));
  }
  void touch(machine& m, const location_t& at) const {
    if (!object_.located) {
      object_.located = true;
      object_.loc = m.location_of(object_.creator, 2U * object_.serial);
      m.events().locations()[object_.loc].initial = detail::to_bits(value_);
    }
    const unsigned self = m.self();
    if (object_.creator != main_lane && object_.creator != self &&
        m.past().seen[object_.creator] <= static_cast<clock::count>(object_.created))
      detail::race(m, "uses an atomic", object_.creator, "'s construction of it", at);
    object_.touched[self] = static_cast<clock::count>(m.now_at());
  }

  request ask(kind what, op how, order o, const location_t& at) const {
    request r;
    r.what = what;
    r.how = how;
    r.success = r.failure = o;
    r.width = sizeof(T);
    r.loc = object_.loc;
    r.where = at;
    return r;
  }

  T arithmetic(op how, T v, order o, const location_t& at)
    requires std::is_integral_v<T>
  {
    return modify(how, detail::to_bits(v), o, at);
  }
  T modify(op how, std::uint64_t operand, order o, const location_t& at) {
    machine* const m = begin(at);
    request r = ask(kind::read, how, o, at);
    r.operand = operand;
    if (m == nullptr || m->direct()) {
      const T before = value_;
      value_ = detail::from_bits<T>(modified(r, detail::to_bits(before)) & mask_of(sizeof(T)));
      return before;
    }
    registers state;
    capture(&state);
    const ref e = m->perform_read(r, state);
    const std::uint64_t before = m->events().at(e).value;
    if (modified(r, before) != before) m->had_effect();
    return detail::from_bits<T>(before);
  }

  bool compare_exchange(op how, T& expected, T desired, order ok, order fail, const location_t& at) {
    machine* const m = begin(at);
    if (m == nullptr || m->direct()) {
      const bool equal = detail::to_bits(value_) == detail::to_bits(expected);
      (equal ? value_ : expected) = equal ? desired : value_;
      return equal;
    }
    request r = ask(kind::read, how, ok, at);
    r.failure = fail;
    r.operand = detail::to_bits(desired);
    r.expected = detail::to_bits(expected);
    registers state;
    capture(&state);
    const event& e = m->events().at(m->perform_read(r, state));
    if (e.exclusive) {
      if (r.operand != r.expected) m->had_effect();
      return true;
    }
    expected = detail::from_bits<T>(e.value);
    return false;
  }

  mutable T value_{};
  mutable detail::atomic_object object_;
};

}  // namespace sluice::explore
