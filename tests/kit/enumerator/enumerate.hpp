// SPDX-License-Identifier: BSL-1.0
#pragma once
// The oracle: every choice of which compare-exchanges succeed, of a write for each read, of a coherence order for each
// location, filtered by the axioms as the papers state them. No cleverness, and no line in common with the explorer.
#include <algorithm>
#include <optional>
#include <vector>

#include "program.hpp"
#include "relation.hpp"

namespace enumerator {

enum class axioms : std::uint8_t { rc20, rc11, ra, tso, sc };

class enumeration {
 public:
  enumeration(const program& p, axioms m) : program_(p), model_(m) {}

  results run() {
    unsigned compare_exchanges = 0;
    for (const thread& t : program_)
      for (const instruction& i : t) compare_exchanges += i.how == what::cas ? 1U : 0U;
    for (unsigned guess = 0; guess < 1U << compare_exchanges; ++guess) {
      lay_out(guess);
      choose_writes(0);
    }
    return found_;
  }

 private:
  enum class type : std::uint8_t { read, write, fence };
  struct event {
    type is = type::read;
    unsigned loc = 0;
    order mode = order::relaxed;
    const instruction* from = nullptr;
    int thread = -1;
    bool rmw = false;     // half of a successful read-modify-write
    int before = -1;      // write: the read whose value it uses, or -1
    int reads = -1;       // read: the write chosen
  };

  // --- candidate executions ---
  void lay_out(unsigned guess) {
    events_.clear();
    for (unsigned l = 0; l < locations; ++l) events_.push_back({.is = type::write, .loc = l});
    unsigned next_cas = 0;
    for (std::size_t t = 0; t < program_.size(); ++t) {
      int last_read = -1;
      for (const instruction& i : program_[t]) {
        const bool success = i.how != what::cas || (guess >> next_cas++ & 1) != 0;
        add(i, static_cast<int>(t), success, last_read);
      }
    }
    reads_.clear();
    sb_ = {};
    rmw_ = {};
    for (unsigned a = 0; a < events_.size(); ++a) {
      if (events_[a].is == type::read) reads_.push_back(a);
      for (unsigned b = a + 1; b < events_.size(); ++b)
        if (events_[b].thread >= 0 && (events_[a].thread < 0 || events_[a].thread == events_[b].thread)) sb_.add(a, b);
      if (events_[a].is == type::read && events_[a].rmw) rmw_.add(a, a + 1);
    }
  }
  void add(const instruction& i, int t, bool success, int& last_read) {
    const bool load = i.how == what::load;
    const bool store = i.how == what::store || i.how == what::store_sum;
    if (i.how >= what::fence) {
      events_.push_back({.is = type::fence, .mode = i.mode, .from = &i, .thread = t});
      return;
    }
    if (!store) {
      last_read = static_cast<int>(events_.size());
      events_.push_back({.is = type::read,
                         .loc = i.loc,
                         .mode = success ? i.mode : i.failure,
                         .from = &i,
                         .thread = t,
                         .rmw = !load && success});
    }
    if (load || !success) return;
    events_.push_back({.is = type::write,
                       .loc = i.loc,
                       .mode = i.mode,
                       .from = &i,
                       .thread = t,
                       .rmw = !store,
                       .before = i.how == what::store ? -1 : last_read});
  }

  void choose_writes(std::size_t nth) {
    if (nth == reads_.size()) return try_writes();
    event& r = events_[reads_[nth]];
    for (unsigned w = 0; w < events_.size(); ++w)
      if (events_[w].is == type::write && events_[w].loc == r.loc) {
        r.reads = static_cast<int>(w);
        choose_writes(nth + 1);
      }
  }

  void try_writes() {
    rf_ = {};
    for (const unsigned r : reads_) rf_.add(static_cast<unsigned>(events_[r].reads), r);
    if (!acyclic(sb_ | rf_)) return;  // no-thin-air, which also lets the values be computed
    if (!compute_values()) return;
    compute_happens_before();
    if (!irreflexive(hb_)) return;
    for (auto& order_of : orders_) order_of.clear();
    for (unsigned e = locations; e < events_.size(); ++e)
      if (events_[e].is == type::write) orders_[events_[e].loc].push_back(e);
    choose_orders(0);
  }

  bool compute_values() {
    values_.assign(events_.size(), std::nullopt);
    for (unsigned l = 0; l < locations; ++l) values_[l] = 0;
    for (bool changed = true; changed;) {
      changed = false;
      for (unsigned e = locations; e < events_.size(); ++e) {
        if (values_[e]) continue;
        values_[e] = value_of(events_[e]);
        changed = changed || values_[e].has_value();
      }
    }
    return std::all_of(reads_.begin(), reads_.end(), [this](unsigned r) {
      const event& e = events_[r];
      return e.from->how != what::cas || (values_[r] == e.from->expected) == e.rmw;
    });
  }
  std::optional<unsigned> value_of(const event& e) const {
    if (e.is == type::read) return values_[static_cast<unsigned>(e.reads)];
    if (e.is == type::fence) return 0;
    const instruction& i = *e.from;
    if (i.how == what::store_sum && e.before < 0) return i.value;
    if (i.how != what::store_sum && i.how != what::fetch_add) return i.value;
    const auto read = values_[static_cast<unsigned>(e.before)];
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
    mo_ = {};
    for (unsigned l = 0; l < locations; ++l)
      for (std::size_t i = 0; i < orders_[l].size(); ++i) {
        mo_.add(l, orders_[l][i]);
        for (std::size_t j = i + 1; j < orders_[l].size(); ++j) mo_.add(orders_[l][i], orders_[l][j]);
      }
    rb_ = inverse(rf_) * mo_ - identity();
    if (consistent()) record();
  }

