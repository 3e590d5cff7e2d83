// SPDX-License-Identifier: BSL-1.0
#pragma once
// An execution graph in flat arrays: a lane of events per thread, the coherence order and the readers of each write as
// links between them. Events come and go at the end of `added`; only a restriction takes any out of its middle.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <kit/explore/event.hpp>

namespace sluice::explore {

struct location {
  ref first = nothing;  // in coherence order, the initial write left out
  ref last;             // the initial write if there is no other
  ref first_reader = nothing;
  std::uint64_t initial = 0;
};

class graph {
 public:
  event& at(ref e) { return lanes_[e.thread % lanes].events[e.index]; }
  const event& at(ref e) const { return lanes_[e.thread % lanes].events[e.index]; }
  unsigned size(unsigned thread) const { return lanes_[thread].size; }
  ref last_of(unsigned thread) const {
    return {static_cast<std::uint16_t>(thread), static_cast<std::uint16_t>(lanes_[thread].size - 1)};
  }
  const std::vector<ref>& added() const { return added_; }
  std::vector<location>& locations() { return locations_; }
  const std::vector<location>& locations() const { return locations_; }

  std::uint64_t value_of(ref w) const { return is_initial(w) ? locations_[w.index].initial : at(w).value; }
  ref reader_of(ref w) const { return is_initial(w) ? locations_[w.index].first_reader : at(w).first_reader; }
  ref co_next(ref w) const { return is_initial(w) ? locations_[w.index].first : at(w).co_next; }
  ref co_last(unsigned loc) const { return locations_[loc].last; }

  // The write that a read-modify-write put right after `w`, if any.
  ref exclusive_after(ref w) const {
    const ref next = co_next(w);
    return next != nothing && at(next).exclusive && at(read_of(next)).rf == w ? next : nothing;
  }
  ref read_of(ref exclusive_write) const {
    return {exclusive_write.thread, static_cast<std::uint16_t>(exclusive_write.index - at(exclusive_write).back)};
  }

  ref append(unsigned thread, const request& r) {
    lane& l = lanes_[thread];
    if (l.size == l.room) grow(l);
    event& e = l.events[l.size];
    static_cast<request&>(e) = r;
    e.exclusive = e.spurious = e.placed = e.alike = false;
    e.back = 0;
    e.stamp = static_cast<std::uint32_t>(added_.size());
    e.rf = e.co_prev = e.co_next = e.first_reader = e.next_reader = nothing;
    const ref name{static_cast<std::uint16_t>(thread), static_cast<std::uint16_t>(l.size++)};
    added_.push_back(name);
    return name;
  }

  void pop() {
    const ref e = added_.back();
    added_.pop_back();
    remove(e);
  }
  void truncate(std::size_t length) {
    while (added_.size() > length) pop();
  }

  void read_from(ref r, ref w) {
    event& e = at(r);
    if (e.rf != nothing) unlink_reader(r);
    e.rf = w;
    if (w == nothing) return;
    ref& head = reader_head(w);
    e.next_reader = head;
    head = r;
    e.value = value_of(w);
  }

  void place_after(ref w, ref before) {
    event& e = at(w);
    const ref next = co_next(before);
    e.co_prev = before;
    e.co_next = next;
    (is_initial(before) ? locations_[before.index].first : at(before).co_next) = w;
    (next == nothing ? locations_[e.loc].last : at(next).co_prev) = w;
    e.placed = true;
  }
  void displace(ref w) {
    event& e = at(w);
    (is_initial(e.co_prev) ? locations_[e.co_prev.index].first : at(e.co_prev).co_next) = e.co_next;
    (e.co_next == nothing ? locations_[e.loc].last : at(e.co_next).co_prev) = e.co_prev;
    e.placed = false;
  }

  void need_location(unsigned loc) {
    while (locations_.size() <= loc) {
      locations_.emplace_back();
      locations_.back().last = initial_write(static_cast<unsigned>(locations_.size() - 1));
    }
  }

  // Becomes a copy of `from` without the events for which `drop` answers true.
  template <class Drop>
  void copy_without(const graph& from, const Drop& drop) {
    for (unsigned t = 1; t < lanes; ++t) copy(lanes_[t], from.lanes_[t]);
    locations_ = from.locations_;
    added_ = from.added_;
    for (std::size_t i = added_.size(); i-- > 0;)
      if (drop(added_[i])) {
        remove(added_[i]);
        added_[i] = nothing;
      }
    added_.erase(std::remove(added_.begin(), added_.end(), nothing), added_.end());
    for (std::size_t i = 0; i < added_.size(); ++i) at(added_[i]).stamp = static_cast<std::uint32_t>(i);
  }

  void clear() {
    for (lane& l : lanes_) l.size = 0;
    added_.clear();
    locations_.clear();
  }

 private:
  struct lane {
    std::unique_ptr<event[]> events;
    unsigned size = 0;
    unsigned room = 0;
  };

  ref& reader_head(ref w) { return is_initial(w) ? locations_[w.index].first_reader : at(w).first_reader; }

  void unlink_reader(ref r) {
    event& e = at(r);
    ref* link = &reader_head(e.rf);
    while (*link != r) link = &at(*link).next_reader;
    *link = e.next_reader;
    e.rf = nothing;
  }

  void remove(ref e) {
    event& gone = at(e);
    if (gone.placed) displace(e);
    if (gone.rf != nothing) unlink_reader(e);
    lanes_[e.thread].size = e.index;
  }

  static void grow(lane& l) {
    const unsigned room = l.room == 0 ? 32 : 2 * l.room;
    auto events = std::make_unique<event[]>(room);
    std::copy(l.events.get(), l.events.get() + l.size, events.get());
    l.events = std::move(events);
    l.room = room;
  }
  static void copy(lane& to, const lane& from) {
    while (to.room < from.size) grow(to);
    std::copy(from.events.get(), from.events.get() + from.size, to.events.get());
    to.size = from.size;
  }

  lane lanes_[lanes];
  std::vector<ref> added_;
  std::vector<location> locations_;
};

}  // namespace sluice::explore
