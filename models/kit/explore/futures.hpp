// SPDX-License-Identifier: BSL-1.0
#pragma once
// What each thread may still do: the locations that it may access or write to, and which fences may come. A
// thread goes from place to place, a place being what of its own state is looked at (see place_of in
// machine_independence.hpp); what lies ahead of it is what lies on the ways from there that a search has seen. So it is
// learnt: a search takes what was seen before for all there is, and begins anew if it was more.
//
// The last search, which saw nothing new, has been through everything. For think of the shortest way through all states
// to a step that was not expected. Up to there everything was as expected, so that the search has come to a state that
// goes on alike, in which the thread stands in the same own state and can take the same step; it would have been seen.
// Only a sleeper can lose a step to others, to who wakes it: that it may leave by itself is expected without having been seen
// (left_by in machine_independence.hpp).
#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include <kit/explore/event.hpp>

namespace sluice::explore {

class futures {
 public:
  using locations = std::uint64_t;  // a bit each; the last one stands for all that have none of their own
  using place = std::uint64_t;
  static constexpr locations bit(unsigned loc) { return 1ULL << (loc < 63 ? loc : 63); }

  // Kinds of fences, a bit each.
  static constexpr unsigned acquiring = 1;  // all but light ones: after them counts what was read without acquiring it
  static constexpr unsigned seq_cst = 2;  // heavy ones too
  static constexpr unsigned heavy = 4;
  static constexpr unsigned light = 8;
  static constexpr unsigned fences_like(const event& e) {
    if (e.how == op::fence_light) return light;
    if (e.how == op::fence_heavy) return acquiring | seq_cst | heavy;
    return acquiring | (e.success == order::seq_cst ? seq_cst : 0U);
  }
  // Those that psc orders after an access or a fence of that kind, if anything leads there (see psc.hpp).
  static constexpr unsigned fences_after(op how) {
    return how == op::fence_light ? heavy : how == op::fence_heavy ? seq_cst | light : seq_cst;
  }

  struct acts {
    locations writes = 0;
    locations accesses = 0;  // those included
    locations ordered = 0;  // those of accesses that are or may be seq_cst
    unsigned fences = 0;  // kinds

    static constexpr acts any() { return {~0ULL, ~0ULL, ~0ULL, ~0U}; }
    // A read-modify-write counts as a write even if it wrote nothing: another one before it may have been why.
    void add(const event& e) {
      if (e.what == kind::write || (e.what == kind::read && may_write(e.how))) writes |= bit(e.loc);
      if (e.what == kind::write || e.what == kind::read) accesses |= bit(e.loc);
      if (e.what == kind::fence) fences |= fences_like(e);
      if (e.what != kind::fence && (e.success == order::seq_cst || e.failure == order::seq_cst)) ordered |= bit(e.loc);
    }
    void add(const acts& o) {
      writes |= o.writes;
      accesses |= o.accesses;
      ordered |= o.ordered;
      fences |= o.fences;
    }
    bool hold(const acts& o) const {
      return (o.writes & ~writes) == 0 && (o.accesses & ~accesses) == 0 && (o.ordered & ~ordered) == 0 &&
             (o.fences & ~fences) == 0;
    }
  };

  // What a thread that stands there is expected to do, until take_up() is called.
  const acts& of(unsigned thread, place at) { return threads_[thread][at].expected; }

  // A thread did `done` on its way from one place to the next.
  void went(unsigned thread, place from, place to, const acts& done) {
    const acts then = threads_[thread][to].expected;
    node& n = threads_[thread][from];
    if (!n.expected.hold(done) || !n.expected.hold(then)) surprised_ = true;
    for (edge& e : n.next)
      if (e.to == to) return e.done.add(done);
    n.next.push_back({to, done});
  }

  // Has anything happened that was not expected?
  bool surprised() const { return surprised_; }
  void take_up() {
    surprised_ = false;
    for (auto& nodes : threads_)
      for (bool more = true; more;) {
        more = false;
        for (auto& [at, n] : nodes)
          for (const edge& e : n.next) {
            acts ahead = e.done;
            ahead.add(nodes[e.to].expected);
            more = more || !n.expected.hold(ahead);
            n.expected.add(ahead);
          }
      }
  }
  // How many places threads have been at.
  std::size_t size() const {
    std::size_t all = 0;
    for (const auto& nodes : threads_) all += nodes.size();
    return all;
  }

 private:
  static constexpr bool may_write(op how) {
    return how != op::load && how != op::futex_check && how != op::futex_woken;
  }
  struct edge {
    place to;
    acts done;
  };
  struct node {
    acts expected;
    std::vector<edge> next;
  };
  std::array<std::unordered_map<place, node>, lanes> threads_;
  bool surprised_ = false;
};

}  // namespace sluice::explore
