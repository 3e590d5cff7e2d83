// SPDX-License-Identifier: BSL-1.0
#pragma once
// One execution, built forward: each event is added after what it reads from, in one of the ways that are consistent.
// Every consistent graph without a cycle in po u rf can be built so, in any order that respects po u rf. So a write, a
// fence or a choice may be added as soon as its thread comes to it, and only reads have to wait for their turn: a later
// write may stand before an earlier one in coherence order, but nobody can read from what is not there.
//
// A path is the sequence of decisions (which thread reads next, what it reads from, where a write stands). backtrack()
// goes on to the next path, depth first; what the path before decided is then decided again without being looked for.
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <kit/explore/builder.hpp>
#include <kit/explore/coherence.hpp>
#include <kit/explore/consistency.hpp>

namespace sluice::explore {

class forward : public graph_builder<forward> {
 public:
  // A write to read from or to stand after, or a number that was chosen.
  struct alternative {
    ref target = nothing;
    std::uint32_t number = 0;
    bool spurious = false;
  };

  // `seed`: not 0, alternatives are taken in an order that it decides.
  forward(model m, unsigned spurious_bound, std::uint64_t seed)
      : graph_builder(m, spurious_bound), seed_(seed), random_(seed) {}

  graph& current() { return graph_; }
  const graph& current() const { return graph_; }

  void start() {
    graph_.clear();
    at_ = 0;
    impossible_ = false;
  }
  // Back to where the graph had so many events, after so many decisions of the path.
  void go_back(std::size_t decisions, std::size_t events) {
    graph_.truncate(events);
    at_ = decisions;
    impossible_ = false;
  }
  // Are we past what the path before this one decided?
  bool on_new_ground() const { return at_ == path_.size(); }

  // Adds the events of one operation. False: there is no consistent way.
  bool extend(unsigned thread, const request& r) {
    const ref e = graph_.append(thread, r);
    switch (r.what) {
      case kind::read: add_read(e); break;
      case kind::write: add_write(e); break;
      case kind::choice: add_choice(e); break;
      default: time_fence(graph_, e, model_); break;  // always consistent: it comes after all that it is ordered with
    }
    return !impossible_ && complete(thread) && !impossible_;
  }
  void extend_forced(unsigned thread, const request& r, ref from) { seat(graph_.append(thread, r), from, false); }

  void extend_chosen(unsigned thread, const request& r, std::uint64_t value) {
    const ref c = graph_.append(thread, r);
    graph_.at(c).value = value;
    time_fence(graph_, c, model_);
  }

  std::size_t path_length() const { return path_.size(); }

  // One of the numbers of `from`.
  std::uint32_t decide(const std::vector<std::uint32_t>& from) {
    if (on_new_ground()) {
      begin_decision();
      for (const std::uint32_t n : from) alternatives_.push_back({nothing, n, false});
      end_decision();
    }
    return taken().number;
  }

  // From now on reads see the newest write that they can, and writes come last; or what the seed says.
  void be_orderly(bool yes) { orderly_ = yes; }
  // Alternatives are taken at random, whatever the seed.
  void be_random(bool yes) { at_random_ = yes; }
  // Of a read or a write, the most there were.
  std::size_t most_alternatives() const { return most_alternatives_; }

  // Goes to the next path; false when there is none.
  bool backtrack() {
    while (!path_.empty()) {
      decision& last = path_.back();
      if (++last.chosen < last.end) return true;
      alternatives_.resize(last.begin);
      path_.pop_back();
    }
    return false;
  }

  // Forgets the path, so that the next one takes its alternatives at random again.
  void walk_on() {
    alternatives_.clear();
    path_.clear();
  }

  // Forgets the path, so that the search begins anew, and the same.
  void start_over() {
    walk_on();
    random_.seed(seed_);
  }

 private:
  friend class graph_builder<forward>;
  static void timed(ref) {}
  struct decision {
    std::uint32_t begin, end, chosen;  // indices into alternatives_
  };

  void begin_decision() {
    begin_ = static_cast<std::uint32_t>(alternatives_.size());
    consistency_.another_event();
  }
  // False: there was nothing to decide between.
  bool end_decision_of_order() {
    most_alternatives_ = std::max(most_alternatives_, alternatives_.size() - begin_);
    return end_decision(orderly_);
  }
  bool end_decision(bool in_order = false) {
    const auto end = static_cast<std::uint32_t>(alternatives_.size());
    if (begin_ == end) return false;
    if ((seed_ != 0 || at_random_) && !in_order)
      std::shuffle(alternatives_.begin() + begin_, alternatives_.end(), random_);
    path_.push_back({begin_, end, begin_});
    return true;
  }
  const alternative& taken() { return alternatives_[path_[at_++].chosen]; }

  void add_read(ref r) {
    graph_.need_location(graph_.at(r).loc);
    if (on_new_ground()) {
      begin_decision();
      const unsigned loc = graph_.at(r).loc;
      const ref floor = coherence_floor(graph_, loc, past_of_read(graph_, r));
      for (ref w = graph_.co_last(loc);; w = graph_.at(w).co_prev) {
        consider_reading(r, w, false);
        if (may_fail_spuriously(r, w)) consider_reading(r, w, true);
        if (w == floor) break;
      }
      graph_.read_from(r, nothing);
      if (!end_decision_of_order()) impossible_ = true;
    }
    if (impossible_) return seat(r, graph_.co_last(graph_.at(r).loc), false);
    const alternative& a = taken();
    seat(r, a.target, a.spurious);
  }
  void consider_reading(ref r, ref w, bool spurious) {
    if (!spurious && graph_.exclusive_after(w) != nothing && writes(graph_.at(r), graph_.value_of(w), false)) return;
    seat(r, w, spurious);
    if (consistency_.holds_so(graph_, r, model_)) alternatives_.push_back({w, 0, spurious});
  }

  void add_write(ref w) {
    const unsigned loc = graph_.at(w).loc;
    graph_.need_location(loc);
    graph_.at(w).value = graph_.at(w).operand;
    time_write(graph_, w, model_);
    if (on_new_ground()) {
      begin_decision();
      const ref floor = coherence_floor(graph_, loc, graph_.at(w).hb);
      for (ref before = graph_.co_last(loc);; before = graph_.at(before).co_prev) {
        if (graph_.exclusive_after(before) == nothing) consider_place(w, before);
        if (before == floor) break;
      }
      if (!end_decision_of_order()) impossible_ = true;
    }
    graph_.place_after(w, impossible_ ? graph_.co_last(loc) : taken().target);
  }
  void consider_place(ref w, ref before) {
    graph_.place_after(w, before);
    if (consistency_.holds_so(graph_, w, model_)) alternatives_.push_back({before, 0, false});
    graph_.displace(w);
  }

  void add_choice(ref c) {
    event& e = graph_.at(c);
    if (on_new_ground()) {
      begin_decision();
      for (std::uint32_t v = 0; v < e.operand; ++v) alternatives_.push_back({nothing, v, false});
      end_decision();
    }
    e.value = taken().number;
    time_fence(graph_, c, model_);
  }
  void written(ref) {}
  void enter_cannot_write(ref) { impossible_ = true; }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  graph graph_;
  std::vector<decision> path_;
  std::vector<alternative> alternatives_;
  std::size_t at_ = 0;
  std::uint32_t begin_ = 0;
  bool impossible_ = false;
  bool orderly_ = false;
  bool at_random_ = false;
  std::size_t most_alternatives_ = 1;
  consistency consistency_;
};

}  // namespace sluice::explore
