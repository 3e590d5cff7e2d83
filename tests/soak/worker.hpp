// SPDX-License-Identifier: BSL-1.0
#pragma once
// One worker of a soak: it takes from its sources and gives to its targets, in another way each time, until there is nothing
// left. It keeps account of what each channel accepted from it and of what it got from whom.
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <optional>
#include <span>
#include <sstream>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <sluice/async_chan.hpp>
#include <sluice/chan.hpp>
#include <sluice/select.hpp>

#include "../support/coroutine.hpp"
#include "message.hpp"
#include "plan.hpp"

namespace sluice::test::soak {

using namespace std::chrono_literals;

// What a worker knows of the messages of one sender in one channel.
struct account {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t sum = 0;  // of the numbers received
  std::uint64_t next = 0;  // the least number that may come
};

template <class Message>
class worker {
  using channel = chan<Message>;

  // The cases of a select: nil, which is never ready, where there are fewer sources or targets.
  auto popping(unsigned i) {
    return on_pop(source(i), [this, i](const std::optional<Message>& m) { taken(i, m); });
  }
  auto pushing(unsigned i) {
    outgoing_[i] = stamp(i);  // the case refers to it
    return on_push(target(i), std::move(outgoing_[i]), [this, i](bool accepted) {
      given(i, outgoing_[i], accepted ? wait_status::success : wait_status::closed);
    });
  }

 public:
  worker(const worker_plan& p, std::uint32_t number, const std::vector<channel>& channels, std::size_t workers,
         chan<void> tally)
      : dice_(p.seed),
        number_(number),
        channels_(channels),
        tally_(std::move(tally)),
        sources_(p.from),
        targets_(p.to),
        to_make_(p.messages),
        accounts_(channels.size(), std::vector<account>(workers)) {}

  // As a thread or a task: blocks where there is nothing to do, now and then only for a while.
  void run() {
    while (busy()) {
      if (to_give_ != 0)
        give();
      else
        take();
    }
  }
  // As a coroutine; `resume` resumes it, `ended` is called at its end.
  template <class Executor, class Ended>
  detached run_async(Executor resume, Ended ended) {
    while (busy()) {
      switch (dice_.below(to_give_ != 0 ? 3 : 6)) {
        case 0: {
          if (to_give_ == 0) continue;
          const unsigned i = dice_.below(count(targets_));
          given(i, co_await target(i).async_push(stamp(i), resume));
          break;
        }
        case 1: {
          if (to_give_ == 0) continue;
          const unsigned i = dice_.below(count(targets_));
          given(i, co_await target(i).async_push_or_stop(stamp(i), token(), resume));
          break;
        }
        case 2:
          if (to_give_ == 0) continue;
          co_await async_select(resume_on(resume), pushing(0), pushing(1), pushing(2), on_stop(token()));
          break;
        case 3: {
          if (sources_.size() != 1) continue;
          taken(0, co_await source(0).async_pop(resume));
          break;
        }
        case 4: {
          if (sources_.size() != 1) continue;
          auto m = co_await source(0).async_pop_or_stop(token(), resume);
          taken_within(std::move(m));
          break;
        }
        default: co_await async_select(resume_on(resume), popping(0), popping(1), popping(2), on_stop(token())); break;
      }
    }
    ended();
  }

  // By any thread: ends what it may be waiting for with a stop.
  void stop() {
    std::unique_lock lock(guard_);
    std::stop_source s = stop_;
    lock.unlock();
    s.request_stop();
  }

  const account& account_of(std::size_t c, std::size_t from) const { return accounts_[c][from]; }
  const std::string& complaint() const { return complaint_; }
  std::uint64_t tallied() const { return tallied_; }

 private:
  static unsigned count(const std::vector<unsigned>& v) { return static_cast<unsigned>(v.size()); }
  bool busy() {
    if (targets_.empty()) to_give_ = to_make_ = 0;
    if (to_give_ == 0 && to_make_ != 0) --to_make_, ++to_give_;
    return to_give_ != 0 || !sources_.empty();
  }
  channel source(std::size_t i) const { return i < sources_.size() ? channels_[sources_[i]] : channel(); }
  channel target(std::size_t i) const { return i < targets_.size() ? channels_[targets_[i]] : channel(); }
  Message stamp(std::size_t i, std::size_t ahead = 0) const {
    if (i >= targets_.size()) return {};
    return {number_, static_cast<std::uint32_t>(accounts_[targets_[i]][number_].sent + ahead)};
  }
  std::stop_token token() {
    const std::lock_guard lock(guard_);
    if (stop_.stop_requested()) stop_ = {};
    return stop_.get_token();
  }
  std::chrono::microseconds a_while() { return std::chrono::microseconds(dice_.below(60)); }

