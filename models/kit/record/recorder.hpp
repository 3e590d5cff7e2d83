// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a primitive does, operation by operation, where one thread takes one path through it. The proofs and the models say
// which operations of the source they are about; `./kit prove` asks this recorder whether the source still performs them.
//
// A path is what a callable does from its begin to its end. Whatever has to come in between, a peer that claims or wakes, is
// hung before an operation, and is not part of the path.
#include <atomic>
#include <cstdio>
#include <functional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <kit/function_name.hpp>

namespace sluice::record {

struct operation {
  std::source_location at;
  const char* what;
  // The second one of a compare-exchange's alone; neither of what bears no order.
  int success = -1;
  int failure = -1;
};

class recorder {
 public:
  // Performed once, when `function` is about to perform `what`.
  struct interruption {
    std::string function, what;
    std::function<void()> then;
  };

  static recorder& the() {
    static recorder r;
    return r;
  }

  // Prints the path that `run` takes. A peer that finds no occasion is an error: the path is not the one that is meant.
  void path(const std::string& name, const std::function<void()>& run, std::vector<interruption> peers = {}) {
    state outer = std::exchange(now_, state{std::move(peers), {}, true});
    run();
    state mine = std::exchange(now_, std::move(outer));
    if (!mine.peers.empty()) throw std::logic_error(name + ": never came to " + mine.peers.front().function);
    std::printf("path %s\n", name.c_str());
    for (const operation& o : mine.done)
      std::printf("%s %u %s %s %d %d\n", o.at.file_name(), static_cast<unsigned>(o.at.line()),
                  kit::function_name(o.at).c_str(), o.what, o.success, o.failure);
  }
  // The same without printing: what is wanted is the peer's path.
  void beside(const std::function<void()>& run, interruption peer) {
    state outer = std::exchange(now_, state{{std::move(peer)}, {}, false});
    run();
    const state mine = std::exchange(now_, std::move(outer));
    if (!mine.peers.empty()) throw std::logic_error("never came to " + mine.peers.front().function);
  }

  void note(const operation& o) {
    for (auto p = now_.peers.begin(); p != now_.peers.end(); ++p)
      if (p->what == o.what && p->function == kit::function_name(o.at)) {
        const std::function<void()> then = std::move(p->then);
        now_.peers.erase(p);
        const aside unrecorded(now_);
        then();
        break;
      }
    if (now_.recording) now_.done.push_back(o);
  }
  static int number(std::memory_order o) { return static_cast<int>(o); }

 private:
  struct state {
    std::vector<interruption> peers{};
    std::vector<operation> done{};
    bool recording = false;
  };
  // While a peer acts; it may end the path by an exception.
  class aside {
   public:
    explicit aside(state& now) : now_(now), mine_(std::exchange(now, state{})) {}
    aside(const aside&) = delete;
    aside& operator=(const aside&) = delete;
    ~aside() { now_ = std::move(mine_); }

   private:
    state& now_;
    state mine_;
  };

  state now_;
};

}  // namespace sluice::record
