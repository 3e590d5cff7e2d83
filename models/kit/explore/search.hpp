// SPDX-License-Identifier: BSL-1.0
#pragma once
// The search: which alternatives each event has, and depth-first backtracking over them (TruSt, algorithm 1). Extending
// a graph takes the maximal alternative at once and leaves the others as work; a revisit works on a restricted copy.
// What is held is the chain of copies and the work left on it: polynomial in the length of the program.
//
// So the executions form a tree: below each are the alternatives that it left. At a certain level its subtrees can be
// given out to several searches, each of which goes through the few executions above that level too.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <kit/explore/alternative.hpp>
#include <kit/explore/builder.hpp>
#include <kit/explore/coherence.hpp>
#include <kit/explore/consistency.hpp>
#include <kit/explore/follower.hpp>
#include <kit/explore/revisit.hpp>
#include <kit/explore/symmetry.hpp>

namespace sluice::explore {

class search : public graph_builder<search> {
 public:
  explicit search(model m, unsigned spurious_bound) : graph_builder(m, spurious_bound) { reset(); }

  graph& current() { return *frames_[depth_].events; }
  const graph& current() const { return *frames_[depth_].events; }
  // From now on no alternatives: every event is as the guide says.
  void follow(const guide& g) {
    way_.follow(g);
    symmetry_.declare({});
  }
  const guide* followed() const { return way_.followed(); }
  const std::string& astray() const { return way_.astray(); }
  explore::symmetry& twins() { return symmetry_; }

  void reset() {
    work_.clear();
    depth_ = 0;
    level_ = 0;
    if (frames_.empty()) frames_.push_back({std::make_unique<graph>(), nothing, 0});
    current().clear();
  }

  // Adds the events of one operation of `thread`, each in its maximal way. False: it contradicts what is there, which
  // cannot happen where the graph was consistent and its last operations complete.
  bool extend(unsigned thread, const request& r) {
    const ref e = current().append(thread, r);
    switch (r.what) {
      case kind::read: add_read(e); break;
      case kind::write: add_write(e); break;
      case kind::choice: add_choice(e); break;
      default:
        time_fence(current(), e, model_);
        timed(e);
        break;
    }
    return complete(thread);
  }
  // Adds a read that has but one write to read from.
  void extend_forced(unsigned thread, const request& r, ref from) {
    const ref e = current().append(thread, r);
    seat(e, from, false);
  }

  // Goes to the next alternative that is left; false when there is none. True: the program has to run again.
  bool backtrack() {
    for (;;) {
      while (work_.size() == frames_[depth_].work_below) {
        if (depth_ == 0) return false;
        --depth_;
      }
      const alternative next = work_.back();
      work_.pop_back();
      level_ = next.level;
      if (takes_ && level_ == shared_level && !takes_(number_++)) continue;
      if (take(next)) return true;
    }
  }

  // Explores only those subtrees whose number `takes` says yes to. Searches that ask the same of each number go through
  // the same tree, so that of any number exactly one of them should say yes.
  void share(std::function<bool(std::uint64_t)> takes) { takes_ = std::move(takes); }
  // Is the execution that has just been run for this search to count, and not for another one that shares the tree?
  bool counts() { return !takes_ || level_ >= shared_level || takes_(number_++); }

  // Calls f(where, copy) for each alternative that the last execution left, and forgets them. `where` is greater than
  // that of whatever led to it; copy(to) makes `to` what go_to() understands at any later time.
  template <class F>
  void give_alternatives(const F& f) {
    for (const alternative& a : work_)
      f(a.stratum(), [&](kept_alternative& to) {
        to.next = a;
        to.revisited = frames_[depth_].revisited;
        to.events.copy_without(current(), [&](ref e) { return current().at(e).stamp >= a.length; });
      });
    work_.clear();
  }
  // As backtrack(), to that one. False: it contradicts what is there; it may have left alternatives all the same.
  bool go_to(const kept_alternative& a) {
    work_.clear();
    depth_ = 0;
    frames_[0].work_below = 0;
    frames_[0].revisited = a.revisited;
    current().copy_without(a.events, [](ref) { return false; });
    level_ = a.next.level;
    return take(a.next);
  }

