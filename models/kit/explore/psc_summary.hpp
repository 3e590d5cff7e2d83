// SPDX-License-Identifier: BSL-1.0
#pragma once
// What of a graph's seq_cst accesses and fences can still matter to psc (see psc.hpp).
//
// A cycle that a future event closes leaves the past by a way that a future edge begins and one ends. A future edge
// into the past ends in a target: a write that some thread may still get before in coherence order, or a fence that
// comes after such a write or after a read of one. From there it goes by what the past has already, and leaves it from
// any node that the target reaches. So what matters is which ways in lead to which ways out (psc_way.hpp): a way out
// beside which another one allows all that it allows changes nothing, and neither does such a target.
//
// What no thread but the node's own may do any more does not count (futures.hpp): to what its own is yet to do it leads
// anyway, by sb. So the place of an access matters only while others may write there, and where it is, or what a fence
// comes before there, while others may access it. And while others may set a fence it matters, wherever nobody may come
// any more too, who knows of something that stands behind in coherence order: whoever does, his fence comes after the node.
#include <algorithm>

#include <kit/explore/coherence_places.hpp>
#include <kit/explore/digest.hpp>
#include <kit/explore/live_writes.hpp>
#include <kit/explore/psc_reach.hpp>
#include <kit/explore/psc_way.hpp>

namespace sluice::explore {

class psc_summary : psc_reach {
 public:
  // `carriers`: the clocks of which those of future events will be made. `unfinished`: the threads.
  void add_to(digest& d, const graph& g, const live_writes& live, const std::vector<const clock*>& carriers,
              const std::vector<std::uint16_t>& unfinished, const std::array<futures::acts, lanes>& acts) {
    find_others(acts);
    live_ = &live;
    carriers_ = &carriers;
    unfinished_ = &unfinished;
    collect(g);
    places_.start(g, carriers);
    find_targets();
    if (targets_.empty()) return;
    find_tails(d);
    find_ways();
    leave_out_covered_targets();
    add_targets(d);
  }

 private:
  // What threads but that one may still do.
  void find_others(const std::array<futures::acts, lanes>& acts) {
    others_.fill({});
    for (unsigned t = 1; t < lanes; ++t)
      for (unsigned other = 1; other < lanes; ++other)
        if (t != other) others_[t].add(acts[other]);
  }
  bool others_access(unsigned thread, unsigned loc) const {
    return (others_[thread].accesses & futures::bit(loc)) != 0;
  }
  bool others_write(unsigned thread, unsigned loc) const { return (others_[thread].writes & futures::bit(loc)) != 0; }

  struct target {
    unsigned row;
    std::size_t node;  // of the row
    psc_way_in in;
    std::vector<std::size_t> out;  // indices into ways_, none covered by another one
    bool covered = false;
  };

  // Whatever leads to a later target that has the ways in of an earlier one of its row leads to that one too.
  void find_targets() {
    targets_.clear();
    for (const unsigned row : rows_) {
      const std::size_t first = targets_.size();
      for (std::size_t k = 0; k < nodes_[row].size(); ++k) {
        const ref n = name(row % lanes, nodes_[row][k]);
        const event& e = graph_->at(n);
        if (e.what == kind::write ? live_->rank(n) <= 0 : !is_fence(e) || !comes_after_live(n)) continue;
        const target found{row, k, way_into(n), {}};
        if (std::none_of(targets_.begin() + static_cast<std::ptrdiff_t>(first), targets_.end(),
                         [&](const target& other) { return other.in == found.in; }))
          targets_.push_back(found);
      }
    }
  }
  static unsigned sort_of(const event& e) { return is_light(e) ? 1U : is_heavy(e) ? 2U : 0U; }
  bool comes_after_live(ref fence) const {
    for (std::size_t i = 0; i < live_->size(); ++i)
      if (live_->floor((*live_)[i], graph_->at(fence).hb) > 0) return true;
    return false;
  }
  psc_way_in way_into(ref n) const {
    const event& e = graph_->at(n);
    psc_way_in in;
    in.kind = static_cast<unsigned>(e.what) << 8 | sort_of(e);
    if (!is_fence(e)) {
      in.kind |= std::uint64_t{e.loc} << 32;
      in.after.push_back(live_->rank(n));
      return in;
    }
    for (std::size_t i = 0; i < live_->size(); ++i) add_accesses_before(in, n, (*live_)[i]);
    return in;
  }
  // The last writes of a location that a fence comes after: by themselves, or by a read of them.
  void add_accesses_before(psc_way_in& in, ref fence, const live_writes::of_location& of) const {
    std::size_t by_write = of.writes.size();
    while (by_write-- > 1)
      if (hb(of.writes[by_write], fence)) break;
    in.after.push_back(static_cast<int>(by_write));
    in.after.push_back(live_->floor(of, graph_->at(fence).hb));
  }

