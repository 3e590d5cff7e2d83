// SPDX-License-Identifier: BSL-1.0
#pragma once
// What was called when, and what was answered: concurrent histories, recorded on real threads or made by hand, and
// printed with a column per thread.
//
// A recorded operation's interval contains the real one, so a history never claims an order that was not there.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace sluice::kit {

template <class Call, class Answer>
struct operation {
  static constexpr std::uint64_t never = UINT64_MAX;

  unsigned thread = 0;
  Call call{};
  std::optional<Answer> answer{};  // none: it has not returned
  std::uint64_t called = 0;
  std::uint64_t returned = never;
};

template <class Call, class Answer>
using history = std::vector<operation<Call, Answer>>;

// A call or a return. Of several at the same time the calls come first: such operations overlap.
struct history_event {
  std::uint64_t time;
  bool is_return;
  std::size_t operation;  // its place in the history
  friend auto operator<=>(const history_event&, const history_event&) = default;
};

template <class Call, class Answer>
std::vector<history_event> events_of(const history<Call, Answer>& h) {
  std::vector<history_event> events;
  for (std::size_t i = 0; i != h.size(); ++i) {
    events.push_back({h[i].called, false, i});
    if (h[i].answer) events.push_back({h[i].returned, true, i});
  }
  std::sort(events.begin(), events.end());
  return events;
}

// The operations as they stand after the first `count` events: those that return later are pending.
template <class Call, class Answer>
history<Call, Answer> prefix_of(const history<Call, Answer>& h, std::size_t count) {
  const auto events = events_of(h);
  std::vector<std::size_t> place(h.size(), SIZE_MAX);
  history<Call, Answer> prefix;
  for (std::size_t i = 0; i != std::min(count, events.size()); ++i) {
    const auto& original = h[events[i].operation];
    std::size_t& at = place[events[i].operation];
    if (events[i].is_return) {
      prefix[at] = original;
    } else {
      at = prefix.size();
      prefix.push_back({original.thread, original.call, std::nullopt, original.called});
    }
  }
  return prefix;
}

// A line per event, in the order of time, in its thread's column: the call, and later "-> answer".
template <class Call, class Answer>
std::string columns_of(const history<Call, Answer>& h) {
  std::vector<std::pair<unsigned, std::string>> lines;
  unsigned threads = 0;
  std::size_t width = std::string("thread 00").size();
  for (const history_event& e : events_of(h)) {
    const auto& op = h[e.operation];
    std::ostringstream text;
    if (e.is_return)
      text << "-> " << *op.answer;
    else
      text << op.call;
    lines.emplace_back(op.thread, text.str());
    threads = std::max(threads, op.thread + 1);
    width = std::max(width, lines.back().second.size());
  }
  std::ostringstream out;
  const auto column = static_cast<int>(width) + 2;
  out << std::left << std::setw(6) << "";
  for (unsigned t = 0; t != threads; ++t)
    out << std::setw(t + 1 == threads ? 0 : column) << "thread " + std::to_string(t);
  std::size_t number = 0;
  for (const auto& [thread, text] : lines)
    out << '\n' << std::setw(6) << ++number << std::string(thread * static_cast<std::size_t>(column), ' ') << text;
  out << '\n';
  return out.str();
}

// Records what `threads` threads do. Each thread writes its own lane; one counter, ticked at each call and each return,
// orders them.
template <class Call, class Answer>
class recorder {
 public:
  recorder(unsigned threads, std::size_t operations_per_thread) {
    for (unsigned t = 0; t != threads; ++t) lanes_.emplace_back(operations_per_thread);
  }

  // Calls `run()` as operation `call` of `thread` (which alone may do so) and returns its answer. Where it throws the
  // operation stays pending: it may have taken effect or not.
  template <class Run>
  Answer record(unsigned thread, const Call& call, Run&& run) {
    const std::size_t mine = begin(thread, call);
    Answer answer = run();
    end(thread, mine, answer);
    return answer;
  }

  // The same in two halves, for what begins in one function and ends in another. One thread may be inside several.
  std::size_t begin(unsigned thread, const Call& call) {
    lane& mine = lanes_.at(thread);
    if (mine.used == mine.size) throw std::length_error("sluice::kit::recorder: more operations than were announced");
    entry& e = mine.entries[mine.used];
    e.op.thread = thread;
    e.op.call = call;
    e.op.called = tick();
    e.called.store(true, std::memory_order_release);
    return mine.used++;
  }
  void end(unsigned thread, std::size_t operation, const Answer& answer) {
    entry& e = lanes_.at(thread).entries[operation];
    e.op.returned = tick();
    e.op.answer = answer;
    e.answered.store(true, std::memory_order_release);
  }

  // What was recorded. Also while threads are still inside operations: those are pending.
  history<Call, Answer> recorded() const {
    std::vector<std::pair<const entry*, bool>> seen;
    for (const lane& l : lanes_)
      for (std::size_t i = 0; i != l.size; ++i)
        seen.emplace_back(&l.entries[i], l.entries[i].answered.load(std::memory_order_acquire));
    // Calls are read after all answers, so that no answer is there without the call that explains it.
    history<Call, Answer> h;
    for (const auto& [e, answered] : seen)
      if (answered)
        h.push_back(e->op);
      else if (e->called.load(std::memory_order_acquire))
        h.push_back({e->op.thread, e->op.call, std::nullopt, e->op.called});
    return h;
  }

 private:
  struct entry {
    operation<Call, Answer> op{};
    std::atomic<bool> called{false};
    std::atomic<bool> answered{false};
  };
  struct lane {
    explicit lane(std::size_t n) : size(n), entries(std::make_unique<entry[]>(n)) {}
    std::size_t size;
    std::size_t used = 0;
    std::unique_ptr<entry[]> entries;
  };

  // Under ThreadSanitizer the clock must not order what the structure itself fails to order, or it would hide races.
#if defined(__SANITIZE_THREAD__)
  static constexpr std::memory_order clock_order = std::memory_order_relaxed;
#else
  static constexpr std::memory_order clock_order = std::memory_order_acq_rel;
#endif
  std::uint64_t tick() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    const std::uint64_t now = clock_.fetch_add(1, clock_order);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return now;
  }

  std::vector<lane> lanes_;
  alignas(64) std::atomic<std::uint64_t> clock_{1};
};

}  // namespace sluice::kit
