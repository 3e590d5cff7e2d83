// SPDX-License-Identifier: BSL-1.0
#pragma once
// Plain shared data: the value lives in ordinary memory, every access is checked for races by happens-before.
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include <kit/explore/atomic.hpp>
#include <kit/explore/text.hpp>
#include <kit/token.hpp>

namespace sluice::explore {

namespace detail {

// The record of a live object; null outside a checked client.
inline object_record* checked(const object& o, const location_t& at) {
  machine* const m = inside();
  if (m == nullptr) return from_outside(o, "plain data", at), nullptr;
  must_live(*m, o, "plain data", at);
  return &m->record_of(o);
}

[[gnu::noinline]] inline void check_read(const object& o, const location_t at) {
  const leaves_nothing_below at_end;
  object_record* const r = checked(o, at);
  if (r == nullptr) return;
  machine& m = *machine::active();
  if (r->blank) unwritten(m, "plain data", at);
  if (m.direct()) return;
  const unsigned self = m.self();
  if (!r->last_write_known_to(m.past(), self))
    race(m, "reads", r->writer, r->written, text("'s write at ", place_name(r->write_at)), at);
  r->touched[self] = static_cast<clock::count>(m.now_at());
  r->read_at = at;
}

[[gnu::noinline]] inline void check_write(const object& o, const location_t at) {
  const leaves_nothing_below at_end;
  object_record* const r = checked(o, at);
  if (r == nullptr) return;
  machine& m = *machine::active();
  r->blank = false;
  if (m.direct()) return;
  const unsigned self = m.self();
  const clock past = m.past();
  if (!r->last_write_known_to(past, self))
    race(m, "writes", r->writer, r->written, text("'s write at ", place_name(r->write_at)), at);
  const int other = r->not_known_to(past, self, o.creator);
  if (other >= 0)
    race(m, "writes", other, r->touched[static_cast<unsigned>(other)], text("'s use at ", place_name(r->read_at)), at);
  r->writer = static_cast<std::uint16_t>(self);
  r->written = m.now_at();
  r->write_at = at;
  if (self != o.creator) m.keep_value_of(o);
  r->touched[self] = static_cast<clock::count>(m.now_at());
  m.had_effect();
}

// A write to what must have been written before.
[[gnu::noinline]] inline void check_update(const object& o, const location_t at) {
  const leaves_nothing_below at_end;
  const object_record* const r = checked(o, at);
  if (r != nullptr && r->blank) unwritten(*machine::active(), "a cell", at);
  check_write(o, at);
}

}  // namespace detail

template <class T>
class var {
 public:
  var() { detail::made(object_, true, extent()); }
  var(T v) : value_(std::move(v)) { detail::made(object_, false, extent()); }
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
  std::size_t extent() const {
    return static_cast<std::size_t>(reinterpret_cast<const std::byte*>(&object_) -
                                    reinterpret_cast<const std::byte*>(&value_));
  }

  T value_{};
  object object_;
};

template <class T>
class cell {
 public:
  cell() { detail::made(object_, true); }
  cell(const cell&) = delete;
  cell& operator=(const cell&) = delete;
  ~cell() { detail::unmade(object_); }

  T* storage(location_t at = location_t::current()) {
    detail::check_write(object_, at);
    return reinterpret_cast<T*>(raw_);
  }
  T& value(location_t at = location_t::current()) {
    detail::check_update(object_, at);
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
    const leaves_nothing_below at_end;
    if (n > SIZE_MAX / sizeof(T)) throw std::bad_array_new_length();
    machine* const m = detail::inside();
    if (m == nullptr) return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t(alignof(T))));
    if (!m->direct()) m->had_effect();
    void* const p = m->memory().allocate(m->self(), n * sizeof(T), alignof(T));
    if (p == nullptr)
      m->fail(violation::misuse, "allocates " + std::to_string(n * sizeof(T)) + " bytes more, and over " +
                                     std::to_string(heap::arena_size >> 20) +
                                     " MiB in one execution (a loop that "
                                     "allocates? Nothing is given out twice, freed or not)");
    return static_cast<T*>(p);
  }
  void deallocate(T* p, std::size_t) noexcept {
    const leaves_nothing_below at_end;
    machine* const m = detail::inside();
    if (m == nullptr) return ::operator delete(p, std::align_val_t(alignof(T)));
    if (!m->direct()) m->had_effect();
    const std::size_t bytes = m->memory().size_of(p);
    if (bytes == 0) m->fail(violation::double_free, "frees what is not allocated (any more)");
    // What the program did not destroy goes with its memory: a use that nothing orders before is a race all the same.
    m->each_object_in(p, bytes, [](object& o) { detail::unmade(o); });
    m->memory().deallocate(p);
  }
  template <class U>
  bool operator==(const allocator<U>&) const noexcept {
    return true;
  }
};

namespace detail {

// Tokens that are lost or destroyed twice show, and they have the same addresses in executions that go alike, which the
// search by states needs.
inline const bool tokens_on_the_checked_heap = [] {
  kit::token_heap::make = [](int id) { return ::new (allocator<int>().allocate(1)) int(id); };
  kit::token_heap::end = [](int* block) { allocator<int>().deallocate(block, 1); };
  return true;
}();

}  // namespace detail

}  // namespace sluice::explore
