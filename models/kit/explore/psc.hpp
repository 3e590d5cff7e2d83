// SPDX-License-Identifier: BSL-1.0
#pragma once
// RC11's condition on seq_cst: psc = psc_base u psc_F is acyclic, where
//
//   scb      = sb u sb|!=loc ; hb ; sb|!=loc u hb|loc u mo u rb
//   psc_base = ([E_sc] u [F_sc] ; hb?) ; scb ; ([E_sc] u hb? ; [F_sc])
//   psc_F    = [F_sc] ; (hb u hb ; eco ; hb) ; [F_sc]
//
// A light fence (P1202) takes part like a seq_cst fence, but only against heavy ones: of the edges that it would have,
// those from heavy fences and to heavy fences count. A seq_cst fence is not a heavy one, for it reaches no other thread;
// a heavy one does all that a seq_cst fence does.
//
// The graph was acyclic before its last event, e, got the edges it has now. Nothing happens after e, so whatever new
// edges there are lead out of e, or out of fences before e, along mo or rb (or eco) into what is coherence-later than e.
// The question is whether a way leads from there back. Where a way reaches a node it reaches all later nodes of that
// node's thread, by sb; so a set of reached nodes is one index per thread, and sets are joined by taking minima. It reaches
// no light fence in this manner, nor anything from one. But a heavy fence that reaches a light one reaches all later light
// ones of that thread, by hb; so these have an index of their own.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <kit/explore/psc_frontier.hpp>

namespace sluice::explore {

class psc_check {
 public:
  // May new edges of e, after which nothing happens, close a cycle? Only if they leave from e itself or from a fence.
  static bool concerns(const graph& g, ref e) {
    const event& x = g.at(e);
    if (x.actual == order::seq_cst) return true;
    for (const ref f : g.added())
      if (is_node(g.at(f)) && g.at(f).what == kind::fence && x.hb.knows(f)) return true;
    return false;
  }

  // Something but the edges of e has changed since acyclic_after was called.
  void forget() { collected_ = false; }

  bool acyclic_after(const graph& g, ref e) {
    const event& x = g.at(e);
    if (!collected_ || with_last_ != is_node(x)) collect(g);
    with_last_ = is_node(x);
    if (x.what == kind::write) known_[x.loc] = false;  // what is gathered of it says where e stands
    const later& next = after(x.what == kind::write ? e : x.rf, x.loc);
    if (x.actual == order::seq_cst && leads_to(next.writes, [e](const frontier& f) { return f.holds(e); }))
      return false;
    for (const op how : {op::fence, op::fence_heavy, op::fence_light}) {
      if (!find_fences_before(e, how)) continue;
      frontier start;
      add_ends(start, next, x.what == kind::write, how);
      if (leads_to(start, [this](const frontier& f) { return holds_goal(f); })) return false;
    }
    return true;
  }

 protected:
  static constexpr unsigned rows = psc_rows;
  using frontier = psc_frontier;
  // What is reached from a place in coherence order.
  struct ends_of_fence {
    frontier writes;  // by mo and rb: later writes, and fences after them
    frontier all;  // by eco: fences after later writes or after reads of these
    frontier all_and_own_readers;  // or after reads of the write that stands there
  };
  struct later {
    frontier writes;  // for a seq_cst access that stands there
    ends_of_fence
        fences[2];  // for a fence before whatever stands there, light ones for a heavy one; [1]: for a light one
  };

  static bool is_node(const event& e) {
    return e.actual == order::seq_cst && (e.what == kind::read || e.what == kind::write || e.what == kind::fence);
  }
  static bool is_fence(const event& e) { return e.what == kind::fence; }
  static bool is_light(const event& e) { return e.how == op::fence_light; }
  static bool is_heavy(const event& e) { return e.how == op::fence_heavy; }
  static bool is_access(const event& e) { return e.what == kind::read || e.what == kind::write; }

  void collect(const graph& g) {
    graph_ = &g;
    collected_ = true;
    threads_.clear();
    rows_.clear();
    for (unsigned t = 1; t < lanes; ++t) {
      if (g.size(t) != 0) threads_.push_back(t);
      nodes_[t].clear();
      nodes_[lanes + t].clear();
      fences_[t].clear();
      heavy_[t].clear();
      for (unsigned index = 0; index < graph_->size(t); ++index) {
        const auto i = static_cast<std::uint16_t>(index);
        const event& e = graph_->at({static_cast<std::uint16_t>(t), i});
        if (!is_node(e)) continue;
        nodes_[is_light(e) ? lanes + t : t].push_back(i);
        if (is_fence(e) && !is_light(e)) fences_[t].push_back(i);
        if (is_heavy(e)) heavy_[t].push_back(i);
      }
    }
    for (unsigned row = 1; row < rows; ++row)
      if (!nodes_[row].empty()) rows_.push_back(row);
    known_.assign(graph_->locations().size(), false);
    if (of_write_.size() < graph_->added().size()) of_write_.resize(2 * graph_->added().size());
    if (of_initial_.size() < known_.size()) of_initial_.resize(known_.size());
  }

