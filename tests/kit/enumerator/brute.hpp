// SPDX-License-Identifier: BSL-1.0
#pragma once
// The oracle for clients with loops and branches: the same source, under an engine that knows nothing but the axioms.
// From every partial execution that it comes to, it lets each thread take its next step in every way there is (each
// write to read from, each place in coherence order), keeps what the axioms accept, and counts the complete executions
// that it has not met before. That is every interleaving: exponential in what the explorer avoids.
//
// A thread is run anew from its start for each step, with the values that it has read so far, and stopped by an
// exception. So what it does must follow from these values alone: plain data (var) is not followed. Whoever pauses has
// found nothing and would look again; such executions are left out, as they are by the explorer, where they wait.
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "brute_platform.hpp"

namespace enumerator::brute {

struct name {
  std::uint8_t thread = 0xff, index = 0;  // 0xff: the initial write
  friend bool operator==(name, name) = default;
};

struct part {
  wish asked;
  value read = 0;
  value written = 0;
  bool reads = false;
  bool writes = false;
  name from{};  // read: the write
};

// A partial execution.
struct state {
  std::vector<std::vector<part>> threads;
  std::map<const void*, std::vector<name>> coherence;  // without the initial writes
};

class count {
 public:
  // `thread` runs one thread of a client that was made on this scene.
  count(axioms m, scene& on, unsigned threads, std::function<void(unsigned)> thread)
      : model_(m), scene_(on), threads_(threads), thread_(std::move(thread)) {
    state s;
    s.threads.resize(threads);
    visit(s);
  }
  std::size_t executions() const { return executions_; }

 private:
  void visit(const state& s) {
    if (!seen_.insert(text(s)).second) return;
    bool all_ended = true;
    for (unsigned t = 0; t < threads_; ++t) {
      const wish w = next(s, t);
      if (w.is == step::pause) return;  // no complete execution has this part
      if (w.is == step::end) continue;
      all_ended = false;
      take(s, t, w);
    }
    executions_ += all_ended ? 1U : 0U;
  }

  wish next(const state& s, unsigned t) {
    scene_.replies.clear();
    for (const part& p : s.threads[t]) scene_.replies.push_back(p.read);
    scene_.used = 0;
    scene_.thread = t;
    scene_.allocated[t] = 0;
    scene_.next = {};
    try {
      thread_(t);
      return {};
    } catch (const suspended&) {
      return scene_.next;
    }
  }

  void take(const state& s, unsigned t, const wish& w) {
    if (is_fence(w.is)) return go_on(s, t, {.asked = w});
    std::vector<name> writes{name{}};
    if (const auto it = s.coherence.find(w.object); it != s.coherence.end())
      writes.insert(writes.end(), it->second.begin(), it->second.end());
    for (std::size_t n = 0; n < writes.size(); ++n) {
      part p{.asked = w};
      if (w.is == step::store) {
        p.written = w.operand;
        p.writes = true;
        go_on(s, t, p, n);
        continue;
      }
      p.from = writes[n];
      p.reads = true;
      p.read = p.from == name{} ? scene_.initial.at(w.object) : s.threads[p.from.thread][p.from.index].written;
      p.writes = w.is == step::update || (w.is == step::compare_exchange && p.read == w.expected);
      p.written = w.is == step::update ? w.modify(p.read, w.operand) : w.operand;
      go_on(s, t, p, n);  // an update's write stands right after what it read
    }
  }

  // With p as the next part of thread t; if it writes, after the `place`-th write of its location.
  void go_on(const state& s, unsigned t, const part& p, std::size_t place = 0) {
    state more = s;
    more.threads[t].push_back(p);
    if (p.writes) {
      auto& order = more.coherence[p.asked.object];
      order.insert(order.begin() + static_cast<std::ptrdiff_t>(place),
                   name{static_cast<std::uint8_t>(t), static_cast<std::uint8_t>(s.threads[t].size())});
    }
    if (consistent(execution_of(more), model_)) visit(more);
  }

