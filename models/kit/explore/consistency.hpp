// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a model asks beside coherence and atomicity.
#include <kit/explore/model.hpp>
#include <kit/explore/psc.hpp>
#include <kit/explore/total_order.hpp>

namespace sluice::explore {

// Is the graph consistent now that e, after which nothing happens, got its edges? Coherence is seen to by whoever chose
// them.
class consistency {
 public:
  bool holds(const graph& g, ref e, model m) {
    another_event();
    return holds_so(g, e, m);
  }
  // The same for e with one edge after the other, where nothing else changes meanwhile.
  void another_event() { psc_.forget(); }
  bool holds_so(const graph& g, ref e, model m) {
    if (by_orders(m)) return !psc_check::concerns(g, e) || psc_.acyclic_after(g, e);
    return m == model::ra || total_.acyclic(g, m == model::tso);
  }

 private:
  psc_check psc_;
  total_order_check total_;
};

}  // namespace sluice::explore