  bool hb(ref a, ref b) const { return a != b && graph_->at(b).hb.knows(a); }
  bool hb_or_same(ref a, ref b) const { return graph_->at(b).hb.knows(a); }
  ref name(unsigned t, unsigned i) const { return {static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(i)}; }

  // --- coherence ---
  const later& after(ref w, unsigned loc) {
    if (!known_[loc]) gather(loc);
    known_[loc] = true;
    return at(w);
  }
  later& at(ref w) { return is_initial(w) ? of_initial_[w.index] : of_write_[graph_->at(w).stamp]; }

  // From the youngest write of a location down.
  void gather(unsigned loc) {
    later sum;
    for (ref w = graph_->co_last(loc);; w = graph_->at(w).co_prev) {
      frontier after_readers[2];
      for (ref r = graph_->reader_of(w); r != nothing; r = graph_->at(r).next_reader)
        add_fences_after(r, after_readers);
      for (std::size_t k = 0; k < 2; ++k) {
        sum.fences[k].all_and_own_readers = sum.fences[k].all;
        sum.fences[k].all_and_own_readers.join(after_readers[k]);
      }
      at(w) = sum;
      if (is_initial(w)) return;
      frontier after_write[2];
      add_fences_after(w, after_write);
      frontier itself;
      if (graph_->at(w).actual == order::seq_cst) itself.add(w.thread, w.index);
      sum.writes.join(itself);
      sum.writes.join(after_write[0], false);
      sum.fences[0].writes.join(itself);
      for (std::size_t k = 0; k < 2; ++k) {
        sum.fences[k].writes.join(after_write[k]);
        sum.fences[k].all.join(after_write[k]);
        sum.fences[k].all.join(after_readers[k]);
      }
    }
  }
  // [0]: the first fences after y; [1]: the first heavy ones.
  void add_fences_after(ref y, frontier (&to)[2]) const {
    for (const unsigned t : threads_) {
      add_first_after(y, fences_[t], t, to[0]);
      add_first_after(y, nodes_[lanes + t], lanes + t, to[0]);
      add_first_after(y, heavy_[t], t, to[1]);
    }
  }
  void add_first_after(ref y, const std::vector<std::uint16_t>& fences, unsigned row, frontier& to) const {
    for (const std::uint16_t i : fences)
      if (hb(y, name(row % lanes, i))) return to.add(row, i);
  }

  // --- ways ---
  template <class Goal>
  bool leads_to(const frontier& start, const Goal& goal) {
    frontier reached = start;
    frontier gone_on;
    for (bool more = true; more;) {
      if (goal(reached)) return true;
      more = false;
      for (const unsigned row : rows_)
        for (std::size_t k = nodes_[row].size(); k-- > 0;) {
          const std::uint16_t i = nodes_[row][k];
          if (i < reached.from[row]) break;
          if (i >= gone_on.from[row]) continue;
          gone_on.from[row] = static_cast<std::int16_t>(i);
          go_on(name(row % lanes, i), reached);
          more = true;
        }
    }
    return false;
  }
  // Of each thread the last fence of that kind before e: who reaches an earlier one reaches that.
  bool find_fences_before(ref e, op how) {
    goal_ = frontier();
    bool any = false;
    for (const unsigned t : threads_) {
      const unsigned row = how == op::fence_light ? lanes + t : t;
      for (const std::uint16_t i : nodes_[row]) {
        if (graph_->at(name(t, i)).how != how || !hb(name(t, i), e)) continue;
        goal_.from[row] = static_cast<std::int16_t>(i);
        any = true;
      }
    }
    return any;
  }
  bool holds_goal(const frontier& f) const {
    for (const unsigned r : rows_)
      if (goal_.from[r] != frontier::none && f.from[r] <= goal_.from[r]) return true;
    return false;
  }

  void go_on(ref n, frontier& reached) {
    const event& e = graph_->at(n);
    for (const unsigned t : threads_) by_happens_before(n, t, reached);
    if (!is_fence(e)) return reached.join(after(e.what == kind::write ? n : e.rf, e.loc).writes);
    for (const unsigned t : threads_) by_communication(n, t, reached);
  }

