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
// function; a flight allocates a node of the table, and what is shared once somebody shares it.
//
// Invariants, whenever the mutex is free
//   1. The table holds, for each key, the flight that the next call of that key would join, and no other.
//   2. A flight that was forgotten is not in the table, and does not touch the entry of a younger one when it lands.
//   3. A flight that is in the table is that of a leader that has not landed, on whose stack it may lie; what is shared lives until all
//      who share it have left.
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
  struct outcome;

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
    result get() const { return outcome_->get(); }
    bool failed() const noexcept { return outcome_->what.thrown != nullptr; }

   private:
    friend class single_flight;
    explicit landed(std::shared_ptr<const outcome> o) noexcept : outcome_(std::move(o)) {}
    std::shared_ptr<const outcome> outcome_;
  };

  single_flight() = default;
  single_flight(const single_flight&) = delete;
  single_flight& operator=(const single_flight&) = delete;
  // Nobody may be inside run, and what run_async has started must have landed.
  ~single_flight() = default;

  // The result of `f()`, or of the flight of `key` that is under way. Throws what that throws, in every caller; so too what moving
  // the value throws, where it is shared. Each caller gets a copy of the value.
  template <class F>
  result run(const K& key, F&& f) {
    flight mine;
    guard_.lock();
    const auto [at, first] = insert(key, {&mine, nullptr});
    if (!first) return share(*at->second.flight);
    guard_.unlock();
    brought b;
    b.come_from(std::forward<F>(f));
    const auto all = land(key, mine, b);
    return all ? all->get() : b.take();
  }

  // The same without waiting: the result comes out of the receiver, once. If there is no flight to join, `start` is given
  // what runs `f` and lands, to be called once, now or later, by any thread: a scheduler's `go`, a thread pool's post. If
  // `start` throws instead, that is what the flight throws. Beside what run allocates, a channel for each caller.
  template <class F, class Start>
  [[nodiscard]] receiver<landed, Platform> run_async(const K& key, F f, Start&& start) {
    chan<landed, Platform> gate = make_chan<landed, Platform>(1);
    const auto mine = std::make_shared<flight_of<F>>(std::move(f));
    guard_.lock();
    const auto [at, first] = insert(key, {mine.get(), mine});
    board(at, first, gate);
    guard_.unlock();
    if (!first) return gate;
    try {
      std::invoke(std::forward<Start>(start), [this, key, mine] {
        brought b;
        b.come_from(*std::move(mine->f));
        mine->f.reset();  // it may refer to what lives until the flight has landed
        land(key, *mine, b);
      });
    } catch (...) {
      brought nothing;
      nothing.thrown = std::current_exception();
      land(key, *mine, nothing);
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

  // What a function returned, or threw.
  struct brought {
    template <class F>
    void come_from(F&& f) noexcept {
      try {
        value.emplace(std::invoke(std::forward<F>(f)));
      } catch (...) {
        thrown = std::current_exception();
      }
    }
    void take_from(brought& other) noexcept {
      thrown = std::exchange(other.thrown, nullptr);
      if (other.value) come_from([&other]() -> V&& { return std::move(*other.value); });
    }
    // Of one that nobody shares.
    result take() {
      if (thrown) std::rethrow_exception(thrown);
      return {std::move(*value), false};
    }
    std::optional<V> value;
    std::exception_ptr thrown;
  };
  // What those share who did not run the function. It lives until all of them, and the leader, have left.
  struct outcome {
    list sleepers;  // under the mutex while in flight
    std::vector<chan<landed, Platform>> gates;  // likewise: of who does not wait
    bool shared = false;  // likewise
    brought what;  // written by the leader as it lands

    result get() const {
      if (what.thrown) std::rethrow_exception(what.thrown);
      return {*what.value, shared};
    }
  };
  // Of one that runs or is about to. Under the mutex.
  struct flight {
    std::shared_ptr<outcome> to_share;  // null while nobody but the leader wants it
    bool listed = true;  // in the table
  };
  // And of one that somebody else may run, who has only this.
  template <class F>
  struct flight_of : flight {
    explicit flight_of(F&& what) : f(std::move(what)) {}
    std::optional<F> f;
  };
  struct entry {
    single_flight::flight* flight;
    std::shared_ptr<single_flight::flight> keeps;  // null: it lies on its leader's stack
  };
  using memory = typename Platform::template allocator<std::pair<const K, entry>>;
  using table = std::unordered_map<K, entry, Hash, Eq, memory>;

  // Under the mutex, which is given back if there is no memory.
  std::pair<typename table::iterator, bool> insert(const K& key, entry&& e) {
    try {
      return table_.try_emplace(key, std::move(e));
    } catch (...) {
      guard_.unlock();
      throw;
    }
  }

  // Under the mutex. Throws std::bad_alloc.
  static const std::shared_ptr<outcome>& shared_outcome(flight& f) {
    if (!f.to_share) f.to_share = std::make_shared<outcome>();
    return f.to_share;
  }

  // Waits until `f` has landed. The caller has the mutex, and has not any more afterwards.
  result share(flight& f) {
    typename list::node self;
    std::shared_ptr<outcome> all;
    try {
      all = shared_outcome(f);
    } catch (...) {
      guard_.unlock();
      throw;
    }
    all->shared = true;
    all->sleepers.append(self);
    guard_.unlock();
    self.sleep();
    return all->get();
  }

  // Adds who does not wait to the flight at `at`. Under the mutex, which is given back if there is no memory.
  void board(typename table::iterator at, bool first, const chan<landed, Platform>& gate) {
    try {
      outcome& all = *shared_outcome(*at->second.flight);
      all.gates.push_back(gate);
      all.shared = all.shared || !first;
    } catch (...) {
      if (first) table_.erase(at);
      guard_.unlock();
      throw;
    }
  }

  // Under the mutex, as the next one: nobody joins what stood at `at` any more.
  void take_out(typename table::iterator at) {
    at->second.flight->listed = false;
    table_.erase(at);
  }
  // Of one that is in the table.
  typename table::iterator place_of(const K& key, const flight& mine) {
    try {
      if (const auto at = table_.find(key); at != table_.end() && at->second.flight == &mine) return at;
    } catch (...) {  // NOLINT(bugprone-empty-catch): it is found without its hash
    }
    // The function has changed what `key` refers to, or it has no hash now.
    return std::find_if(table_.begin(), table_.end(), [&](const auto& e) { return e.second.flight == &mine; });
  }

  // What was shared with others, who go on now with what the function brought. Null: with nobody.
  std::shared_ptr<outcome> land(const K& key, flight& mine, brought& b) {
    guard_.lock();
    if (mine.listed) take_out(place_of(key, mine));  // else forgotten
    std::shared_ptr<outcome> all = std::move(mine.to_share);
    guard_.unlock();
    if (all) tell(all, b);
    return all;
  }
  // Nobody boards any more.
  static void tell(const std::shared_ptr<outcome>& all, brought& b) {
    all->what.take_from(b);
    typename list::batch passengers;
    while (!all->sleepers.empty()) {
      typename list::node& first = *all->sleepers.first();
      all->sleepers.remove(first);
      passengers.add(first);
    }
    const std::vector<chan<landed, Platform>> gates = std::move(all->gates);
    passengers.signal();
    for (const chan<landed, Platform>& gate : gates) static_cast<void>(gate.push(landed(all)));  // there is room for it
  }

  basic_mutex<Platform> guard_;
  table table_;  // under guard_
};

}  // namespace sluice
