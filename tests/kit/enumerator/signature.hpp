// SPDX-License-Identifier: BSL-1.0
#pragma once
// An explored execution as text, its threads under names that one gives them: two executions are the same if their
// texts are.
#include <kit/explore.hpp>
#include <string>
#include <vector>

#include "roles.hpp"

namespace enumerator {

class signature {
 public:
  // names[t]: of thread t, a number below the number of threads.
  signature(const sluice::explore::graph& g, const std::vector<unsigned>& names) : graph_(g), names_(names) {}

  std::string text() const {
    std::vector<std::string> lines(names_.size());
    for (unsigned t = 0; t < names_.size(); ++t)
      for (unsigned i = 0; i < graph_.size(t + 1); ++i)
        lines[names_[t]] += of({static_cast<std::uint16_t>(t + 1), static_cast<std::uint16_t>(i)}) + " ";
    std::string s;
    for (const std::string& line : lines) s += line + "|";
    return s;
  }

 private:
  using ref = sluice::explore::ref;

  std::string name(ref e) const {
    if (e == sluice::explore::nothing) return "-";
    if (sluice::explore::is_initial(e)) return "i";
    return std::to_string(names_[e.thread - 1U]) + "." + std::to_string(e.index);
  }
  std::string of(ref e) const {
    const sluice::explore::event& x = graph_.at(e);
    // Which sleeper a choice means depends on the numbering; whom it woke shows in what the sleepers read.
    const bool tells = x.what == sluice::explore::kind::choice && x.how != sluice::explore::op::wake_pick;
    return std::to_string(static_cast<int>(x.how)) + name(x.rf) + name(x.co_prev) +
           (tells ? std::to_string(x.value) : "");
  }

  const sluice::explore::graph& graph_;
  const std::vector<unsigned>& names_;
};

inline std::string orbit_of(const sluice::explore::graph& g, const std::vector<unsigned>& roles) {
  return least_text(roles, [&g](const std::vector<unsigned>& names) { return signature(g, names).text(); });
}

}  // namespace enumerator