  static std::string text(const state& s) {
    std::string out;
    const auto add = [&out](name n) {
      out += static_cast<char>(n.thread);
      out += static_cast<char>(n.index);
    };
    for (const auto& parts : s.threads) {
      out += static_cast<char>(parts.size());
      for (const part& p : parts)
        if (p.reads) add(p.from);
    }
    for (const auto& [object, order] : s.coherence) {
      out += '|';
      for (const name n : order) add(n);
    }
    return out;
  }

  // In the axioms' terms: initial writes first, then the threads' events, an update as two.
  static execution execution_of(const state& s) {
    execution x;
    std::map<const void*, unsigned> locations;
    const auto push = [&x](const event& e) {
      x.events.push_back(e);
      if (x.events.size() > 64) throw std::length_error("the brute-force engine's executions have at most 64 events");
      return static_cast<unsigned>(x.events.size() - 1);
    };
    for (const auto& parts : s.threads)
      for (const part& p : parts)
        if (p.asked.object != nullptr && locations.try_emplace(p.asked.object, locations.size()).second)
          push({.is = type::write, .loc = static_cast<unsigned>(locations.size() - 1)});
    std::vector<std::vector<unsigned>> reads(s.threads.size());
    std::vector<std::vector<unsigned>> writes(s.threads.size());
    for (unsigned t = 0; t < s.threads.size(); ++t)
      for (const part& p : s.threads[t]) {
        const bool compare = p.asked.is == step::compare_exchange;
        event e{.mode = p.asked.mode, .thread = static_cast<int>(t), .rmw = p.reads && p.writes, .compare = compare};
        if (is_fence(p.asked.is)) e.is = type::fence;
        e.light = p.asked.is == step::fence_light;
        e.heavy = p.asked.is == step::fence_heavy;
        if (p.asked.object != nullptr) e.loc = locations[p.asked.object];
        if (compare && !p.writes) e.mode = p.asked.failure;
        reads[t].push_back(p.reads || e.is == type::fence ? push(e) : 0);
        e.is = type::write;
        e.compare = false;
        writes[t].push_back(p.writes ? push(e) : 0);
      }
    relate(s, x, locations, reads, writes);
    return x;
  }

  static void relate(const state& s, execution& x, const std::map<const void*, unsigned>& locations,
                     const std::vector<std::vector<unsigned>>& reads,
                     const std::vector<std::vector<unsigned>>& writes) {
    const auto size = static_cast<unsigned>(x.events.size());
    x.sb = x.rmw = x.rf = x.mo = relation(size);
    for (unsigned a = 0; a < size; ++a)
      for (unsigned b = a + 1; b < size; ++b)
        if (x.events[b].thread >= 0 && (x.events[a].thread < 0 || x.events[a].thread == x.events[b].thread))
          x.sb.add(a, b);
    for (unsigned t = 0; t < s.threads.size(); ++t)
      for (std::size_t i = 0; i < s.threads[t].size(); ++i) {
        const part& p = s.threads[t][i];
        if (!p.reads) continue;
        x.rf.add(p.from == name{} ? locations.at(p.asked.object) : writes[p.from.thread][p.from.index], reads[t][i]);
        if (p.writes) x.rmw.add(reads[t][i], writes[t][i]);
      }
    for (const auto& [object, order] : s.coherence)
      for (std::size_t i = 0; i < order.size(); ++i) {
        const unsigned w = writes[order[i].thread][order[i].index];
        x.mo.add(locations.at(object), w);
        for (std::size_t j = i + 1; j < order.size(); ++j) x.mo.add(w, writes[order[j].thread][order[j].index]);
      }
    x.derive();
  }

  axioms model_;
  scene& scene_;
  unsigned threads_;
  std::function<void(unsigned)> thread_;
  std::unordered_set<std::string> seen_;
  std::size_t executions_ = 0;
};

// How many complete executions the client has.
template <template <class> class Client>
std::size_t executions(axioms m = axioms::rc20) {
  const auto on = std::make_unique<scene>();
  the_scene = on.get();
  Client<engine> client;
  const count all(m, *on, Client<engine>::threads, [&](unsigned t) { client.thread(t); });
  the_scene = nullptr;
  return all.executions();
}

}  // namespace enumerator::brute
