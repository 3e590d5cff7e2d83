// SPDX-License-Identifier: BSL-1.0
#pragma once
// The oracle for straight-line programs: every choice of which compare-exchanges succeed, of a write for each read, of a
// coherence order for each location, filtered by the axioms.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "axioms.hpp"
#include "program.hpp"

namespace enumerator {

// What a program can do if the memory may do anything that leaves values computable and coherent with program order,
// which every model asks for. The orders of its operations play no part yet: with them, judge() picks the executions.
class candidates {
 public:
  explicit candidates(const program& p) : program_(p) {
    unsigned compare_exchanges = 0;
    for (const thread& t : program_)
      for (const instruction& i : t) compare_exchanges += i.how == what::cas ? 1U : 0U;
    for (unsigned guess = 0; guess < 1U << compare_exchanges; ++guess) {
      lay_out(guess);
      choose_writes(0);
    }
  }

  results judge(axioms m) const {
    results found;
    for (const candidate& c : all_)
      if (consistent(c.is, m)) ++found[c.outcome];
    return found;
  }

  template <class F>
  void each_consistent(axioms m, const F& f) const {
    for (const candidate& c : all_)
      if (consistent(c.is, m)) f(c.is);
  }

  // The same program with other orders: `modes` says that of each instruction, in the order of the text. A fence whose
  // order is relaxed is not there.
  results judge(axioms m, const std::vector<order>& modes) {
    results found;
    for (candidate& c : all_) {
      c.is.sb = c.all_sb;
      for (unsigned e = 0; e < c.is.events.size(); ++e) {
        event& it = c.is.events[e];
        if (it.thread < 0) continue;
        it.mode = modes[it.instruction];
        if (it.is == type::fence && it.mode == order::relaxed) leave_out(c.is.sb, e);
      }
      if (consistent(c.is, m)) ++found[c.outcome];
    }
    return found;
  }

 private:
  struct candidate {
    execution is;
    relation all_sb;
    result outcome;
  };
  static void leave_out(relation& r, unsigned e) {
    r.after(e) = 0;
    for (unsigned a = 0; a < r.size(); ++a) r.after(a) &= ~(events{1} << e);
  }
  struct detail {
    const instruction* from = nullptr;
    int before = -1;  // write: the read whose value it uses, or -1
    int reads = -1;  // read: the write chosen
  };

  void lay_out(unsigned guess) {
    x_ = {};
    details_.clear();
    for (unsigned l = 0; l < locations; ++l) push({.is = type::write, .loc = l}, {});
    unsigned next_cas = 0;
    unsigned number = 0;
    for (std::size_t t = 0; t < program_.size(); ++t) {
      int last_read = -1;
      for (const instruction& i : program_[t]) {
        const bool success = i.how != what::cas || (guess >> next_cas++ & 1) != 0;
        add(i, {.thread = static_cast<int>(t), .instruction = number++}, success, last_read);
      }
    }
    const auto size = static_cast<unsigned>(x_.events.size());
    reads_.clear();
    x_.sb = x_.rmw = x_.rf = x_.mo = relation(size);
    for (unsigned a = 0; a < size; ++a) {
      const event& e = x_.events[a];
      if (e.is == type::read) reads_.push_back(a);
      for (unsigned b = a + 1; b < size; ++b)
        if (x_.events[b].thread >= 0 && (e.thread < 0 || e.thread == x_.events[b].thread)) x_.sb.add(a, b);
      if (e.is == type::read && e.rmw) x_.rmw.add(a, a + 1);
    }
  }
  void push(const event& e, const detail& d) {
    x_.events.push_back(e);
    details_.push_back(d);
  }
  void add(const instruction& i, event e, bool success, int& last_read) {
    const bool load = i.how == what::load;
    const bool store = i.how == what::store || i.how == what::store_sum;
    e.loc = i.loc;
    e.mode = i.mode;
    if (i.how >= what::fence) {
      e.is = type::fence;
      e.light = i.how == what::fence_light;
      e.heavy = i.how == what::fence_heavy;
      return push(e, {&i});
    }
    e.rmw = !load && !store && success;
    if (!store) {
      last_read = static_cast<int>(x_.events.size());
      event r = e;
      r.compare = i.how == what::cas;
      if (!success) r.mode = i.failure;
      push(r, {&i});
    }
    if (load || !success) return;
    e.is = type::write;
    push(e, {&i, i.how == what::store ? -1 : last_read});
  }

