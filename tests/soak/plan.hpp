// SPDX-License-Identifier: BSL-1.0
#pragma once
// What one run of the soak does, drawn from a seed: layers of channels of any capacity, and between them workers, threads, tasks or
// coroutines. Those of the first layer make messages, those between two layers hand them on, those behind the last one end
// them. Every channel has a worker that takes from it until it is closed and drained, whatever else that one does, so that
// nothing waits for ever.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace sluice::test::soak {

class dice {
 public:
  explicit dice(std::uint64_t seed) : engine_(seed) {}
  unsigned below(unsigned n) { return static_cast<unsigned>(engine_() % n); }
  bool one_in(unsigned n) { return below(n) == 0; }
  std::uint64_t seed() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

enum class kind : std::uint8_t {
  thread,
  task,
  coroutine,
  pooled
};  // pooled: a coroutine that is resumed by a pool, not in place
enum class form : std::uint8_t {
  small,
  wide,
  owned,
  aligned
};  // of the messages; a coroutine cannot hold what is over-aligned

struct worker_plan {
  kind runs_as = kind::thread;
  std::vector<unsigned> from;  // numbers of channels, at most three
  std::vector<unsigned> to;
  unsigned messages = 0;  // that it makes itself
  std::uint64_t seed = 0;
};

struct plan {
  static constexpr std::size_t without_bound = SIZE_MAX;

  std::vector<std::size_t> capacities;  // of each channel
  std::vector<unsigned> layer_of;  // of each channel
  unsigned layers = 0;
  std::vector<worker_plan> workers;
  unsigned closes_early = 0;  // so many channels are closed by somebody in between
  bool stops = false;  // somebody requests stops all the time
  form messages = form::small;

  explicit plan(std::uint64_t seed) {
    dice d(seed);
    messages = static_cast<form>(d.below(4));
    layers = 1 + d.below(3);
    std::vector<std::vector<unsigned>> at(layers);
    for (unsigned l = 0; l != layers; ++l)
      for (unsigned n = 1 + d.below(4); n != 0; --n) at[l].push_back(add_channel(d, l));
    for (unsigned n = 1 + d.below(4); n != 0; --n) {
      worker_plan& w = add_worker(d);
      w.messages = 1 + d.below(400);
      w.to = some_of(d, at[0]);
    }
    for (unsigned l = 0; l != layers; ++l) add_takers(d, at[l], l + 1 == layers ? std::vector<unsigned>{} : at[l + 1]);
    closes_early = d.one_in(3) ? 1 + d.below(3) : 0;
    stops = d.one_in(2);
  }

  bool any(kind k) const {
    return std::any_of(workers.begin(), workers.end(), [k](const worker_plan& w) { return w.runs_as == k; });
  }

  std::string describe() const {
    constexpr const char* kinds[] = {"thread", "task", "coroutine", "pooled coroutine"};
    constexpr const char* forms[] = {"small", "wide", "owned", "aligned"};
    std::ostringstream text;
    text << forms[static_cast<int>(messages)] << " messages, " << layers << " layers, capacities";
    for (const std::size_t c : capacities) (c == without_bound ? text << " unbounded" : text << " " << c);
    for (const worker_plan& w : workers) {
      text << "; " << kinds[static_cast<int>(w.runs_as)];
      for (const unsigned c : w.from) text << " <" << c;
      for (const unsigned c : w.to) text << " >" << c;
    }
    text << (stops ? "; stops" : "") << (closes_early != 0 ? "; early closes" : "");
    return text.str();
  }

 private:
  unsigned add_channel(dice& d, unsigned layer) {
    constexpr std::size_t choices[] = {0, 0, 1, 1, 2, 3, 7, 64, without_bound};
    capacities.push_back(choices[d.below(std::size(choices))]);
    layer_of.push_back(layer);
    return static_cast<unsigned>(capacities.size() - 1);
  }
  worker_plan& add_worker(dice& d) {
    worker_plan& w = workers.emplace_back();
    w.runs_as = static_cast<kind>(d.below(messages == form::aligned ? 2 : 4));
    w.seed = d.seed();
    return w;
  }
  static std::vector<unsigned> some_of(dice& d, const std::vector<unsigned>& all) {
    std::vector<unsigned> some;
    for (const unsigned c : all)
      if (some.size() != 3 && d.one_in(2)) some.push_back(c);
    if (some.empty()) some.push_back(all[d.below(static_cast<unsigned>(all.size()))]);
    return some;
  }
  // At least one for each channel of a layer, perhaps one for several, and others beside them.
  void add_takers(dice& d, const std::vector<unsigned>& from, const std::vector<unsigned>& to) {
    for (std::size_t i = 0; i != from.size();) {
      worker_plan& w = add_worker(d);
      for (unsigned n = 1 + d.below(3); n != 0 && i != from.size(); --n) w.from.push_back(from[i++]);
      if (!to.empty()) w.to = some_of(d, to);
    }
    for (unsigned n = d.below(3); n != 0; --n) {
      worker_plan& w = add_worker(d);
      w.from = some_of(d, from);
      if (!to.empty()) w.to = some_of(d, to);
    }
  }
};

}  // namespace sluice::test::soak
