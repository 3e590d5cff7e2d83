// SPDX-License-Identifier: BSL-1.0
#pragma once
// RC11's condition on seq_cst: psc = psc_base u psc_F is acyclic, where
//
//   scb      = sb u sb|!=loc ; hb ; sb|!=loc u hb|loc u mo u rb
//   psc_base = ([E_sc] u [F_sc] ; hb?) ; scb ; ([E_sc] u hb? ; [F_sc])
//   psc_F    = [F_sc] ; (hb u hb ; eco ; hb) ; [F_sc]
//
// A light fence (P1202) takes part like a seq_cst fence, but two light fences give each other nothing: edges from light
// to light are left out.
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <kit/explore/graph.hpp>

namespace sluice::explore {

class psc_check {
 public:
  static constexpr unsigned max_nodes = 256;

  // May new edges of e, after which nothing happens, close a cycle? Only if they leave from e itself or from a fence.
  static bool concerns(const graph& g, ref e) {
    const event& x = g.at(e);
    if (x.actual == order::seq_cst) return true;
    for (const ref f : g.added())
      if (g.at(f).what == kind::fence && g.at(f).actual == order::seq_cst && x.hb.knows(f)) return true;
    return false;
  }

  bool acyclic(const graph& g) {
    graph_ = &g;
    collect();
    if (nodes_.size() < 2) return true;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      for (std::size_t j = 0; j < nodes_.size(); ++j)
        if (i != j && (sequenced(i, j) || by_location(i, j))) edges_[i].set(j);
    for (unsigned l = 0; l < g.locations().size(); ++l) by_coherence(l);
    leave_out_light_pairs();
    return has_no_cycle();
  }

 private:
  struct node_set {
    std::array<std::uint64_t, max_nodes / 64> word{};
    void set_all(const node_set& o) {
      for (std::size_t i = 0; i < word.size(); ++i) word[i] |= o.word[i];
    }
    void set(std::size_t i) { word[i / 64] |= 1ULL << (i % 64); }
    void reset(std::size_t i) { word[i / 64] &= ~(1ULL << (i % 64)); }
    bool meets(const node_set& o) const {
      std::uint64_t any = 0;
      for (std::size_t i = 0; i < word.size(); ++i) any |= word[i] & o.word[i];
      return any != 0;
    }
  };

  static bool is_fence(const event& e) { return e.what == kind::fence; }

  void collect() {
    nodes_.clear();
    fences_.clear();
    for (const ref e : graph_->added()) {
      const event& x = graph_->at(e);
      if (x.actual != order::seq_cst || x.what == kind::choice || x.what == kind::block) continue;
      if (is_fence(x)) fences_.push_back(nodes_.size());
      nodes_.push_back(e);
    }
    if (nodes_.size() > max_nodes) throw std::length_error("explore: too many seq_cst operations in one execution");
    edges_.assign(nodes_.size(), {});
  }

  bool hb(ref a, ref b) const { return a != b && graph_->at(b).hb.knows(a); }
  bool hb_or_same(ref a, ref b) const { return graph_->at(b).hb.knows(a); }
  static ref neighbour(ref e, int step) { return {e.thread, static_cast<std::uint16_t>(e.index + step)}; }

  // The edges of scb that need no location, between nodes i and j; fences stand for what they precede or follow.
  bool sequenced(std::size_t i, std::size_t j) const {
    const ref a = nodes_[i];
    const ref b = nodes_[j];
    if (a.thread == b.thread) return a.index < b.index;
    const bool from_fence = is_fence(graph_->at(a));
    const bool to_fence = is_fence(graph_->at(b));
    if (from_fence && to_fence) return hb(a, b);
    ref leave = a;
    ref arrive = b;
    if (!from_fence && (leave = to_fence ? successor(a) : elsewhere(a, +1)) == nothing) return false;
    if (!to_fence && (arrive = from_fence ? predecessor(b) : elsewhere(b, -1)) == nothing) return false;
    return hb_or_same(leave, arrive);
  }
  ref successor(ref e) const { return e.index + 1U < graph_->size(e.thread) ? neighbour(e, +1) : nothing; }
  ref predecessor(ref e) const { return e.index > 0 ? neighbour(e, -1) : nothing; }

