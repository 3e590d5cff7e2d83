// SPDX-License-Identifier: BSL-1.0
#pragma once
// The axioms of the memory models, as the papers state them. No cleverness, and no line in common with the explorer.
//
//   Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing sequential consistency in C/C++11 (PLDI 2017); WG21 P0982 for C++20's
//   release sequences; Owens, Sarkar, Sewell: A better x86 memory model (TPHOLs 2009), in its axiomatic form.
#include <array>
#include <cstdint>
#include <vector>

#include "relation.hpp"

namespace enumerator {

enum class order : std::uint8_t { relaxed, acquire, release, acq_rel, seq_cst };
enum class axioms : std::uint8_t { rc20, rc11, ra, tso, sc };
enum class type : std::uint8_t { read, write, fence };

struct event {
  type is = type::read;
  unsigned loc = 0;
  order mode = order::relaxed;
  int thread = -1;  // -1: an initial write
  bool rmw = false;  // half of a successful read-modify-write
  bool compare = false;  // the read of a compare-exchange, successful or not
  bool light = false;  // a light fence (P1202): it counts against heavy ones only
  bool heavy = false;
  unsigned instruction = 0;  // of the program, in the order of the text
};

// An execution: events and the relations that the program and the choices give.
struct execution {
  std::vector<event> events;
  relation sb, rmw, rf, mo;
  relation rb, eco;  // what follows from rf and mo

  void derive() {
    rb = inverse(rf) * mo - identity(sb.size());
    eco = transitive(rf | mo | rb);
  }
};

class judge {
 public:
  judge(const execution& x, axioms m) : x_(x), model_(m), size_(x.sb.size()) {
    for (unsigned e = 0; e < size_; ++e)
      if (x.events[e].is != type::fence) at_loc_[x.events[e].loc] |= enumerator::events{1} << e;
  }

  bool consistent() {
    if (!acyclic(x_.sb | x_.rf)) return false;  // no thin air
    hb_ = happens_before();
    if (!irreflexive(hb_ * optional(x_.eco))) return false;  // coherence
    const relation between = x_.rb * x_.mo;
    for (unsigned a = 0; a < size_; ++a)  // atomicity: nothing between the two halves
      if ((x_.rmw.after(a) & between.after(a)) != 0) return false;
    if (model_ == axioms::sc) return acyclic(x_.sb | x_.rf | x_.mo | x_.rb);
    if (model_ == axioms::tso) return tso();
    return model_ == axioms::ra || acyclic(psc());
  }

 private:
  template <class P>
  enumerator::events all(const P& p) const {
    enumerator::events s = 0;
    for (unsigned e = 0; e < size_; ++e)
      if (p(x_.events[e])) s |= enumerator::events{1} << e;
    return s;
  }
  template <class P>
  relation each(const P& p) const {
    return identity(size_, all(p));
  }
  relation same_loc(relation r) const {
    for (unsigned a = 0; a < size_; ++a) r.after(a) &= x_.events[a].is == type::fence ? 0 : at_loc_[x_.events[a].loc];
    return r;
  }
  bool at_least(const event& e, order a, order b) const {
    if (e.thread < 0 || e.light) return false;
    const bool by_orders = model_ == axioms::rc20 || model_ == axioms::rc11;
    return !by_orders || e.mode == a || e.mode == b || e.mode == order::seq_cst;
  }

  //  rs  = [W] ; sb|loc? ; [W] ; (rf ; rmw)*      in C++20 without sb|loc
  //  sw  = [E_rel] ; ([F] ; sb)? ; rs ; rf ; [R] ; (sb ; [F])? ; [E_acq]
  //  hb  = (sb u sw)+
  relation happens_before() const {
    const relation w = each([](const event& e) { return e.is == type::write; });
    const relation f = each([](const event& e) { return e.is == type::fence; });
    const relation acq = each([this](const event& e) { return at_least(e, order::acquire, order::acq_rel); });
    const relation rel = each([this](const event& e) { return at_least(e, order::release, order::acq_rel); });
    const relation head = model_ == axioms::rc11 ? w * optional(same_loc(x_.sb)) * w : w;
    const relation rs = head * optional(transitive(x_.rf * x_.rmw));
    const relation sw = rel * optional(f * x_.sb) * rs * x_.rf * optional(x_.sb * f) * acq;
    return transitive(x_.sb | sw);
  }

  //  scb = sb u sb|!=loc ; hb ; sb|!=loc u hb|loc u mo u rb
  //  psc = ([E_sc] u [F_sc] ; hb?) ; scb ; ([E_sc] u hb? ; [F_sc])  u  [F_sc] ; (hb u hb ; eco ; hb) ; [F_sc]
  relation psc() const {
    const auto sc = all([](const event& e) { return e.thread >= 0 && e.mode == order::seq_cst; });
    if (sc == 0) return relation(size_);
    const auto fences = all([](const event& e) { return e.is == type::fence && e.mode == order::seq_cst; });
    const relation e_sc = identity(size_, sc);
    const relation f_sc = identity(size_, fences);
    const relation elsewhere = x_.sb - same_loc(x_.sb);
    const relation scb = x_.sb | elsewhere * hb_ * elsewhere | same_loc(hb_) | x_.mo | x_.rb;
    const relation base = (e_sc | f_sc * optional(hb_)) * scb * (e_sc | optional(hb_) * f_sc);
    const relation between_fences = f_sc * (hb_ | hb_ * x_.eco * hb_) * f_sc;
    return (base | between_fences) - asymmetric();
  }

  // What P1202 does not give: whatever has a light fence at one end, and anything but a heavy one at the other.
  relation asymmetric() const {
    relation r(size_);
    for (unsigned a = 0; a < size_; ++a)
      for (unsigned b = 0; b < size_; ++b) {
        const event& from = x_.events[a];
        const event& to = x_.events[b];
        if ((from.light && !to.heavy) || (to.light && !from.heavy)) r.add(a, b);
      }
    return r;
  }

  // x86: a store may be overtaken by later loads of its thread; locked instructions and fences stand still.
  bool tso() const {
    const auto writes = all([](const event& e) { return e.is == type::write; });
    const auto stores = all([](const event& e) { return e.is == type::write && !e.rmw && e.mode != order::seq_cst; });
    const auto loads = all([](const event& e) { return e.is == type::read && !e.rmw && !e.compare; });
    const auto fences = all([](const event& e) { return e.is == type::fence && e.mode == order::seq_cst; });
    const auto locked = all([](const event& e) { return e.is == type::read; }) & ~loads;
    const auto of = [this](enumerator::events s) { return identity(size_, s); };
    const auto passing = loads | all([](const event& e) { return e.is == type::fence; });
    relation ppo = x_.sb - of(writes) * x_.sb * of(passing);
    const auto done = (writes & ~stores) | fences;  // whatever follows these follows all that is before them
    ppo = ppo | x_.sb * of(fences | locked) | of(done) * x_.sb | x_.sb * of(fences) * x_.sb;
    relation rfe = x_.rf;
    for (unsigned a = 0; a < size_; ++a)
      rfe.after(a) &= ~all([&](const event& e) { return e.thread == x_.events[a].thread; });
    return acyclic(ppo | rfe | x_.mo | x_.rb);
  }

  const execution& x_;
  axioms model_;
  unsigned size_;
  relation hb_;
  std::array<enumerator::events, 64> at_loc_{};  // the accesses to each location
};

inline bool consistent(const execution& x, axioms m) { return judge(x, m).consistent(); }

}  // namespace enumerator