  // The ways out of the nodes that targets reach, and which of them each target needs.
  void find_ways() {
    ways_.clear();
    for (const unsigned row : rows_) way_of_[row].assign(nodes_[row].size(), unknown);
    forget_reached();
    for (target& n : targets_) {
      note_reached(n, reached_from(n.row, n.node));
      leave_out_covered(n.out);
    }
  }
  void note_reached(target& n, const frontier& all) {
    n.out.clear();
    for (const unsigned row : rows_)
      for (std::size_t k = nodes_[row].size(); k > 0 && nodes_[row][k - 1] >= all.from[row]; --k)
        n.out.push_back(way_number(row, k - 1));
  }
  std::size_t way_number(unsigned row, std::size_t node) {
    std::vector<std::size_t>& of_row = way_of_[row];
    if (of_row[node] == unknown) {
      of_row[node] = ways_.size();
      ways_.push_back(way_out_of(name(row % lanes, nodes_[row][node])));
    }
    return of_row[node];
  }
  // Of ways that cover each other, which are the same, the first one stays.
  void leave_out_covered(std::vector<std::size_t>& out) const {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      bool needed = true;
      for (std::size_t k = 0; needed && k < kept; ++k) needed = !ways_[out[k]].covers(ways_[out[i]]);
      for (std::size_t k = i + 1; needed && k < out.size(); ++k)
        needed = !ways_[out[k]].covers(ways_[out[i]]) || ways_[out[i]].covers(ways_[out[k]]);
      if (needed) out[kept++] = out[i];
    }
    out.resize(kept);
  }
  bool covers(const target& a, const target& b) const {
    if (!a.in.covers(b.in)) return false;
    return std::all_of(b.out.begin(), b.out.end(), [&](std::size_t w) {
      return std::any_of(a.out.begin(), a.out.end(),
                         [&](std::size_t v) { return v == w || ways_[v].covers(ways_[w]); });
    });
  }
  void leave_out_covered_targets() {
    for (target& n : targets_)
      n.covered = std::any_of(targets_.begin(), targets_.end(),
                              [&](const target& other) { return &other != &n && !other.covered && covers(other, n); });
  }
  void add_targets(digest& d) {
    sums_.clear();
    for (const target& n : targets_) {
      if (n.covered) continue;
      digest of;
      n.in.add_to(of);
      parts_.clear();
      for (const std::size_t w : n.out) parts_.push_back(ways_[w].sum());
      add_sorted(of, parts_);
      sums_.emplace_back(of.low, of.high);
    }
    add_sorted(d, sums_);
  }
  static void add_sorted(digest& d, std::vector<psc_way::sum_type>& sums) {
    std::sort(sums.begin(), sums.end());
    d.add(sums.size());
    for (const auto& [low, high] : sums) d.add(low), d.add(high);
  }

  psc_way way_out_of(ref n) {
    psc_way w;
    const event& e = graph_->at(n);
    w.kind = static_cast<unsigned>(e.what) << 8 | sort_of(e);
    if (std::find(unfinished_->begin(), unfinished_->end(), n.thread) != unfinished_->end()) w.thread = n.thread;
    before_fences_.assign(carriers_->size(), false);
    add_position(w.known, n, n.thread);
    add_position(w.known, successor(n), n.thread);
    if (!is_fence(e)) {
      if (others_access(n.thread, e.loc)) w.kind |= std::uint64_t{e.loc + 1U} << 32;
      w.place = others_write(n.thread, e.loc) ? place(n) : none;
      add_position(w.known, elsewhere(n, +1), n.thread);
      places_.note_who_knows_of_later(n, false, before_fences_);
    }
    add_accesses_after(w, n);
    const bool matters = (others_[n.thread].fences & futures::fences_after(e.how)) != 0;
    add_bits(w.known, [&](std::size_t i) { return matters && (before_fences_[i] || comes_before_fences(n, i)); });
    return w;
  }
  // By happens-before: then it says nothing that the same happens by communication.
  bool comes_before_fences(ref n, std::size_t carrier) const {
    if (is_own(carrier, n.thread)) return true;
    const ref leave = is_fence(graph_->at(n)) ? n : successor(n);
    return leave != nothing && (*carriers_)[carrier]->knows(leave);
  }
  bool is_own(std::size_t carrier, unsigned thread) const {
    return carrier < unfinished_->size() && (*unfinished_)[carrier] == thread;
  }
  int place(ref access) const {
    const event& e = graph_->at(access);
    return live_->rank(e.what == kind::write ? access : e.rf);
  }