  void choose_writes(std::size_t nth) {
    if (nth == reads_.size()) return try_writes();
    const unsigned r = reads_[nth];
    for (unsigned w = 0; w < x_.events.size(); ++w)
      if (x_.events[w].is == type::write && x_.events[w].loc == x_.events[r].loc) {
        details_[r].reads = static_cast<int>(w);
        choose_writes(nth + 1);
      }
  }

  void try_writes() {
    x_.rf = relation(x_.sb.size());
    for (const unsigned r : reads_) x_.rf.add(static_cast<unsigned>(details_[r].reads), r);
    if (!acyclic(x_.sb | x_.rf) || !compute_values()) return;
    for (auto& order_of : orders_) order_of.clear();
    for (unsigned e = locations; e < x_.events.size(); ++e)
      if (x_.events[e].is == type::write) orders_[x_.events[e].loc].push_back(e);
    choose_orders(0);
  }

  bool compute_values() {
    values_.assign(x_.events.size(), std::nullopt);
    for (unsigned l = 0; l < locations; ++l) values_[l] = 0;
    for (bool changed = true; changed;) {
      changed = false;
      for (unsigned e = locations; e < x_.events.size(); ++e) {
        if (values_[e]) continue;
        values_[e] = value_of(e);
        changed = changed || values_[e].has_value();
      }
    }
    return std::all_of(reads_.begin(), reads_.end(), [this](unsigned r) {
      const instruction& i = *details_[r].from;
      return i.how != what::cas || (values_[r] == i.expected) == x_.events[r].rmw;
    });
  }
  std::optional<unsigned> value_of(unsigned e) const {
    const detail& d = details_[e];
    if (x_.events[e].is == type::read) return values_[static_cast<unsigned>(d.reads)];
    if (x_.events[e].is == type::fence) return 0;
    const instruction& i = *d.from;
    if (i.how == what::store_sum && d.before < 0) return i.value;
    if (i.how != what::store_sum && i.how != what::fetch_add) return i.value;
    const auto read = values_[static_cast<unsigned>(d.before)];
    return read ? std::optional(*read + i.value) : std::nullopt;
  }

  void choose_orders(unsigned loc) {
    if (loc == locations) return try_orders();
    std::vector<unsigned>& o = orders_[loc];
    std::sort(o.begin(), o.end());
    do choose_orders(loc + 1);
    while (std::next_permutation(o.begin(), o.end()));
  }

  void try_orders() {
    x_.mo = relation(x_.sb.size());
    for (unsigned l = 0; l < locations; ++l)
      for (std::size_t i = 0; i < orders_[l].size(); ++i) {
        x_.mo.add(l, orders_[l][i]);
        for (std::size_t j = i + 1; j < orders_[l].size(); ++j) x_.mo.add(orders_[l][i], orders_[l][j]);
      }
    x_.derive();
    if (!irreflexive(x_.sb * x_.eco)) return;
    result r;
    for (const unsigned e : reads_) r.push_back(*values_[e]);
    for (unsigned l = 0; l < locations; ++l) r.push_back(*values_[orders_[l].empty() ? l : orders_[l].back()]);
    all_.push_back({x_, x_.sb, r});
  }

  program program_;
  execution x_;  // the one that is being put together
  std::vector<detail> details_;
  std::vector<unsigned> reads_;
  std::vector<std::optional<unsigned>> values_;
  std::array<std::vector<unsigned>, locations> orders_;
  std::vector<candidate> all_;
};

inline results enumerate(const program& p, axioms m) { return candidates(p).judge(m); }

}  // namespace enumerator