  // The nearest event of the same thread that is not an access to the same location.
  ref elsewhere(ref e, int step) const {
    const std::uint16_t loc = graph_->at(e).loc;
    for (ref x = e;;) {
      x = step > 0 ? successor(x) : predecessor(x);
      if (x == nothing) return nothing;
      const event& there = graph_->at(x);
      if (!is_access(there) || there.loc != loc) return x;
    }
  }
  static bool is_access(const event& e) { return e.what == kind::read || e.what == kind::write; }

  // hb|loc, with fences extended by hb at one end. Between two fences it would add nothing to hb.
  bool by_location(std::size_t i, std::size_t j) const {
    const ref a = nodes_[i];
    const ref b = nodes_[j];
    const bool from_fence = is_fence(graph_->at(a));
    const bool to_fence = is_fence(graph_->at(b));
    if (from_fence == to_fence) return !from_fence && graph_->at(a).loc == graph_->at(b).loc && hb(a, b);
    if (!hb(a, b)) return false;
    const std::uint16_t loc = graph_->at(from_fence ? b : a).loc;
    bool found = false;
    each_access(loc, [&](ref x) { found = found || (hb(a, x) && hb(x, b)); });
    return found;
  }

  template <class F>
  void each_access(unsigned loc, const F& f) const {
    for (ref w = graph_->co_last(loc);; w = graph_->at(w).co_prev) {
      for (ref r = graph_->reader_of(w); r != nothing; r = graph_->at(r).next_reader) f(r);
      if (is_initial(w)) return;
      f(w);
    }
  }

  // mo and rb, and eco between fences: from the youngest write down, gathering what is reachable upwards.
  void by_coherence(unsigned loc) {
    node_set later_writes{};  // nodes that mo or rb may lead to
    node_set later_all{};  // fences that eco may lead to
    for (ref w = graph_->co_last(loc);; w = graph_->at(w).co_prev) {
      node_set of_readers{};
      for (ref r = graph_->reader_of(w); r != nothing; r = graph_->at(r).next_reader) {
        leave(r, later_writes, later_all);
        arrive(r, of_readers, false);
      }
      if (is_initial(w)) return;
      later_all.set_all(of_readers);
      leave(w, later_writes, later_all);
      arrive(w, later_writes, true);
      arrive(w, later_all, false);
    }
  }
  // psc edges out of access x: as itself to later writes, as the past of a fence to the futures of fences as well.
  void leave(ref x, const node_set& later_writes, const node_set& later_all) {
    if (graph_->at(x).actual == order::seq_cst) edges_[node(x)].set_all(later_writes);
    for (const std::size_t f : fences_)
      if (hb(nodes_[f], x)) {
        edges_[f].set_all(later_writes);
        edges_[f].set_all(later_all);
      }
  }
  void arrive(ref y, node_set& nodes, bool itself) const {
    if (itself && graph_->at(y).actual == order::seq_cst) nodes.set(node(y));
    for (const std::size_t f : fences_)
      if (hb(y, nodes_[f])) nodes.set(f);
  }
  std::size_t node(ref e) const {
    std::size_t i = 0;
    while (nodes_[i] != e) ++i;
    return i;
  }

  void leave_out_light_pairs() {
    for (const std::size_t a : fences_)
      for (const std::size_t b : fences_)
        if (light(a) && light(b)) edges_[a].reset(b);
  }
  bool light(std::size_t i) const { return graph_->at(nodes_[i]).how == op::fence_light; }

  bool has_no_cycle() {
    node_set left{};
    for (std::size_t i = 0; i < nodes_.size(); ++i) left.set(i);
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = 0; i < nodes_.size(); ++i)
        if ((left.word[i / 64] >> (i % 64) & 1) != 0 && !edges_[i].meets(left)) {
          left.reset(i);
          changed = true;
        }
    }
    return !left.meets(left);
  }

  const graph* graph_ = nullptr;
  std::vector<ref> nodes_;
  std::vector<std::size_t> fences_;
  std::vector<node_set> edges_;
};

}  // namespace sluice::explore
