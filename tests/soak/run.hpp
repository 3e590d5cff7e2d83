// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs one plan and says what was wrong with it: each message that a channel accepted came out of it once, and those of
// one sender in their order.
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/chan.hpp>
#include <sluice/scheduler.hpp>

#include "message.hpp"
#include "plan.hpp"
#include "worker.hpp"

namespace sluice::test::soak {

// Two threads that resume what they are handed.
class pool {
 public:
  pool() = default;
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool() { handles_.close(); }
  void resume(std::coroutine_handle<> h) {
    if (!handles_.push(h)) std::abort();
  }

 private:
  void work() {
    while (const auto h = handles_.pop()) h->resume();
  }
  const chan<std::coroutine_handle<>> handles_ = make_chan<std::coroutine_handle<>>(unbounded);
  std::jthread one_{[this] { work(); }};
  std::jthread other_{[this] { work(); }};
};

template <class Message>
class run_of {
 public:
  run_of(std::uint64_t seed, const plan& p) : seed_(seed), plan_(p), disturb_(seed + 1) {
    for (const std::size_t n : plan_.capacities)
      channels_.push_back(n == plan::without_bound ? make_chan<Message>(unbounded, 2) : make_chan<Message>(n));
    for (unsigned l = 0; l != plan_.layers; ++l) feeders_.emplace_back(std::make_unique<std::atomic<int>>(0));
    for (const worker_plan& w : plan_.workers) {
      workers_.push_back(std::make_unique<worker<Message>>(w, static_cast<std::uint32_t>(workers_.size()), channels_,
                                                           plan_.workers.size(), tally_));
      if (!w.to.empty()) ++*feeders_[plan_.layer_of[w.to[0]]];
    }
  }

  // "" if all was well. Ends the program where it has not ended after `patience`.
  std::string result(std::chrono::seconds patience) {
    std::promise<void> all;
    std::future<void> end = all.get_future();
    {
      std::jthread everything([&] {
        work();
        all.set_value();
      });
      if (end.wait_for(patience) != std::future_status::ready) {
        std::fprintf(stderr, "soak: not ended after %lld s; --seed %llu: %s\n",
                     static_cast<long long>(patience.count()), static_cast<unsigned long long>(seed_),
                     plan_.describe().c_str());
        std::abort();
      }
    }
    return what_is_wrong();
  }

 private:
  void work() {
    std::atomic<std::size_t> left{workers_.size()};
    std::promise<void> last;
    const auto ended = [&](std::size_t i) {
      leave(plan_.workers[i]);
      if (left.fetch_sub(1) == 1) last.set_value();
    };
    std::jthread counts([this] { count_signals(); });
    std::jthread counts_too([this] { count_signals(); });
    std::vector<std::jthread> threads;
    std::optional<scheduler> tasks;
    if (plan_.any(kind::task)) tasks.emplace(scheduler_settings{.workers = 2});
    pool p;
    std::jthread disturber([&](const std::stop_token& enough) { disturb(enough); });
    for (std::size_t i = 0; i != workers_.size(); ++i) {
      const auto runs = [&, i] {
        workers_[i]->run();
        ended(i);
      };
      switch (plan_.workers[i].runs_as) {
        case kind::thread: threads.emplace_back(runs); break;
        case kind::task: tasks->go(runs); break;
        default: run_async(i, p, ended);
      }
    }
    last.get_future().wait();
    tally_.close();
  }
  template <class Ended>
  void run_async(std::size_t i, pool& p, Ended ended) {
    if constexpr (alignof(Message) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      if (plan_.workers[i].runs_as == kind::pooled)
        workers_[i]->run_async([&p](std::coroutine_handle<> h) { p.resume(h); }, [=] { ended(i); });
      else
        workers_[i]->run_async([](std::coroutine_handle<> h) { h.resume(); }, [=] { ended(i); });
    }
  }
  // The last who gives to a layer closes it.
  void leave(const worker_plan& w) {
    if (w.to.empty()) return;
    const unsigned layer = plan_.layer_of[w.to[0]];
    if (feeders_[layer]->fetch_sub(1) != 1) return;
    for (std::size_t c = 0; c != channels_.size(); ++c)
      if (plan_.layer_of[c] == layer) channels_[c].close();
  }
  void count_signals() {
    std::uint64_t n = 0;
    while (tally_.pop()) ++n;
    counted_ += n;
  }
  void disturb(const std::stop_token& enough) {
    unsigned closes = plan_.closes_early;
    while (!enough.stop_requested() && (plan_.stops || closes != 0)) {
      std::this_thread::sleep_for(std::chrono::microseconds(disturb_.below(300)));
      if (plan_.stops) workers_[disturb_.below(static_cast<unsigned>(workers_.size()))]->stop();
      if (closes != 0 && disturb_.one_in(8)) {
        channels_[disturb_.below(static_cast<unsigned>(channels_.size()))].close();
        --closes;
      }
    }
  }

  std::string what_is_wrong() const {
    std::uint64_t tallied = 0;
    for (const auto& w : workers_) tallied += w->tallied();
    if (tallied != counted_)
      return (std::ostringstream() << "the workers' " << tallied << " signals came out as " << counted_).str();
    for (const auto& w : workers_)
      if (!w->complaint().empty()) return w->complaint();
    for (std::size_t c = 0; c != channels_.size(); ++c) {
      if (channels_[c].try_pop()) return (std::ostringstream() << "channel " << c << " has something left").str();
      for (std::size_t from = 0; from != workers_.size(); ++from) {
        const std::uint64_t sent = workers_[from]->account_of(c, from).sent;
        std::uint64_t received = 0;
        std::uint64_t sum = 0;
        for (const auto& w : workers_) {
          received += w->account_of(c, from).received;
          sum += w->account_of(c, from).sum;
        }
        if (received == sent && sum == (sent == 0 ? 0 : sent * (sent - 1) / 2)) continue;
        std::ostringstream text;
        text << "channel " << c << " accepted " << sent << " of worker " << from << " and gave " << received
             << ", which add up to " << sum;
        return text.str();
      }
    }
    return "";
  }

  const std::uint64_t seed_;
  const plan& plan_;
  dice disturb_;
  std::vector<chan<Message>> channels_;
  // Small, so that it is full most of the time.
  const chan<void> tally_ = seed_ % 4 == 0 ? make_chan<void>(unbounded, 1) : make_chan<void>(seed_ % 4 - 1);
  std::atomic<std::uint64_t> counted_{0};
  std::vector<std::unique_ptr<std::atomic<int>>> feeders_;  // of each layer
  std::vector<std::unique_ptr<worker<Message>>> workers_;
};

class run {
 public:
  explicit run(std::uint64_t seed) : seed_(seed), plan_(seed) {}
  const plan& made_of() const { return plan_; }
  std::string result(std::chrono::seconds patience) const {
    switch (plan_.messages) {
      case form::wide: return run_of<wide_message<8>>(seed_, plan_).result(patience);
      case form::aligned: return run_of<wide_message<128>>(seed_, plan_).result(patience);
      case form::owned: return run_of<owned_message>(seed_, plan_).result(patience);
      default: return run_of<small_message>(seed_, plan_).result(patience);
    }
  }

 private:
  const std::uint64_t seed_;
  const plan plan_;
};

}  // namespace sluice::test::soak
