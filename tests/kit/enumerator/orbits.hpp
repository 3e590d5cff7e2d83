// SPDX-License-Identifier: BSL-1.0
#pragma once
// The executions of a straight-line program by brute force, as texts: a line per thread, of each instruction what it
// read from and which write stands before its own. An orbit are those that differ only in which thread of a role did what.
#include <set>
#include <string>
#include <vector>

#include "enumerate.hpp"
#include "roles.hpp"

namespace enumerator {

class text_of_execution {
 public:
  text_of_execution(const execution& x, const program& p) : x_(x) {
    for (const thread& t : p)
      first_.push_back(first_.empty() ? 0 : first_.back() + size_), size_ = static_cast<unsigned>(t.size());
  }
  std::string under(const std::vector<unsigned>& names) const {
    std::vector<std::string> lines(names.size());
    for (unsigned e = 0; e < x_.events.size(); ++e)
      if (x_.events[e].thread >= 0 && x_.events[e].is != type::fence)
        lines[names[static_cast<unsigned>(x_.events[e].thread)]] += before(e, names);
    std::string all;
    for (const std::string& line : lines) all += line + "|";
    return all;
  }

 private:
  // The write that e reads from, or that stands right before it.
  std::string before(unsigned e, const std::vector<unsigned>& names) const {
    const relation& r = x_.events[e].is == type::read ? x_.rf : x_.mo;
    for (unsigned w = 0; w < x_.events.size(); ++w) {
      bool last = r.has(w, e);
      for (unsigned v = 0; v < x_.events.size(); ++v) last = last && !(x_.mo.has(w, v) && r.has(v, e));
      if (last) return (x_.events[e].is == type::read ? "r" : "w") + name(w, names) + " ";
    }
    return {};
  }
  std::string name(unsigned w, const std::vector<unsigned>& names) const {
    if (x_.events[w].thread < 0) return "i";
    const auto of = static_cast<unsigned>(x_.events[w].thread);
    return std::to_string(names[of]) + "." + std::to_string(x_.events[w].instruction - first_[of]);
  }

  const execution& x_;
  std::vector<unsigned> first_;
  unsigned size_ = 0;
};

inline std::set<std::string> orbits(const program& p, axioms m, const std::vector<unsigned>& roles) {
  std::set<std::string> all;
  candidates(p).each_consistent(m, [&](const execution& x) {
    const text_of_execution text(x, p);
    all.insert(least_text(roles, [&text](const std::vector<unsigned>& names) { return text.under(names); }));
  });
  return all;
}

}  // namespace enumerator
