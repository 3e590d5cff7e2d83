// SPDX-License-Identifier: BSL-1.0
#pragma once
// An execution for people: a column per thread, in an order in which each read comes after the write that it sees. A
// read says which write it saw; where there were newer ones, it says which, and that nothing made them visible.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <kit/explore/describe.hpp>
#include <kit/explore/text.hpp>

namespace sluice::explore {

class tracer {
 public:
  explicit tracer(machine& m) : graph_(m.events()), words_(m), threads_(m.thread_count()) {}

  std::string text() {
    linearise();
    std::string out;
    row(out, [this](unsigned t) { return words_.thread(t); });
    for (const entry& e : order_) row(out, [&](unsigned t) { return t == e.thread ? e.text : std::string(); });
    return out;
  }

 private:
  struct entry {
    unsigned thread;
    std::string text;
  };

  void linearise() {
    std::array<unsigned, lanes> done{};
    for (bool moved = true; moved;) {
      moved = false;
      for (unsigned t = 1; t < lanes; ++t)
        while (done[t] < graph_.size(t)) {
          const ref e{static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(done[t])};
          const ref from = graph_.at(e).rf;
          if (from != nothing && !is_initial(from) && done[from.thread] <= from.index) break;
          tell(e);
          ++done[t];
          moved = true;
        }
    }
  }

  void tell(ref name) {
    say(name.thread, words_.event_text(name));
    const event& e = graph_.at(name);
    if (e.what != kind::read) return;
    say(name.thread, detail::text("    saw ", words_.writer(e.rf)));
    if (!words_.is_stale(name)) return;
    for (ref w = graph_.co_next(e.rf); w != nothing; w = graph_.co_next(w))
      if (w.thread != name.thread || w.index < name.index)
        say(name.thread, detail::text("    not yet ", words_.value(graph_.at(w).value, e)) + " of " + words_.writer(w) +
                             why(name, w));
  }
  // Why a newer write may stay unseen.
  std::string why(ref r, ref w) const {
    return graph_.at(r).porf.knows(w) ? " (known of, but no release/acquire orders it before)"
                                      : " (nothing orders it before)";
  }

  void say(unsigned thread, std::string text) {
    lines_of_[thread].width = std::max(lines_of_[thread].width, text.size());
    order_.push_back({thread, std::move(text)});
  }

  template <class Cell>
  void row(std::string& out, const Cell& cell) const {
    std::string line;
    for (unsigned t = 1; t < lanes; ++t) {
      if (t > threads_ && (t != main_lane || graph_.size(t) == 0)) continue;
      const std::size_t width = std::max<std::size_t>(lines_of_[t].width, 6);
      std::string text = cell(t);
      text.resize(std::max(width, text.size()), ' ');
      line += text + " | ";
    }
    line.erase(line.find_last_not_of(" |") + 1);
    out += line + "\n";
  }

  struct column {
    std::size_t width = 0;
  };
  const graph& graph_;
  describer words_;
  unsigned threads_;
  std::array<column, lanes> lines_of_{};
  std::vector<entry> order_;
};

inline std::string trace_of(machine& m) { return tracer(m).text(); }

}  // namespace sluice::explore
