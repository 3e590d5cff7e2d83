// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a stage of a pipeline is made of: a task that owns the channel that it writes to, and ends when it is told that it may.
// Confinement and the done channel of K. Cox-Buday's "Concurrency in Go" (O'Reilly 2017). sluice/patterns.hpp is built on it.
//
//   auto [stop, done] = sluice::make_pipe<void>();                   stop out of scope, or stop.close(): all stages end
//   auto squares = sluice::patterns::chan_owner<int>(done, [](const auto& out) {
//     for (int i = 0; out.push(i * i); ++i) {}
//   });
//   for (const int n : squares) …
//
// Contract. `done` says that nobody wants more: it is to be closed; a nil one never is. Once it is closed a stage begins nothing new,
// and an element that it holds is lost. Who stops reading has to close it, for a stage that nobody reads waits. The channel is written
// to by its owner alone, and closes once: when the owner, and all to whom it gave a copy of its outlet, have ended or thrown.
// Progress, linearization points and cost are those of select and of chan: nothing here touches memory that is shared.
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/select.hpp>
#include <sluice/task.hpp>

namespace sluice::patterns {

// What can be popped from: a receiver or a chan.
template <class C>
concept readable = requires(const C& c) {
  typename C::value_type;
  c.pop();
};

// The next element of `from`; none once it is closed and drained, or `done` is closed. That is asked first.
template <readable In>
std::optional<typename In::value_type> pop_or_done(const receiver<void>& done, const In& from) {
  std::optional<typename In::value_type> out;
  select_biased(on_pop(done, [](std::optional<unit>) {}), on_pop(from, [&](std::optional<typename In::value_type> v) {
                  if (v) out.emplace(*std::move(v));
                }));
  return out;
}

// Waits until `to` takes v. False, and v is untouched: `done` is closed, which is asked first, or `to` is.
template <class T>
bool push_or_done(const receiver<void>& done, const sender<T>& to, typename sender<T>::value_type&& v) {
  bool taken = false;
  select_biased(on_pop(done, [](std::optional<unit>) {}),
                on_push(to, std::move(v), [&](bool accepted) { taken = accepted; }));
  return taken;
}

// The writing end that an owner has: pushes until `done` is closed. A copy keeps the channel open; one is used by one task at a time.
template <class T>
class outlet {
 public:
  using value_type = typename sender<T>::value_type;

  outlet(receiver<void> done, sender<T> to) : done_(std::move(done)), to_(std::move(to)) {}

  // False once nobody wants more; then v is untouched.
  bool push(value_type&& v) const { return push_or_done(done_, to_, std::move(v)); }
  bool push(const value_type& v) const { return push(value_type(v)); }
  // All that comes out of `in`; false once nobody wants more.
  template <readable In>
  bool push_all(const In& in) const {
    while (auto v = pop_or_done(done_, in))
      if (!push(*std::move(v))) return false;
    return !done_.is_closed();
  }

  const receiver<void>& done() const noexcept { return done_; }
  const sender<T>& to() const noexcept { return to_; }

 private:
  receiver<void> done_;
  sender<T> to_;
};

namespace detail {
// chan_owner under a name of at most 15 letters, which takes no memory, for reports.
template <class T, class F>
receiver<T> own(const char* name, receiver<void> done, F f, std::size_t capacity = 0) {
  auto [tx, rx] = make_pipe<T>(capacity);
  go_as(name, [out = outlet<T>(std::move(done), std::move(tx)), f = std::move(f)]() mutable { f(std::as_const(out)); });
  return std::move(rx);
}
}  // namespace detail

// Runs f(const outlet<T>&) as a task, by sluice::go, which alone can write to the channel whose reading end this gives: confinement.
// The channel has room for `capacity` elements, and closes when f returns. Throws what go and make_pipe throw.
template <class T, class F>
  requires std::is_invocable_v<F&, const outlet<T>&>
receiver<T> chan_owner(receiver<void> done, F f, std::size_t capacity = 0) {
  return detail::own<T>("chan_owner", std::move(done), std::move(f), capacity);
}

}  // namespace sluice::patterns
