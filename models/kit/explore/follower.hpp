// SPDX-License-Identifier: BSL-1.0
#pragma once
// Follows a token, event by event. One that was changed, or is of another client or model, must not make an alarm: where it
// is no execution, that is said, and what is found there counts for nothing.
#include <string>

#include <kit/explore/guide.hpp>

namespace sluice::explore {

class follower {
 public:
  void follow(const guide& g) {
    guide_ = &g;
    astray_.clear();
  }
  const guide* followed() const { return guide_; }
  // Where the token turned out to be no execution of the client; empty as long as it may be one.
  const std::string& astray() const { return astray_; }
  void stray(ref e, const char* what) {
    if (astray_.empty()) astray_ = guide::here(e) + what;
  }

  // Does the token say how e is?
  bool is_guided(ref e, char what) {
    if (!guide_->covers(e)) return false;
    if (guide_->of(e).what != what) stray(e, "not what comes next in the client's operation");
    return guide_->of(e).what == what;
  }
  bool fails_spuriously(ref r) { return is_guided(r, 'r') && guide_->of(r).spurious; }
  // The write that r reads, of those from `floor` on; the last one where the token is at its end.
  ref source(const graph& g, ref r, ref floor) {
    const ref last = g.co_last(g.at(r).loc);
    if (!is_guided(r, 'r')) return last;
    const ref from = reached(g, last, guide_->write_for(r, g.at(r).loc), floor);
    if (from == nothing) stray(r, "a read of what it cannot see");
    return from == nothing ? last : from;
  }
  // After which write, of those from `floor` on, w stands.
  ref place(const graph& g, ref w, ref floor) {
    const ref last = g.co_last(g.at(w).loc);
    const ref before = is_guided(w, 'w') ? reached(g, last, guide_->place_for(g, w), floor) : nothing;
    if (before != nothing && g.exclusive_after(before) == nothing) return before;
    stray(w, "a write where none can stand");
    return last;
  }
  std::uint64_t choice(const graph& g, ref c) {
    if (!is_guided(c, 'c')) return 0;
    if (guide_->of(c).value < g.at(c).operand) return guide_->of(c).value;
    stray(c, "a choice that the client has not got");
    return 0;
  }
  void check_seated(const event& e, ref r, bool is_consistent) {
    if (e.spurious && e.value != e.expected) stray(r, "a compare-exchange that has a reason to fail");
    if (!is_consistent) stray(r, "a read that the memory model forbids");
  }

 private:
  // `wanted`, if that is one of the writes from `floor` to `last`.
  static ref reached(const graph& g, ref last, ref wanted, ref floor) {
    ref w = last;
    while (w != wanted && w != floor) w = g.at(w).co_prev;
    return w == wanted ? w : nothing;
  }

  const guide* guide_ = nullptr;
  std::string astray_;
};

}  // namespace sluice::explore
