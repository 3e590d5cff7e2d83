// SPDX-License-Identifier: BSL-1.0
#pragma once
// One execution as a token, and the way back: what each event of each thread decided. A token says, thread by thread,
//
//   r2.5  reads from event 5 of lane 2       r-   reads the initial value      (s after it: and fails spuriously)
//   w3    a write, the third of its location in coherence order
//   c1    a choice                           f    a fence                      b   goes no further
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <kit/explore/graph.hpp>
#include <kit/explore/text.hpp>

namespace sluice::explore {

class guide {
 public:
  struct decision {
    char what = 'f';
    bool spurious = false;
    ref from = nothing;       // nothing: the initial write
    std::uint64_t value = 0;  // of a choice; rank of a write
  };

  static std::string token_of(const graph& g) { return token_of(g, clock::everything()); }
  // Of the events that `kept` knows.
  static std::string token_of(const graph& g, const clock& kept) {
    std::string token;
    for (unsigned t = 1; t < lanes; ++t) {
      if (t > 1) token += "/";
      for (unsigned i = 0; i < g.size(t) && static_cast<clock::count>(i) < kept.seen[t]; ++i) {
        if (i > 0) token += ",";
        token += text_of(g, {static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(i)});
      }
    }
    return token;
  }

  explicit guide(const std::string& token) {
    unsigned t = 1;
    const char* at = token.c_str();
    while (*at != '\0' && t < lanes) {
      if (*at == '/') ++t;
      if (*at == '/' || *at == ',') {
        ++at;
        continue;
      }
      lanes_[t].push_back(parse(at));
    }
  }

  bool covers(ref e) const { return e.index < lanes_[e.thread].size(); }
  const decision& of(ref e) const { return lanes_[e.thread][e.index]; }
  ref write_for(ref read, unsigned loc) const {
    const ref from = of(read).from;
    return from == nothing ? initial_write(loc) : from;
  }
  // After which of the writes that are there does w stand?
  ref place_for(const graph& g, ref w) const {
    ref before = g.co_last(g.at(w).loc);
    while (!is_initial(before) && of(before).value > of(w).value) before = g.at(before).co_prev;
    return before;
  }

 private:
  static std::string text_of(const graph& g, ref name) {
    const event& e = g.at(name);
    switch (e.what) {
      case kind::read: {
        const std::string from =
            is_initial(e.rf) ? "-" : std::to_string(e.rf.thread) + "." + std::to_string(e.rf.index);
        return detail::text("r", from) + (e.spurious ? "s" : "");
      }
      case kind::write: {
        unsigned rank = 0;
        for (ref w = name; !is_initial(w); w = g.at(w).co_prev) ++rank;
        return detail::text("w", rank);
      }
      case kind::choice: return detail::text("c", e.value);
      case kind::fence: return "f";
      case kind::block: break;
    }
    return "b";
  }

  static decision parse(const char*& at) {
    decision d;
    d.what = *at++;
    if (*at == '-') {
      ++at;
    } else if (d.what != 'f' && d.what != 'b') {
      d.value = number(at);
      if (*at == '.') d.from = {static_cast<std::uint16_t>(d.value), static_cast<std::uint16_t>(number(++at))};
    }
    d.spurious = *at == 's';
    if (d.spurious) ++at;
    return d;
  }
  static std::uint64_t number(const char*& at) {
    char* end = nullptr;
    const std::uint64_t n = std::strtoull(at, &end, 10);
    at = end;
    return n;
  }

  std::array<std::vector<decision>, lanes> lanes_;
};

}  // namespace sluice::explore
