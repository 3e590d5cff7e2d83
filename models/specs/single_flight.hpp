// SPDX-License-Identifier: BSL-1.0
#pragma once
// The sequential meaning of single_flight. A call is more than one step, for others' steps come between: the caller boards
// a flight of its key, its own if there is none to join; who flies it lands it; whoever is aboard leaves with what it
// brought. Callers and keys are numbers, and a flight bears the number of the call that started it.
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace sluice::specs {

class single_flight {
 public:
  // What a flight brought: an exception, if it failed.
  struct brought {
    int flight;
    bool failed;
    bool shared;
    friend bool operator==(const brought&, const brought&) = default;
  };

  // True: a flight of its own, which `caller` has to land.
  bool board(int caller, int key) {
    const auto [at, first] = joinable_.try_emplace(key, caller);
    flight_of_[caller] = at->second;
    flight& f = flights_[at->second];
    f.shared = f.shared || !first;
    return first;
  }
  // False: refused, for there is no such flight in the air.
  bool land(int of, bool failed) {
    const auto at = flights_.find(of);
    if (at == flights_.end() || at->second.now != stage::in_the_air) return false;
    at->second.now = failed ? stage::failed : stage::landed;
    std::erase_if(joinable_, [of](const auto& entry) { return entry.second == of; });
    return true;
  }
  // None: it has to wait for the landing.
  std::optional<brought> leave(int caller) {
    const auto at = flight_of_.find(caller);
    if (at == flight_of_.end() || flights_.at(at->second).now == stage::in_the_air) return std::nullopt;
    const flight& f = flights_.at(at->second);
    const brought b{at->second, f.now == stage::failed, f.shared};
    flight_of_.erase(at);
    return b;
  }
  void forget(int key) { joinable_.erase(key); }

  // How many flights the next call could join.
  std::size_t size() const { return joinable_.size(); }
  bool can_join(int key) const { return joinable_.contains(key); }

  friend bool operator==(const single_flight&, const single_flight&) = default;
  std::size_t hash() const {
    std::size_t h = 0;
    const auto add = [&h](std::size_t n) { h = h * 1'000'003 + n; };
    for (const auto& [key, f] : joinable_) add(static_cast<std::size_t>(f) + 1);
    for (const auto& [caller, f] : flight_of_) add(static_cast<std::size_t>(f) + 1);
    for (const auto& [name, f] : flights_) add(2 * static_cast<std::size_t>(f.now) + (f.shared ? 1U : 0U));
    return h;
  }

 private:
  enum class stage : std::uint8_t { in_the_air, landed, failed };
  struct flight {
    stage now = stage::in_the_air;
    bool shared = false;
    friend bool operator==(const flight&, const flight&) = default;
  };

  std::map<int, int> joinable_{};  // key -> the flight that its next call joins
  std::map<int, int> flight_of_{};  // caller -> the one that it is aboard
  std::map<int, flight> flights_{};  // all that ever were
};

}  // namespace sluice::specs
