// SPDX-License-Identifier: BSL-1.0
#pragma once
// A shape with every mixture of orders and fences: each access takes each order that it can have, and between any two
// accesses of a thread stands no fence or each kind of fence.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "enumerate.hpp"
#include "explored.hpp"

namespace enumerator {

inline std::vector<order> choices_of(what how) {
  switch (how) {
    case what::load: return {order::relaxed, order::acquire, order::seq_cst};
    case what::store: return {order::relaxed, order::release, order::seq_cst};
    default: return {order::relaxed, order::acquire, order::release, order::acq_rel, order::seq_cst};
  }
}
// The orders that are one step weaker.
inline std::vector<order> weaker(what how, order o) {
  const bool both = how != what::load && how != what::store;
  switch (o) {
    case order::relaxed: return {};
    case order::acquire:
    case order::release: return {order::relaxed};
    case order::acq_rel: return {order::acquire, order::release};
    default: return {both ? order::acq_rel : how == what::load ? order::acquire : order::release};
  }
}

// `shape`, with room for a fence (a relaxed one is none) between any two accesses of a thread.
inline program with_gaps(const program& shape) {
  program p;
  for (const thread& t : shape) {
    thread& roomy = p.emplace_back();
    for (const instruction& i : t) {
      if (!roomy.empty()) roomy.push_back({.how = what::fence});
      roomy.push_back(i);
    }
  }
  return p;
}

class mixtures {
 public:
  explicit mixtures(program p) : program_(std::move(p)), candidates_(program_) {
    for (thread& t : program_)
      for (instruction& i : t) slots_.push_back(&i);
  }

  struct difference {
    std::string mixture;
    results expected, found;
  };

  // Asks both for each mixture; stops at the first difference. `weak` is the outcome that names the shape.
  template <class IsWeak>
  std::vector<difference> compare(axioms m, const IsWeak& weak) {
    std::vector<order> modes(slots_.size(), order::relaxed);
    allowing_.clear();
    tried_ = executions_ = 0;
    do {
      for (std::size_t s = 0; s < slots_.size(); ++s) slots_[s]->mode = modes[s];
      const results expected = candidates_.judge(m, modes);
      const results found = explore(program_, static_cast<sluice::explore::model>(m));
      if (found != expected) return {{text(modes), expected, found}};
      ++tried_;
      for (const auto& [r, times] : found) executions_ += times;
      allowing_.push_back(std::any_of(found.begin(), found.end(), [&](const auto& f) { return weak(f.first); }));
    } while (next(modes));
    return {};
  }

  // Hands each mixture to `visit`, until it answers false.
  template <class Visit>
  void each(const Visit& visit) {
    std::vector<order> modes(slots_.size(), order::relaxed);
    do {
      for (std::size_t s = 0; s < slots_.size(); ++s) slots_[s]->mode = modes[s];
      if (!visit(program_)) return;
    } while (next(modes));
  }

  unsigned long tried() const { return tried_; }
  unsigned long executions() const { return executions_; }
  unsigned long allow() const {
    return static_cast<unsigned long>(std::count(allowing_.begin(), allowing_.end(), true));
  }

  // The mixtures that forbid the outcome while every weaker one allows it. What is stronger than these has to forbid it
  // too: `monotone` says whether it does.
  std::vector<std::string> weakest_that_forbid(bool& monotone) const {
    std::vector<std::string> all;
    std::vector<order> modes(slots_.size(), order::relaxed);
    monotone = true;
    std::size_t n = 0;
    do {
      bool below = false;  // a weaker one forbids it
      for (std::size_t s = 0; s < slots_.size(); ++s)
        for (const order o : weaker(slots_[s]->how, modes[s])) {
          std::vector<order> less = modes;
          less[s] = o;
          below = below || !allowing_[place_of(less)];
        }
      if (!allowing_[n] && !below) all.push_back(text(modes));
      monotone = monotone && !(below && allowing_[n]);
      ++n;
    } while (next(modes));
    return all;
  }

 private:
  bool next(std::vector<order>& modes) const {
    for (std::size_t s = slots_.size(); s-- > 0;) {
      const std::vector<order> all = choices_of(slots_[s]->how);
      const auto at = std::find(all.begin(), all.end(), modes[s]) + 1;
      modes[s] = at == all.end() ? all.front() : *at;
      if (at != all.end()) return true;
    }
    return false;
  }
  std::size_t place_of(const std::vector<order>& modes) const {
    std::size_t n = 0;
    for (std::size_t s = 0; s < slots_.size(); ++s) {
      const std::vector<order> all = choices_of(slots_[s]->how);
      n = n * all.size() + static_cast<std::size_t>(std::find(all.begin(), all.end(), modes[s]) - all.begin());
    }
    return n;
  }
  // "Wx.rel Ry.acq | Wy.rlx F.sc Rx.rlx"
  std::string text(const std::vector<order>& modes) const {
    constexpr const char* orders[] = {"rlx", "acq", "rel", "ar", "sc"};
    std::string s;
    std::size_t slot = 0;
    for (const thread& t : program_) {
      if (slot != 0) s += "| ";
      for (const instruction& i : t) {
        const order o = modes[slot++];
        if (i.how == what::fence && o == order::relaxed) continue;
        s += i.how == what::fence ? "F" : i.how == what::load ? "R" : i.how == what::store ? "W" : "U";
        if (i.how != what::fence) s += "xyz"[i.loc];
        s += std::string(".") + orders[static_cast<unsigned>(o)] + " ";
      }
    }
    s.pop_back();
    return s;
  }

  program program_;
  candidates candidates_;
  std::vector<instruction*> slots_;
  std::vector<bool> allowing_;  // by place_of
  unsigned long tried_ = 0;
  unsigned long executions_ = 0;
};

}  // namespace enumerator
