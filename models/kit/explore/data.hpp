// SPDX-License-Identifier: BSL-1.0
#pragma once
// Plain shared data: the value lives in ordinary memory, every access is checked for races by happens-before.
#include <cstddef>
#include <new>
#include <utility>

#include <kit/explore/atomic.hpp>
#include <kit/explore/text.hpp>

namespace sluice::explore {

namespace detail {

// The record of a live object while threads run; null when there is nothing to check.
inline object_record* checked(const object& o, const location_t& at) {
  machine* const m = inside();
  if (m == nullptr) return nullptr;
  must_live(*m, o, "plain data", at);
  return m->direct() ? nullptr : &m->record_of(o);
}

[[gnu::noinline]] inline void check_read(const object& o, const location_t at) {
  object_record* const r = checked(o, at);
  if (r == nullptr) return;
  machine& m = *machine::active();
  const unsigned self = m.self();
  if (!r->last_write_known_to(m.past(), self))
    race(m, "reads", r->writer, text("'s write at ", place_name(r->write_at)), at);
  r->touched[self] = static_cast<clock::count>(m.now_at());
  r->read_at = at;
}

[[gnu::noinline]] inline void check_write(const object& o, const location_t at) {
  object_record* const r = checked(o, at);
  if (r == nullptr) return;
  machine& m = *machine::active();
  const unsigned self = m.self();
  const clock past = m.past();
  if (!r->last_write_known_to(past, self))
    race(m, "writes", r->writer, text("'s write at ", place_name(r->write_at)), at);
  const int other = r->not_known_to(past, self, o.creator);
  if (other >= 0) race(m, "writes", other, text("'s use at ", place_name(r->read_at)), at);
  r->writer = static_cast<std::uint16_t>(self);
  r->written = m.now_at();
  r->write_at = at;
  r->touched[self] = static_cast<clock::count>(m.now_at());
  m.had_effect();
}

}  // namespace detail

template <class T>
class var {
 public:
  var() { detail::made(object_); }
  var(T v) : value_(std::move(v)) { detail::made(object_); }
  var(const var&) = delete;
  var& operator=(const var&) = delete;
  ~var() { detail::unmade(object_); }

  T load(location_t at = location_t::current()) const {
    detail::check_read(object_, at);
    return value_;
  }
  void store(T v, location_t at = location_t::current()) {
    detail::check_write(object_, at);
    value_ = std::move(v);
  }

 private:
  T value_{};
  object object_;
};

template <class T>
class cell {
 public:
  cell() { detail::made(object_); }
  cell(const cell&) = delete;
  cell& operator=(const cell&) = delete;
  ~cell() { detail::unmade(object_); }

  T* storage(location_t at = location_t::current()) {
    detail::check_write(object_, at);
    return reinterpret_cast<T*>(raw_);
  }
  T& value(location_t at = location_t::current()) {
    detail::check_write(object_, at);
    return *std::launder(reinterpret_cast<T*>(raw_));
  }

 private:
  alignas(T) std::byte raw_[sizeof(T)];
  object object_;
};

// The checked allocator. Use after free is seen where the memory held an atomic, a var or a cell.
template <class T>
struct allocator {
  using value_type = T;
  allocator() = default;
  template <class U>
  allocator(const allocator<U>&) noexcept {}

  T* allocate(std::size_t n) {
    machine* const m = detail::inside();
    if (m == nullptr) return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(alignof(T))));
    if (!m->direct()) m->had_effect();
    return static_cast<T*>(m->memory().allocate(m->self(), n * sizeof(T), alignof(T)));
  }
  void deallocate(T* p, std::size_t) noexcept {
    machine* const m = detail::inside();
    if (m == nullptr) return ::operator delete(p, std::align_val_t(alignof(T)));
    if (!m->direct()) m->had_effect();
    if (!m->memory().deallocate(p)) m->fail(violation::double_free, "frees what is not allocated (any more)");
  }
  template <class U>
  bool operator==(const allocator<U>&) const noexcept {
    return true;
  }
};

}  // namespace sluice::explore
