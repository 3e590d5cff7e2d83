// SPDX-License-Identifier: BSL-1.0
#pragma once
// Threads that do the same: of the executions that differ only in which of them did what, one is explored. (Symmetry in
// stateless model checking: Kokologiannakis, Marmanis, Vafeiadis, "Spore", PLDI 2024.)
//
// Two threads of one role that stand next to each other in number are twins. As long as they have seen the same, what
// the later twin does next is what the earlier one did there, its counterpart. Two rules follow:
//
//   1  The counterpart comes first: it counts as part of the prefix of what the later twin does. Any execution can be
//      put into an order, and be renumbered as that order goes, so that this holds; so nothing is lost. What would
//      need it otherwise, a revisit of the counterpart by a write that depends on the later twin, is not made.
//   2  Where they part, the later twin has read, or has written, what is later in coherence order; or it has chosen the
//      lower number. An exception: what the earlier one's counterpart has to come before for another reason, where an
//      exchange of the two would break rule 1. An exchange of two twins that are in the wrong order puts these two
//      right and disturbs no others, so that every execution can be brought into the order that is asked for.
//
// What is added in its ordinary way (the last write, the end of the coherence order, the number 0) obeys both rules,
// which is why the graphs that backward revisits start from are never missing.
#include <array>
#include <cstdint>
#include <vector>

#include <kit/explore/graph.hpp>

namespace sluice::explore {

class symmetry {
 public:
  using twins = std::array<std::uint8_t, lanes>;

  // earlier[t]: the earlier twin of thread t, or 0.
  void declare(const twins& earlier) {
    earlier_ = earlier;
    in_use_ = false;
    for (const unsigned t : earlier_) in_use_ = in_use_ || t != 0;
  }
  bool in_use() const { return in_use_; }
  // Was something seen that threads which do the same do not do?
  bool is_contradicted() const { return contradicted_; }

  // An atomic that is the client's `serial`-th, or that of the thread that made it.
  void located(unsigned loc, std::uint16_t creator, std::uint32_t serial) {
    if (origins_.size() <= loc) origins_.resize(loc + 1U);
    origins_[loc] = {creator, serial};
  }

  // To be called once the clocks of e are set.
  void relate(graph& g, ref e) {
    if (!in_use_) return;
    event& mine = g.at(e);
    mine.alike = false;
    const ref c = counterpart(g, e);
    if (c == nothing) return;
    const event& its = g.at(c);
    if (!same_operation(mine, its)) {
      contradicted_ = true;
      return;
    }
    mine.porf.join(g.at(end_of_operation(g, c)).porf);
    mine.alike = same_outcome(e, mine, c, its);
  }

  // Would an execution in which r reads from w be explored with the twins exchanged?
  // (Of two that read from one write and of which one fails for no reason, that is the earlier one.)
  bool is_too_early(const graph& g, ref r, ref w, bool spurious = false) const {
    const ref c = rival_read(g, r);
    if (c == nothing) return false;
    const event& its = g.at(c);
    if (w == its.rf) return its.exclusive && (spurious || writes(g.at(r), g.value_of(w), false));
    return precedes(g, w, its.rf) && !depends(g, w, c);
  }
  // The write that w may not stand before.
  ref lowest_place(const graph& g, ref w) const {
    const ref c = in_use_ ? counterpart(g, w) : nothing;
    return c != nothing && g.at(c).what == kind::write && g.at(c).loc == g.at(w).loc ? c : nothing;
  }
  // The write that w may not stand before if r reads from it.
  ref lowest_source(const graph& g, ref r, ref w) const {
    const ref c = rival_read(g, r);
    return c == nothing || depends(g, w, c) ? nothing : g.at(c).rf;
  }
  // The highest number that may be chosen below `most`.
  std::uint64_t highest_choice(const graph& g, ref e, std::uint64_t most) const {
    const ref c = in_use_ ? counterpart(g, e) : nothing;
    if (c == nothing || g.at(c).what != kind::choice || g.at(c).how == op::wake_pick) return most;
    return g.at(c).value;
  }

 private:
  struct origin {
    std::uint16_t creator = 0;
    std::uint32_t serial = 0;
  };

  // What the earlier twin did where e's thread does e, if both had seen the same.
  ref counterpart(const graph& g, ref e) const {
    const std::uint16_t twin = earlier_[e.thread];
    if (twin == 0 || g.size(twin) <= e.index) return nothing;
    if (e.index > 0 && !g.at({e.thread, static_cast<std::uint16_t>(e.index - 1)}).alike) return nothing;
    const ref c{twin, e.index};
    return g.at(c).what == kind::block || g.at(e).what == kind::block ? nothing : c;
  }
  ref rival_read(const graph& g, ref r) const {
    const ref c = in_use_ ? counterpart(g, r) : nothing;
    return c != nothing && g.at(c).what == kind::read && g.at(c).loc == g.at(r).loc ? c : nothing;
  }

  static bool same_operation(const event& a, const event& b) {
    return a.what == b.what && a.how == b.how && a.success == b.success && a.failure == b.failure &&
           a.where.line() == b.where.line() && a.where.column() == b.where.column();
  }
  // Of the operation that c is part of the last event, be it that the thread goes no further: a restriction of the graph keeps
  // all of an operation or nothing.
  static ref end_of_operation(const graph& g, ref c) {
    while (goes_on(g.at(c)) && c.index + 1U < g.size(c.thread)) ++c.index;
    return c;
  }
  static bool goes_on(const event& e) {
    return (e.what == kind::read && (e.exclusive || e.how == op::futex_check)) || e.how == op::wake_pick;
  }

  bool same_outcome(ref e, const event& mine, ref c, const event& its) const {
    const bool own = is_own(mine.loc, e.thread) && is_own(its.loc, c.thread) &&
                     origins_[mine.loc].serial == origins_[its.loc].serial;
    switch (mine.what) {
      case kind::read: {
        if (mine.spurious != its.spurious || mine.exclusive != its.exclusive) return false;
        if (mine.loc == its.loc) return mine.rf == its.rf;
        if (!own) return false;
        return (is_initial(mine.rf) && is_initial(its.rf)) ||
               (mine.rf.thread == e.thread && its.rf.thread == c.thread && mine.rf.index == its.rf.index);
      }
      case kind::write: return own;  // of one location, one stands before the other
      case kind::choice: return mine.operand == its.operand && mine.value == its.value;
      default: return true;
    }
  }
  bool is_own(unsigned loc, unsigned thread) const { return loc < origins_.size() && origins_[loc].creator == thread; }

  static bool precedes(const graph& g, ref w, ref later) {
    for (ref next = g.co_next(w); next != nothing; next = g.at(next).co_next)
      if (next == later) return true;
    return false;
  }
  static bool depends(const graph& g, ref w, ref on) { return !is_initial(w) && g.at(w).porf.knows(on); }

  twins earlier_{};
  bool in_use_ = false;
  bool contradicted_ = false;
  std::vector<origin> origins_;
};

}  // namespace sluice::explore