  // mo, rb and eco out of what a fence comes before in thread t. Of each location the first access there is enough: what
  // comes later in its thread stands later in coherence order.
  void by_communication(ref fence, unsigned t, frontier& reached) {
    unsigned i = graph_->size(t);
    while (i > 0 && hb(fence, name(t, i - 1))) --i;
    std::uint64_t done = 0;
    for (; i < graph_->size(t); ++i) {
      const event& x = graph_->at(name(t, i));
      const std::uint64_t bit = x.loc < 64 ? 1ULL << x.loc : 0;
      if (!is_access(x) || (done & bit) != 0) continue;
      done |= bit;
      const bool write = x.what == kind::write;
      add_ends(reached, after(write ? name(t, i) : x.rf, x.loc), write, graph_->at(fence).how);
    }
  }
  static void add_ends(frontier& reached, const later& next, bool write, op how) {
    const ends_of_fence& ends = next.fences[how == op::fence_light ? 1 : 0];
    const bool and_light = how == op::fence_heavy;
    reached.join(ends.writes, and_light);
    reached.join(write ? ends.all_and_own_readers : ends.all, and_light);
  }

  // The first node of thread t that n precedes by way of happens-before.
  void by_happens_before(ref n, unsigned t, frontier& reached) const {
    const event& e = graph_->at(n);
    if (is_light(e)) return add_first_after(n, heavy_[t], t, reached);
    if (is_heavy(e)) add_first_after(n, nodes_[lanes + t], lanes + t, reached);
    if (t == n.thread) return;
    for (const std::uint16_t i : nodes_[t]) {
      if (i >= reached.from[t]) return;
      const ref b = name(t, i);
      if (hb(n, b) && (sequenced(n, b) || by_location(n, b))) return reached.add(t, i);
    }
  }

  // sb and sb|!=loc ; hb ; sb|!=loc, where a fence stands for what it precedes or follows; a and b in two threads.
  bool sequenced(ref a, ref b) const {
    const bool from_fence = is_fence(graph_->at(a));
    const bool to_fence = is_fence(graph_->at(b));
    if (from_fence && to_fence) return true;
    ref leave = a;
    ref arrive = b;
    if (!from_fence) leave = to_fence ? successor(a) : elsewhere(a, +1);
    if (!to_fence) arrive = from_fence ? predecessor(b) : elsewhere(b, -1);
    return leave != nothing && arrive != nothing && hb_or_same(leave, arrive);
  }
  ref successor(ref e) const { return e.index + 1U < graph_->size(e.thread) ? name(e.thread, e.index + 1U) : nothing; }
  ref predecessor(ref e) const { return e.index > 0 ? name(e.thread, e.index - 1U) : nothing; }
  // The nearest event of the same thread that is not an access to the same location.
  ref elsewhere(ref e, int step) const {
    const std::uint16_t loc = graph_->at(e).loc;
    for (ref x = e;;) {
      x = step > 0 ? successor(x) : predecessor(x);
      if (x == nothing || !is_access(graph_->at(x)) || graph_->at(x).loc != loc) return x;
    }
  }

  // hb|loc, where a fence stands for what it precedes or follows. Between two fences it would add nothing to hb.
  bool by_location(ref a, ref b) const {
    const bool from_fence = is_fence(graph_->at(a));
    const bool to_fence = is_fence(graph_->at(b));
    if (from_fence == to_fence) return !from_fence && graph_->at(a).loc == graph_->at(b).loc;
    const std::uint16_t loc = graph_->at(from_fence ? b : a).loc;
    for (ref w = graph_->co_last(loc);; w = graph_->at(w).co_prev) {
      for (ref r = graph_->reader_of(w); r != nothing; r = graph_->at(r).next_reader)
        if (hb(a, r) && hb(r, b)) return true;
      if (is_initial(w)) return false;
      if (hb(a, w) && hb(w, b)) return true;
    }
  }

  const graph* graph_ = nullptr;
  bool collected_ = false;
  bool with_last_ = false;  // as a node
  std::vector<unsigned> threads_;  // that have events
  std::vector<unsigned> rows_;  // that have nodes
  std::array<std::vector<std::uint16_t>, rows> nodes_;
  std::array<std::vector<std::uint16_t>, lanes> fences_;  // that are not light
  std::array<std::vector<std::uint16_t>, lanes> heavy_;
  frontier goal_;
  std::vector<bool> known_;  // per location: its places are gathered
  std::vector<later> of_initial_;
  std::vector<later> of_write_;  // by stamp
};

}  // namespace sluice::explore