  void give() {
    const unsigned i = dice_.below(count(targets_));
    const channel to = target(i);
    Message m = stamp(i);
    switch (dice_.below(8)) {
      case 0: return given(i, m, to.push(std::move(m)) ? wait_status::success : wait_status::closed);
      case 1: return given(i, m, to.push_for(std::move(m), a_while()));
      case 2: return given(i, m, to.push_or_stop(std::move(m), token()));
      case 3:
        switch (to.try_push(std::move(m))) {
          case conqueue_status::success: return given(i, true);
          case conqueue_status::closed: return given(i, m, wait_status::closed);
          default: return given(i, m, wait_status::timed_out), std_platform::yield();
        }
      case 4: return give_many(i);
      case 5: return static_cast<void>(select(pushing(0), pushing(1), pushing(2)));
      case 6: return static_cast<void>(select(pushing(0), pushing(1), pushing(2), after(a_while()), on_stop(token())));
      default:
        if (select(pushing(0), pushing(1), pushing(2), otherwise()) == 3) std_platform::yield();
    }
  }
  void give_many(unsigned i) {
    std::vector<Message> many;
    for (std::uint32_t n = 0; n != to_give_ + (to_make_ < 4 ? to_make_ : 4); ++n) many.push_back(stamp(i, n));
    const auto first = std::move_iterator(many.begin());
    const bulk_wait_result r =
        dice_.one_in(2) ? target(i).push_n_for(first, many.size(), a_while(), token()) : push_all(target(i), many);
    for (std::size_t n = r.count; n != many.size(); ++n) expect_whole(many[n], "what was not pushed");
    for (std::size_t n = 0; n != r.count; ++n) {
      if (to_give_ == 0) --to_make_, ++to_give_;
      given(i, true);
    }
    if (r.status != wait_status::success) given(i, r.status);
  }
  static bulk_wait_result push_all(const channel& to, std::vector<Message>& many) {
    const std::size_t n = to.push_n(std::move_iterator(many.begin()), many.size());
    return {n, n == many.size() ? wait_status::success : wait_status::closed};
  }

  void take() {
    if (sources_.size() != 1) return take_any();
    const channel from = source(0);
    switch (dice_.below(6)) {
      case 0: return taken(0, from.pop());
      case 1: return taken_within(from.pop_for(a_while()));
      case 2: return taken_within(from.pop_or_stop(token()));
      case 3: {
        auto m = from.try_pop();
        if (m) return taken(0, std::move(*m));
        return m.error() == conqueue_status::closed ? taken(0, std::nullopt) : std_platform::yield();
      }
      case 4: {
        Message many[3];
        const bulk_wait_result r = from.pop_n_for(many, 3, dice_.one_in(2) ? a_while() : 1h);
        for (std::size_t i = 0; i != r.count; ++i) taken(0, std::move(many[i]));
        return r.status == wait_status::closed ? taken(0, std::nullopt) : void();
      }
      default: return take_any();
    }
  }
  void take_any() {
    switch (dice_.below(3)) {
      case 0: select(popping(0), popping(1), popping(2)); break;
      case 1: select(popping(0), popping(1), popping(2), after(a_while()), on_stop(token())); break;
      default: {
        std::vector<any_case<>> cases;
        for (unsigned i = 0; i != sources_.size(); ++i) cases.emplace_back(popping(i));
        select(std::span(cases));
      }
    }
  }
  void taken_within(expected<Message, wait_status>&& m) {
    if (m)
      taken(0, std::move(*m));
    else if (m.error() == wait_status::closed)
      taken(0, std::nullopt);
  }

  // `m` was pushed, or is untouched.
  void given(unsigned i, const Message& m, wait_status s) {
    if (s != wait_status::success) expect_whole(m, "what was not pushed");
    given(i, s);
  }
  void expect_whole(const Message& m, const char* what) {
    if (m.whole() || !complaint_.empty()) return;
    complaint_ = std::string(what) + " is not whole";
  }
  // The target took a message, or is closed, or neither.
  void given(unsigned i, bool accepted) { given(i, accepted ? wait_status::success : wait_status::closed); }
  void given(unsigned i, wait_status s) {
    if (s == wait_status::success) ++accounts_[targets_[i]][number_].sent, --to_give_, tally();
    if (s == wait_status::closed) targets_.erase(targets_.begin() + i);
  }
  // Beside each message, a signal into a channel that all workers share.
  void tally() {
    switch (dice_.below(4)) {
      case 0: tallied_ += tally_.push() ? 1U : 0U; return;
      case 1: {
        const unit two[2] = {};
        tallied_ += tally_.push_n(two, 2);
        return;
      }
      case 2: select(on_push(tally_, unit{}, [this](bool in) { tallied_ += in ? 1U : 0U; }), otherwise()); return;
      default: tallied_ += tally_.try_push() == conqueue_status::success ? 1U : 0U;
    }
  }
  void taken(unsigned i, const std::optional<Message>& m) {
    if (!m) return static_cast<void>(sources_.erase(sources_.begin() + i));
    if (!m->whole()) return expect_whole(*m, "what was popped");
    account& a = accounts_[sources_[i]][m->from()];
    if (m->number() < a.next && complaint_.empty()) {
      std::ostringstream text;
      text << "channel " << sources_[i] << ": " << m->number() << " of worker " << m->from() << " came after "
           << a.next - 1;
      complaint_ = text.str();
    }
    a.next = std::uint64_t{m->number()} + 1;
    ++a.received;
    a.sum += m->number();
    ++to_give_;
  }

  dice dice_;
  const std::uint32_t number_;
  const std::vector<channel>& channels_;
  const chan<void> tally_;
  std::uint64_t tallied_ = 0;
  std::vector<unsigned> sources_;
  std::vector<unsigned> targets_;
  unsigned to_make_;
  unsigned to_give_ = 0;
  Message outgoing_[3];  // of a select, by target
  std::vector<std::vector<account>> accounts_;  // of each channel and sender
  std::string complaint_;

  std::mutex guard_;
  std::stop_source stop_;
};

}  // namespace sluice::test::soak
