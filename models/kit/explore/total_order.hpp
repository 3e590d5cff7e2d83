// SPDX-License-Identifier: BSL-1.0
#pragma once
// The conditions of SC and TSO beside coherence: one acyclic order over all events.
//
//   SC    po u rf u co u fr is acyclic
//   TSO   ppo u rfe u co u fr is acyclic, where ppo is po without store -> load, unless a full barrier stands between:
//         a read-modify-write, a seq_cst store (xchg on x86) or a seq_cst fence, heavy or light (see platform.hpp)
#include <cstdint>
#include <vector>

#include <kit/explore/graph.hpp>

namespace sluice::explore {

class total_order_check {
 public:
  bool acyclic(const graph& g, bool tso) {
    graph_ = &g;
    tso_ = tso;
    colour_.assign(g.added().size(), white);
    for (const ref e : g.added())
      if (colour_[g.at(e).stamp] == white && !visit(e)) return false;
    return true;
  }

 private:
  enum : std::uint8_t { white, grey, black };

  bool visit(ref e) {
    std::uint8_t& mine = colour_[graph_->at(e).stamp];
    if (mine == black) return true;
    if (mine == grey) return false;
    mine = grey;
    if (!in_program_order(e) || !by_communication(e)) return false;
    colour_[graph_->at(e).stamp] = black;
    return true;
  }

  bool in_program_order(ref e) {
    const bool passes_loads = tso_ && may_be_passed(graph_->at(e));
    bool write_done = false;
    for (unsigned i = e.index + 1U; i < graph_->size(e.thread); ++i) {
      const ref next{e.thread, static_cast<std::uint16_t>(i)};
      if (!tso_) return visit(next);
      const event& n = graph_->at(next);
      const bool full = is_barrier(n);
      if (n.what == kind::read && !full && passes_loads) continue;
      if (n.what == kind::write ? write_done : !full && n.what != kind::read) continue;
      if (!visit(next)) return false;
      if (full || passes_loads || n.what == kind::read) return true;  // the rest follows from there
      write_done = true;
    }
    return true;
  }
  static bool may_be_passed(const event& e) { return e.what == kind::write && !is_barrier(e); }
  static bool is_barrier(const event& e) {
    if (e.what == kind::fence) return e.success == order::seq_cst;
    if (e.what == kind::write) return e.exclusive || e.success == order::seq_cst;
    return e.what == kind::read && (e.exclusive || is_cas(e.how));
  }

  bool by_communication(ref e) {
    const event& x = graph_->at(e);
    if (x.what == kind::write) {
      if (x.placed && x.co_next != nothing && !visit(x.co_next)) return false;
      for (ref r = x.first_reader; r != nothing; r = graph_->at(r).next_reader)
        if ((!tso_ || r.thread != e.thread) && !visit(r)) return false;
    }
    if (x.what == kind::read && x.rf != nothing) {
      const ref over = graph_->co_next(x.rf);
      if (over != nothing && over != e && !visit(over)) return false;
    }
    return true;
  }

  const graph* graph_ = nullptr;
  bool tso_ = false;
  std::vector<std::uint8_t> colour_;
};

}  // namespace sluice::explore
