// SPDX-License-Identifier: BSL-1.0
#pragma once
// The states that have been visited, and which leads to which: a state from which none that ends can be reached is one
// in which threads wait for ever.
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include <kit/explore/digest.hpp>

namespace sluice::explore {

class state_space {
 public:
  using id = std::uint32_t;
  static constexpr id end = 0;

  std::uint64_t size() const { return known_.size(); }

  // The state that the path has come to, `depth` decisions after its start. False: it was known already.
  bool enter(const digest& state, std::size_t depth) {
    const auto [at, is_new] = known_.try_emplace(state, static_cast<id>(known_.size() + 1));
    came_to(at->second);
    if (is_new) path_.push_back({depth, at->second});
    found_ = at->second == wanted_;
    return is_new && !found_;
  }
  void came_to_an_end() { came_to(end); }

  // The path was cut back to its first `depth` decisions, the last of which is now another one.
  void cut(std::size_t depth) {
    while (!path_.empty() && path_.back().depth >= depth) path_.pop_back();
  }
  id last() const { return path_.empty() ? end : path_.back().state; }

  // A state that leads to no end, or `end` if there is none.
  id hopeless() const {
    const auto n = static_cast<id>(known_.size() + 1);
    std::vector<std::uint32_t> first(n + 1, 0);
    for (const auto& [from, to] : edges_) ++first[to + 1];
    for (id i = 0; i < n; ++i) first[i + 1] += first[i];
    std::vector<id> before(edges_.size());
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for (const auto& [from, to] : edges_) before[next[to]++] = from;
    std::vector<bool> good(n, false);
    std::vector<id> left{end};
    good[end] = true;
    while (!left.empty()) {
      const id s = left.back();
      left.pop_back();
      for (std::uint32_t i = first[s]; i < first[s + 1]; ++i)
        if (!good[before[i]]) good[before[i]] = true, left.push_back(before[i]);
    }
    for (id i = 1; i < n; ++i)
      if (!good[i]) return i;
    return end;
  }

  // To stop at a state when it is entered again, after clear(): the same search gives states the same numbers.
  void seek(id wanted) { wanted_ = wanted; }
  bool found() const { return found_; }

  void clear() { *this = {}; }

 private:
  struct hash {
    std::size_t operator()(const digest& d) const { return d.low; }
  };
  struct step {
    std::size_t depth;
    id state;
  };
  void came_to(id state) {
    if (!path_.empty()) edges_.emplace_back(path_.back().state, state);
  }

  std::unordered_map<digest, id, hash> known_;
  std::vector<step> path_;
  std::vector<std::pair<id, id>> edges_;
  id wanted_ = end;
  bool found_ = false;
};

}  // namespace sluice::explore