 private:
  friend class graph_builder<search>;
  struct frame {
    std::unique_ptr<graph> events;
    ref revisited;
    std::size_t work_below;
  };

  void leave_for_later(step what, ref target, std::uint64_t value = 0) {
    if (followed() != nullptr) return;
    work_.push_back({what, static_cast<std::uint32_t>(current().added().size()), level_ + 1, target, value});
  }

  void add_read(ref r) {
    graph& g = current();
    g.need_location(g.at(r).loc);
    const ref last = g.co_last(g.at(r).loc);
    const clock past = past_of_read(g, r);
    const ref floor = coherence_floor(g, g.at(r).loc, past);
    for (ref w = last;; w = g.at(w).co_prev) {
      if (may_fail_spuriously(r, w) && !symmetry_.is_too_early(g, r, w, true)) leave_for_later(step::spurious, w);
      if (w != last && !loses_for_good(r, w) && !symmetry_.is_too_early(g, r, w)) leave_for_later(step::read_from, w);
      if (w == floor) break;
    }
    if (followed() == nullptr) return seat(r, last, false);
    const ref from = way_.source(g, r, floor);
    seat(r, from, way_.fails_spuriously(r));
    way_.check_seated(g.at(r), r, consistent(r, r));
  }
  // Would read where a read-modify-write of its own past already has?
  bool loses_for_good(ref r, ref w) const {
    const graph& g = current();
    const ref rival = g.exclusive_after(w);
    if (rival == nothing || !writes(g.at(r), g.value_of(w), false)) return false;
    const bool by_program = r.index > 0 && g.at({r.thread, static_cast<std::uint16_t>(r.index - 1)}).porf.knows(rival);
    return by_program || (!is_initial(w) && g.at(w).porf.knows(rival));
  }

  void add_write(ref w) {
    graph& g = current();
    const unsigned loc = g.at(w).loc;
    g.need_location(loc);
    g.at(w).value = g.at(w).operand;
    time_write(g, w, model_);
    timed(w);
    find_revisits(w);
    const ref last = g.co_last(loc);
    const ref floor = coherence_floor(g, loc, g.at(w).hb);
    const ref lowest = symmetry_.lowest_place(g, w);
    for (ref before = last; before != floor && before != lowest; before = g.at(before).co_prev) {
      const ref above = g.at(before).co_prev;
      if (g.exclusive_after(above) == nothing) leave_for_later(step::place, above);
    }
    g.place_after(w, followed() == nullptr ? last : way_.place(g, w, floor));
    if (followed() != nullptr && !consistent(w, w)) way_.stray(w, "a write that the memory model forbids");
  }

  void find_revisits(ref w) {
    const graph& g = current();
    const unsigned loc = g.at(w).loc;
    for (ref from = g.co_last(loc);; from = g.at(from).co_prev) {
      for (ref r = g.reader_of(from); r != nothing; r = g.at(r).next_reader) {
        if (g.at(w).porf.knows(r) || g.at(r).how == op::futex_woken) continue;
        const revisit back(g, w, r);
        if (back.is_from_maximal_extension() && back.has_room()) leave_for_later(step::revisit, r);
      }
      if (is_initial(from)) return;
    }
  }

  void add_choice(ref c) {
    event& e = current().at(c);
    e.value = followed() == nullptr ? 0 : way_.choice(current(), c);
    time_fence(current(), c, model_);
    timed(c);
    for (std::uint64_t v = symmetry_.highest_choice(current(), c, e.operand - 1); v > 0; --v)
      leave_for_later(step::choose, nothing, v);
  }

  void timed(ref e) { symmetry_.relate(current(), e); }
  void written(ref w) {
    if (followed() != nullptr) way_.is_guided(w, 'w');
    find_revisits(w);
  }
  // It may yet be able to write once its check reads otherwise: others have to go on without it.
  void enter_cannot_write(ref check) { leave_for_later(step::go_on, check); }