  void record() {
    result r;
    for (const unsigned e : reads_) r.push_back(*values_[e]);
    for (unsigned l = 0; l < locations; ++l) r.push_back(*values_[orders_[l].empty() ? l : orders_[l].back()]);
    ++found_[r];
  }

  // --- axioms ---
  template <class P>
  events all(const P& p) const {
    events s = 0;
    for (unsigned e = 0; e < events_.size(); ++e)
      if (p(events_[e])) s |= 1U << e;
    return s;
  }
  relation same_loc(const relation& r) const {
    relation c;
    for (unsigned a = 0; a < events_.size(); ++a)
      for (unsigned b = 0; b < events_.size(); ++b)
        if (r.has(a, b) && events_[a].is != type::fence && events_[b].is != type::fence &&
            events_[a].loc == events_[b].loc)
          c.add(a, b);
    return c;
  }
  bool weak() const { return model_ != axioms::rc20 && model_ != axioms::rc11; }
  bool at_least(const event& e, order a, order b, order c) const {
    if (e.thread < 0 || (e.from != nullptr && e.from->how == what::fence_light)) return false;
    return weak() || e.mode == a || e.mode == b || e.mode == c;
  }

  //  rs  = [W] ; sb|loc? ; [W] ; (rf ; rmw)*      in C++20 without sb|loc
  //  sw  = [E_rel] ; ([F] ; sb)? ; rs ; rf ; [R] ; (sb ; [F])? ; [E_acq]
  //  hb  = (sb u sw)+
  void compute_happens_before() {
    const relation w = identity(all([](const event& e) { return e.is == type::write; }));
    const relation r = identity(all([](const event& e) { return e.is == type::read; }));
    const relation f = identity(all([](const event& e) { return e.is == type::fence; }));
    const relation acq =
        identity(all([this](const event& e) { return at_least(e, order::acquire, order::acq_rel, order::seq_cst); }));
    const relation rel =
        identity(all([this](const event& e) { return at_least(e, order::release, order::acq_rel, order::seq_cst); }));
    const relation head = model_ == axioms::rc11 ? w * optional(same_loc(sb_)) * w : w;
    const relation rs = head * optional(transitive(rf_ * rmw_));
    const relation sw = rel * optional(f * sb_) * rs * rf_ * r * optional(sb_ * f) * acq;
    hb_ = transitive(sb_ | sw);
  }

  bool consistent() const {
    const relation eco = transitive(rf_ | mo_ | rb_);
    if (!irreflexive(hb_ * optional(eco))) return false;       // coherence
    for (unsigned a = 0; a < events_.size(); ++a)              // atomicity: nothing between the two halves
      for (unsigned b = 0; b < events_.size(); ++b)
        if (rmw_.has(a, b) && (rb_ * mo_).has(a, b)) return false;
    if (model_ == axioms::sc) return acyclic(sb_ | rf_ | mo_ | rb_);
    if (model_ == axioms::tso) return tso();
    return model_ == axioms::ra || acyclic(psc(eco));
  }

  relation psc(const relation& eco) const {
    const events sc = all([](const event& e) { return e.thread >= 0 && e.mode == order::seq_cst; });
    const events fences = all([](const event& e) { return e.is == type::fence && e.mode == order::seq_cst; });
    const events light = all([](const event& e) { return e.from != nullptr && e.from->how == what::fence_light; });
    const relation e_sc = identity(sc);
    const relation f_sc = identity(fences);
    const relation elsewhere = sb_ - same_loc(sb_);
    const relation scb = sb_ | elsewhere * hb_ * elsewhere | same_loc(hb_) | mo_ | rb_;
    const relation base = (e_sc | f_sc * optional(hb_)) * scb * (e_sc | optional(hb_) * f_sc);
    const relation between_fences = f_sc * (hb_ | hb_ * eco * hb_) * f_sc;
    relation all_light;
    for (unsigned a = 0; a < 32; ++a) all_light.row[a] = (light >> a & 1) != 0 ? light : 0;
    return (base | between_fences) - all_light;
  }

  // x86: a store may be overtaken by later loads of its thread; locked instructions and fences stand still.
  bool tso() const {
    const events writes = all([](const event& e) { return e.is == type::write; });
    const events stores = all([](const event& e) { return e.is == type::write && !e.rmw && e.mode != order::seq_cst; });
    const events loads = all([](const event& e) { return e.is == type::read && !e.rmw && e.from->how != what::cas; });
    const events fences = all([](const event& e) { return e.is == type::fence && e.mode == order::seq_cst; });
    const events locked = all([](const event& e) { return e.is == type::read; }) & ~loads;
    relation ppo =
        sb_ - identity(writes) * sb_ * identity(loads | all([](const event& e) { return e.is == type::fence; }));
    const events done = (writes & ~stores) | fences;  // whatever follows these follows all that is before them
    ppo = ppo | sb_ * identity(fences | locked) | identity(done) * sb_ | sb_ * identity(fences) * sb_;
    relation rfe = rf_;
    for (unsigned a = 0; a < events_.size(); ++a)
      for (unsigned b = 0; b < events_.size(); ++b)
        if (events_[a].thread == events_[b].thread) rfe.row[a] &= ~(1U << b);
    return acyclic(ppo | rfe | mo_ | rb_);
  }

  program program_;
  axioms model_;
  std::vector<event> events_;
  std::vector<unsigned> reads_;
  std::vector<std::optional<unsigned>> values_;
  std::array<std::vector<unsigned>, locations> orders_;
  relation sb_, rmw_, rf_, mo_, rb_, hb_;
  results found_;
};

inline results enumerate(const program& p, axioms m) { return enumeration(p, m).run(); }

}  // namespace enumerator