  // Who knows of it, a bit for each carrier. What is still to come, the thread itself will know of.
  void add_position(psc_way::bits& to, ref e, unsigned thread) const {
    add_bits(to, [&](std::size_t i) { return e == nothing ? is_own(i, thread) : (*carriers_)[i]->knows(e); });
    std::uint64_t bits = 1;
    for (const clock* c : tails_) bits = bits << 1 | (e != nothing && c->knows(e) ? 1U : 0U);
    to.push_back(bits);
  }
  // A bit for each carrier.
  template <class Predicate>
  void add_bits(psc_way::bits& to, const Predicate& holds) const {
    std::uint64_t bits = 1;
    for (std::size_t i = 0; i < carriers_->size(); ++i) {
      if (bits >> 63 != 0) to.push_back(bits), bits = 1;
      bits = bits << 1 | (holds(i) ? 1U : 0U);
    }
    to.push_back(bits);
  }

  // The accesses that n happens before, of its own location or, of a fence, of any: the earliest place, and who knows one.
  void add_accesses_after(psc_way& w, ref n) {
    const event& e = graph_->at(n);
    const bool any = is_fence(e);
    if (after_.size() < graph_->locations().size()) after_.resize(graph_->locations().size());
    touched_.clear();
    for (const unsigned t : threads_) {
      unsigned i = graph_->size(t);
      while (i > 0 && hb(n, name(t, i - 1))) --i;
      for (; i < graph_->size(t); ++i) {
        const event& x = graph_->at(name(t, i));
        if (!is_access(x) || (!any && x.loc != e.loc)) continue;
        note_access(name(t, i), x);
        if (any) places_.note_who_knows_of_later(name(t, i), true, before_fences_);
      }
    }
    std::sort(touched_.begin(), touched_.end());
    for (const std::uint16_t loc : touched_) {
      accesses_after& of = after_[loc];
      if (!any || others_access(n.thread, loc)) {
        w.after.push_back({loc, any ? of.earliest : 0, {}});
        add_bits(w.after.back().known, [&](std::size_t i) {
          return std::any_of(of.first.begin(), of.first.end(), [&](ref x) { return (*carriers_)[i]->knows(x); });
        });
      }
      of = {none, std::move(of.first)};
      of.first.clear();
    }
  }
  void note_access(ref x, const event& e) {
    accesses_after& of = after_[e.loc];
    if (of.first.empty()) touched_.push_back(e.loc);
    if (of.first.empty() || of.first.back().thread != x.thread) of.first.push_back(x);
    // After a write stand those that read from it too, but from one that is dead nobody will read any more.
    of.earliest =
        std::min(of.earliest, std::max(2 * place(x) + (e.what == kind::write ? 0 : 1), 2 * live_writes::dead + 1));
  }

  // A future access to the location of a thread's last events has what stands before them as its `elsewhere`.
  void find_tails(digest& d) {
    static constexpr clock start = clock::at_start();
    tails_.clear();
    for (const std::uint16_t t : *unfinished_) {
      const unsigned size = graph_->size(t);
      if (size == 0 || !is_access(graph_->at(name(t, size - 1)))) continue;
      const ref last = name(t, size - 1);
      const ref before = elsewhere(last, -1);
      tails_.push_back(before == nothing ? &start : &graph_->at(before).hb);
      d.add(std::uint64_t{t} << 32 | graph_->at(last).loc);
    }
  }

  static constexpr int none = 0x7fff;
  struct accesses_after {
    int earliest = none;
    std::vector<ref> first;  // of each thread
  };
  const live_writes* live_ = nullptr;
  const std::vector<const clock*>* carriers_ = nullptr;  // the pasts of the unfinished threads first
  const std::vector<std::uint16_t>* unfinished_ = nullptr;
  coherence_places places_;  // of the carriers
  std::vector<bool> before_fences_;  // by carrier: of a node, which fences of others would come after by communication
  std::array<futures::acts, lanes> others_;  // by thread: what the others may still do
  std::vector<const clock*> tails_;
  std::vector<target> targets_;
  std::vector<psc_way> ways_;
  static constexpr std::size_t unknown = ~std::size_t{0};
  std::array<std::vector<std::size_t>, rows> way_of_;  // of each node of a row, as an index into ways_
  std::vector<psc_way::sum_type> parts_;
  std::vector<psc_way::sum_type> sums_;
  std::vector<accesses_after> after_;  // by location; as if new but for those in touched_
  std::vector<std::uint16_t> touched_;
};

}  // namespace sluice::explore