  bool take(const alternative& next) {
    graph& g = current();
    g.truncate(next.length);
    const ref e = g.added().back();
    switch (next.what) {
      case step::read_from:
      case step::spurious: seat(e, next.target, next.what == step::spurious); break;
      case step::choose:
        g.at(e).value = next.value;
        timed(e);
        break;
      case step::go_on: return extend(next.target.thread, {.how = op::prune});
      case step::place: move(e, next.target); break;
      case step::revisit: return start_revisit(e, next.target);
      case step::place_revisitor:
        move(e, next.target);
        seat(frames_[depth_].revisited, e, next.value != 0);
        return consistent(e, frames_[depth_].revisited) && complete(frames_[depth_].revisited.thread);
    }
    return (next.what == step::choose || consistent(e, e)) && complete(e.thread);
  }
  void move(ref w, ref before) {
    current().displace(w);
    current().place_after(w, before);
  }

  bool start_revisit(ref w, ref r) {
    const graph& from = current();
    const revisit back(from, w, r);
    if (++depth_ == frames_.size()) frames_.push_back({std::make_unique<graph>(), nothing, 0});
    frames_[depth_].revisited = r;
    frames_[depth_].work_below = work_.size();
    graph& g = current();
    g.copy_without(from, [&](ref e) { return back.deletes(e); });
    if (g.at(w).placed) g.displace(w);
    g.read_from(r, nothing);
    return g.at(w).exclusive ? revisit_by_exclusive(w, r) : revisit_by_store(w, r);
  }
  bool revisit_by_exclusive(ref w, ref r) {
    graph& g = current();
    const ref before = g.at(g.read_of(w)).rf;
    const ref floor = coherence_floor(g, g.at(w).loc, past_of_read(g, r));
    for (ref x = before; x != floor; x = g.at(x).co_prev)
      if (is_initial(x)) return false;  // r knows of a write that comes after the only place that w has
    g.place_after(w, before);
    seat(r, w, false);
    if (may_fail_spuriously(r, w) && !symmetry_.is_too_early(g, r, w, true))
      leave_for_later(step::place_revisitor, before, 1);
    return !symmetry_.is_too_early(g, r, w) && consistent(w, r) && complete(r.thread);
  }
  bool revisit_by_store(ref w, ref r) {
    graph& g = current();
    const unsigned loc = g.at(w).loc;
    clock past = past_of_read(g, r);
    past.join(g.at(w).hb);
    const ref floor = coherence_floor(g, loc, past);
    const ref last = g.co_last(loc);
    g.place_after(w, last);
    seat(r, w, false);
    const bool may_fail = may_fail_spuriously(r, w);
    if (may_fail) leave_for_later(step::place_revisitor, last, 1);
    const ref lowest = symmetry_.lowest_place(g, w);
    const ref source = symmetry_.lowest_source(g, r, w);
    for (ref before = last; before != floor && before != lowest && before != source; before = g.at(before).co_prev) {
      const ref above = g.at(before).co_prev;
      if (g.exclusive_after(above) != nothing) continue;
      leave_for_later(step::place_revisitor, above);
      if (may_fail) leave_for_later(step::place_revisitor, above, 1);
    }
    return complete(r.thread);
  }

  // Is the graph consistent now that e and f, after which nothing happens, got new edges? Coherence is seen to already.
  bool consistent(ref e, ref f) {
    return consistency_.holds(current(), e, model_) &&
           (f == e || !by_orders(model_) || consistency_.holds(current(), f, model_));
  }

  // Below it lie enough subtrees for hundreds of searches, and above it few executions: the earliest alternative of an
  // execution has about half of its subtree, so that the largest share is about a thirtieth.
  static constexpr std::uint32_t shared_level = 5;

  follower way_;
  std::uint32_t level_ = 0;
  std::function<bool(std::uint64_t)> takes_;
  std::uint64_t number_ = 0;
  std::vector<frame> frames_;
  std::vector<alternative> work_;
  std::size_t depth_ = 0;
  consistency consistency_;
  explore::symmetry symmetry_;
};

}  // namespace sluice::explore
