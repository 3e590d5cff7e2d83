// SPDX-License-Identifier: BSL-1.0
#pragma once
// Single operations: found in the graph or added to it, then performed.
#include <limits>

#include <kit/explore/machine.hpp>
#include <kit/weaker_order.hpp>

namespace sluice::explore {

inline ref machine::perform(const request& asked) {
  request r = asked;
  if (!options_.changes.empty()) change_order(r);
  thread& me = *me_;
  me.stack.reached(__builtin_frame_address(0));
  const ref e{static_cast<std::uint16_t>(me.number), static_cast<std::uint16_t>(me.done)};
  if (by_steps()) {
    take_step(r);
    finish_operation();
    return e;
  }
  if (me.done < events().size(me.number))
    check_same(events().at(e), r);
  else if (me.done < options_.max_events)
    extend(r);
  else
    block(op::bound, 0);
  finish_operation();
  return e;
}

inline void machine::extend(const request& r) {
  if (search_.followed() != nullptr) prepare_to_follow(r);
  if (options_.on_site) options_.on_site(r);
  const bool is_possible = search_.extend(me_->number, r);
  if (search_.followed() != nullptr) check_followed(is_possible, r);
  if (search_.twins().is_contradicted()) fail_for_role(r);
}

inline void machine::fail_for_role(const request& r) {
  fail(violation::misuse,
       "the client's role() says that threads do the same, but two of them that had seen the same went on differently, "
       "one "
       "of them at " +
           std::string(r.where.file_name()) + ":" + std::to_string(r.where.line()) +
           "; give threads that differ in more than the values they move different roles");
}

// What the operation will read has to be there; past the end of the token, nothing is to be seen. But by steps it is chosen at a
// sleep's end how it ends: a token may be at its end before, and then that is a sleep which only others end.
inline void machine::prepare_to_follow(const request& r) {
  const guide& g = *search_.followed();
  ref e{static_cast<std::uint16_t>(me_->number), static_cast<std::uint16_t>(me_->done)};
  if (!g.covers(e) && r.how == op::futex_outcome) return;
  if (!g.covers(e) || g.of(e).what == 'b') block(op::prune, 0);
  if (const std::string why = g.contradiction(e, r); !why.empty()) fail(violation::not_a_token, why);
  for (unsigned n = r.how == op::futex_enter ? 2 : 1; n-- > 0; ++e.index)
    if (g.covers(e) && g.of(e).what == 'r' && g.of(e).from != nothing) demand(g.of(e).from);
}

inline void machine::check_followed(bool is_possible, const request& r) {
  if (!search_.astray().empty()) fail(violation::not_a_token, search_.astray());
  if (is_possible) return;
  const ref e{static_cast<std::uint16_t>(me_->number), static_cast<std::uint16_t>(me_->done)};
  fail(violation::not_a_token, guide::here(e) + "a read of what another read-modify-write has taken already, at line " +
                                   std::to_string(r.where.line()));
}

inline const order_change* machine::change_at(const std::source_location& where, op how) {
  for (const order_change& c : options_.changes)
    if (c.concerns(where, how)) return &c;
  return nullptr;
}
inline bool machine::leaves_out(const std::source_location& where, op how) {
  const order_change* const c = change_at(where, how);
  if (c == nullptr || !c->drop) return false;
  ++changed_;
  return true;
}
inline void machine::change_order(request& r) {
  if (r.what == kind::choice || detail::is_futex(r.how)) return;
  const order_change* const c = change_at(r.where, r.how);
  if (c == nullptr) return;
  const request written = r;
  r.success = c->success.value_or(r.success);
  r.failure = c->failure.value_or(r.failure);
  if (c->weak && r.how == op::cas_strong) r.how = op::cas_weak;
  if (kit::is_weaker(r.success, written.success) || kit::is_weaker(r.failure, written.failure) || r.how != written.how)
    ++changed_;
}

// Performs the events of the operation that begins here, each read after the write that it reads.
inline void machine::finish_operation() {
  thread& me = *me_;
  const auto number = static_cast<std::uint16_t>(me.number);
  for (bool more = true; more;) {
    const event& e = events().at({number, static_cast<std::uint16_t>(me.done)});
    more = (e.what == kind::read && (e.exclusive || e.how == op::futex_check)) || e.how == op::wake_pick;
    if (e.what == kind::write) more = false;
    if (e.what == kind::block) block(e.how, e.operand);
    if (e.what == kind::read && !is_initial(e.rf)) demand(e.rf);
    ++me.done;
  }
  if (me.target != no_target && me.done > me.target) leave();
}

inline void machine::check_same(const event& e, const request& r) {
  if (e.what == kind::block) block(e.how, e.operand);
  if (e.what == r.what && e.how == r.how && e.loc == r.loc && e.operand == r.operand && e.expected == r.expected)
    return;
  fail_to_repeat(r);
}

inline void machine::keep_value_of(const object& o) {
  object_record& r = record_of(o);
  threads_[o.creator].is_written_to = true;
  if (r.is_kept || r.extent == 0) return;
  r.is_kept = true;
  std::memcpy(&r.kept, reinterpret_cast<const std::byte*>(&o) - r.extent, r.extent);
}

inline std::uint64_t machine::choose(unsigned n, op how, std::source_location where, unsigned for_no_reason) {
  if (n < 2) return 0;
  request r;
  r.what = kind::choice;
  r.how = how;
  r.operand = n;
  r.expected = for_no_reason;
  r.where = where;
  had_effect();
  return events().at(perform(r)).value;
}

// Sleeps until a write takes `bit` out of the queue, which the thread has just entered. Returns that write.
inline ref machine::sleep(unsigned queue, std::uint64_t bit, bool may_end, unsigned stop_flag,
                          std::source_location where) {
  thread& me = *me_;
  request r;
  r.what = kind::read;
  r.how = op::futex_woken;
  r.loc = static_cast<std::uint16_t>(queue);
  r.where = where;
  me.enqueued = {static_cast<std::uint16_t>(me.number), static_cast<std::uint16_t>(me.done - 1)};
  while (events().at(me.enqueued).what != kind::write) --me.enqueued.index;  // past the choice of how it ends
  me.bit = bit;
  me.may_end = may_end;
  me.stop_flag = stop_flag;
  const guide* const way = search_.followed();
  const ref next{static_cast<std::uint16_t>(me.number), static_cast<std::uint16_t>(me.done)};
  if (way != nullptr && way->covers(next) && way->of(next).from != nothing) demand(way->of(next).from);
  while (me.done == events().size(me.number)) {
    const ref waker = wake_for(me);
    if (waker != nothing) {
      search_.extend_forced(me.number, r, waker);
      break;
    }
    me.is = state::asleep;
    leave_for_good();
    me.is = state::ready;
  }
  return perform(r);
}

inline void machine::let_woken_go_first() {
  if (me_->target != no_target) return;
  for (unsigned n = 1; n < me_->number; ++n)
    if (threads_[n].is == state::asleep && wake_for(threads_[n]) != nothing) return leave();
}

inline bool machine::spurious_wakes_left(const thread& t) {
  unsigned used = 0;
  for (unsigned i = 0; i < t.done; ++i) {
    const event& e = events().at({static_cast<std::uint16_t>(t.number), static_cast<std::uint16_t>(i)});
    used += is_spurious_wake(e) ? 1U : 0U;
  }
  return used < options_.spurious;
}

inline object_record& machine::new_record(object& o) {
  constexpr unsigned most = std::numeric_limits<std::uint16_t>::max();
  if (me_->serials == most)
    fail(violation::misuse, "one thread makes more than " + std::to_string(most) +
                                " atomics, vars and cells in one execution (a loop that makes objects?)");
  o.execution = execution();
  o.creator = static_cast<std::uint16_t>(self());
  o.serial = me_->serials++;
  std::vector<object_record>& mine = records_[o.creator];
  if (mine.size() <= o.serial) mine.resize(o.serial + 1U);
  object_record& r = mine[o.serial];
  r = {};
  r.at = &o;
  r.touched.fill(-1);
  r.created = r.written = now_at();
  r.writer = o.creator;
  had_effect();
  return r;
}

template <class F>
void machine::each_object_in(const void* from, std::size_t bytes, const F& f) {
  const auto* const begin = static_cast<const std::byte*>(from);
  for (unsigned t = 1; t < lanes; ++t)
    for (unsigned n = 0; n < threads_[t].serials; ++n) {
      object* const o = records_[t][n].at;
      const auto* const at = reinterpret_cast<const std::byte*>(o);
      if (at >= begin && at < begin + bytes && o->execution == execution()) f(*o);
    }
}

inline std::string machine::whereabouts() const {
  if (direct()) return detail::text("the client came to ", part());
  const std::string name = detail::text("T", me_->number - 1U);
  if (me_->done == 0) return name + " came to no operation yet";
  return name + " came to " +
         detail::place_name(
             events().at({static_cast<std::uint16_t>(me_->number), static_cast<std::uint16_t>(me_->done - 1)}).where);
}

inline std::uint16_t machine::location_of(std::uint16_t creator, std::uint32_t serial) {
  std::vector<std::uint16_t>& mine = location_numbers_[creator];
  if (mine.size() <= serial) mine.resize(serial + 1, 0);
  if (mine[serial] == 0) {
    if (location_count_ == std::numeric_limits<std::uint16_t>::max())
      fail(violation::misuse, "more than 65,535 atomics are used in one search");
    mine[serial] = static_cast<std::uint16_t>(++location_count_);
    search_.twins().located(location_count_ - 1, creator, serial);
    names_.push_back((creator == main_lane ? "#" : detail::text("T", creator - 1U) + "#") + std::to_string(serial / 2) +
                     (serial % 2 != 0 ? " sleepers" : ""));
  }
  const auto loc = static_cast<std::uint16_t>(mine[serial] - 1);
  events().need_location(loc);
  return loc;
}

}  // namespace sluice::explore
