// SPDX-License-Identifier: BSL-1.0
#pragma once
// single_flight: of callers that want the same thing at the same time, one gets it and the others share what it got;
// golang.org/x/sync/singleflight.
//
// Guarantee. A call that begins while another one of the same key is in flight, and has not been forgotten, waits for it
// and shares its result, or its exception; any other call runs its own function. So a result is never older than the call
// that gets it asked for, and nothing is kept once a flight has landed. Whatever the function does, nobody waits for ever
// unless it does. The function runs with nothing locked; one that asks for its own key waits for itself.
// Linearization point of the choice between running and sharing: under the internal mutex. Expected O(1) beside the
// function; a flight allocates its state and a node of the table, those that share it nothing.
//
// Invariants, whenever the mutex is free
//   1. The table holds, for each key, the flight that the next call of that key would join, and no other.
//   2. A flight that was forgotten is not in the table, and does not touch the entry of a younger one when it lands.
//   3. A flight's state lives until its leader and all who share it have left.
//
// Edges: those of mutex, detail/sleeper_list and chan; what the function did is seen by all who get its result.
#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/detail/futex_lock.hpp>
#include <sluice/detail/sleeper_list.hpp>
#include <sluice/mutex.hpp>
#include <sluice/platform.hpp>

namespace sluice {

template <class K, class V, class Hash = std::hash<K>, class Eq = std::equal_to<K>, class Platform = std_platform>
class single_flight {
  struct flight;

 public:
  using key_type = K;
  using value_type = V;

  // What a flight brought, and whether more than one caller got it.
  struct result {
    V value;
    bool shared;
  };

  // What a flight brings to who did not wait for it, once it has landed.
  class landed {
   public:
    // Throws what the function threw.
    result get() const { return flight_->get(); }
    bool failed() const noexcept { return flight_->thrown != nullptr; }

   private:
    friend class single_flight;
    explicit landed(std::shared_ptr<const flight> f) noexcept : flight_(std::move(f)) {}
    std::shared_ptr<const flight> flight_;
  };

  single_flight() = default;
  single_flight(const single_flight&) = delete;
  single_flight& operator=(const single_flight&) = delete;
  // Nobody may be inside run, and what run_async has started must have landed.
  ~single_flight() = default;

  // The result of `f()`, or of the flight of `key` that is under way. Throws what that throws, in every caller. Each
  // caller gets a copy of the value.
  template <class F>
  result run(const K& key, F&& f) {
    guard_.lock();
    const auto [at, first] = insert(key);
    const std::shared_ptr<flight> mine = at->second;
    if (!first) return share(*mine);
    guard_.unlock();
    bring(*mine, std::forward<F>(f));
    land(key, mine);
    return mine->get();
  }

  // The same without waiting: the result comes out of the receiver, once. If there is no flight to join, `start` is given
  // what runs `f` and lands, to be called once, now or later, by any thread: a scheduler's `go`, a thread pool's post. If
  // `start` throws instead, that is what the flight throws. Beside what run allocates, a channel for each caller.
  template <class F, class Start>
  [[nodiscard]] receiver<landed, Platform> run_async(const K& key, F f, Start&& start) {
    chan<landed, Platform> gate = make_chan<landed, Platform>(1);
    guard_.lock();
    const auto [at, first] = insert(key);
    const std::shared_ptr<flight> mine = at->second;
    board(at, first, gate);
    guard_.unlock();
    if (!first) return gate;
    try {
      std::invoke(std::forward<Start>(start), [this, key, mine, f = std::optional<F>(std::move(f))]() mutable {
        bring(*mine, *std::move(f));
        f.reset();  // it may refer to what lives until the flight has landed
        land(key, mine);
      });
    } catch (...) {
      mine->thrown = std::current_exception();
      land(key, mine);
    }
    return gate;
  }

  // Lets the next call of `key` run its own function, even while an earlier one is in flight; those who share that one
  // already still get its result.
  void forget(const K& key) {
    const detail::lock_held lock(guard_);
    const auto at = table_.find(key);
    if (at != table_.end()) take_out(at);
  }

  // How many flights could be joined now.
  [[nodiscard]] std::size_t size() {
    guard_.lock();
    const std::size_t n = table_.size();
    guard_.unlock();
    return n;
  }

 private:
  using list = detail::sleeper_list<Platform>;

  struct flight {
    list sleepers;  // under the mutex
    std::vector<chan<landed, Platform>> gates;  // likewise: of who does not wait
    bool shared = false;  // under the mutex while in flight
    bool listed = true;  // in the table; likewise
    // Written by the leader before it lands.
    std::optional<V> value;
    std::exception_ptr thrown;

    result get() const {
      if (thrown) std::rethrow_exception(thrown);
      return {*value, shared};
    }
  };
  using table = std::unordered_map<K, std::shared_ptr<flight>, Hash, Eq>;

  // Under the mutex, which is given back if there is no memory.
  std::pair<typename table::iterator, bool> insert(const K& key) {
    try {
      auto found = table_.try_emplace(key);
      try {
        if (found.second) found.first->second = std::make_shared<flight>();
      } catch (...) {
        table_.erase(found.first);
        throw;
      }
      return found;
    } catch (...) {
      guard_.unlock();
      throw;
    }
  }

  // Waits until `f` has landed. The caller has the mutex, and has not any more afterwards.
  result share(flight& f) {
    typename list::node self;
    f.shared = true;
    f.sleepers.append(self);
    guard_.unlock();
    self.sleep();
    return f.get();
  }

  // Adds who does not wait to the flight at `at`. Under the mutex, which is given back if there is no memory.
  void board(typename table::iterator at, bool first, const chan<landed, Platform>& gate) {
    try {
      at->second->gates.push_back(gate);
    } catch (...) {
      if (first) table_.erase(at);
      guard_.unlock();
      throw;
    }
    at->second->shared = at->second->shared || !first;
  }

  // Under the mutex, as the next one: nobody joins what stood at `at` any more.
  void take_out(typename table::iterator at) {
    at->second->listed = false;
    table_.erase(at);
  }
  // Of one that is in the table.
  typename table::iterator place_of(const K& key, const std::shared_ptr<flight>& mine) {
    try {
      if (const auto at = table_.find(key); at != table_.end() && at->second == mine) return at;
    } catch (...) {  // NOLINT(bugprone-empty-catch): it is found without its hash
    }
    // The function has changed what `key` refers to, or it has no hash now.
    return std::find_if(table_.begin(), table_.end(), [&](const auto& entry) { return entry.second == mine; });
  }

  template <class F>
  static void bring(flight& mine, F&& f) noexcept {
    try {
      mine.value.emplace(std::invoke(std::forward<F>(f)));
    } catch (...) {
      mine.thrown = std::current_exception();
    }
  }

  void land(const K& key, const std::shared_ptr<flight>& mine) {
    typename list::batch passengers;
    guard_.lock();
    if (mine->listed) take_out(place_of(key, mine));  // else forgotten
    while (!mine->sleepers.empty()) {
      typename list::node& first = *mine->sleepers.first();
      mine->sleepers.remove(first);
      passengers.add(first);
    }
    const std::vector<chan<landed, Platform>> gates = std::move(mine->gates);
    guard_.unlock();
    passengers.signal();
    for (const chan<landed, Platform>& gate : gates)
      static_cast<void>(gate.push(landed(mine)));  // there is room for it
  }

  basic_mutex<Platform> guard_;
  table table_;  // under guard_
};

}  // namespace sluice
