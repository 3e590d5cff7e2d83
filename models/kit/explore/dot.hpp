// SPDX-License-Identifier: BSL-1.0
#pragma once
// An execution for Graphviz: threads as columns, program order downwards, reads-from and coherence as coloured edges.
#include <string>

#include <kit/explore/describe.hpp>
#include <kit/explore/text.hpp>

namespace sluice::explore {

namespace detail {

inline std::string dot_name(ref e) {
  return (is_initial(e) ? "i" : text("t", e.thread) + "_") + std::to_string(e.index);
}
inline std::string dot_edge(ref a, ref b, const char* style) {
  return text("  ", dot_name(a)) + " -> " + dot_name(b) + " [" + style + "];\n";
}

}  // namespace detail

inline std::string dot_of(machine& m) {
  const graph& g = m.events();
  const describer words(m);
  std::string out = "digraph execution {\n  node [shape=plaintext, fontname=monospace];\n";
  for (unsigned l = 0; l < g.locations().size(); ++l)
    out += detail::text("  i", l) + " [label=\"" + words.location(l) + " = " +
           std::to_string(g.locations()[l].initial) + "\"];\n";
  for (unsigned t = 1; t < lanes; ++t) {
    if (g.size(t) == 0) continue;
    out += detail::text("  subgraph cluster_", t) + " { label=\"" + words.thread(t) + "\";\n";
    for (unsigned i = 0; i < g.size(t); ++i) {
      const ref e{static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(i)};
      out += detail::text("    ", detail::dot_name(e)) + " [label=\"" + words.event_text(e) + "\"];\n";
    }
    out += "  }\n";
    for (unsigned i = 1; i < g.size(t); ++i)
      out += detail::dot_edge({static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(i - 1)},
                              {static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(i)}, "weight=9");
  }
  for (const ref e : g.added()) {
    const event& x = g.at(e);
    if (x.what == kind::read) out += detail::dot_edge(x.rf, e, "color=green4, label=rf, constraint=false");
    if (x.what == kind::write && x.placed)
      out += detail::dot_edge(x.co_prev, e, "color=brown, label=co, constraint=false");
  }
  return out + "}\n";
}

}  // namespace sluice::explore
