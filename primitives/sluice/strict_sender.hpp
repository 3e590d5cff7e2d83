// SPDX-License-Identifier: BSL-1.0
#pragma once
// strict_sender: the sending end of a chan for those to whom a push into a closed channel is an error, as in Go: it
// throws closed_channel, where chan reports. What chan promises else holds here; in particular the argument of a push
// that throws is untouched, if it is an element.
#include <cstddef>
#include <stdexcept>
#include <utility>

#include <sluice/chan.hpp>
#include <sluice/conqueue.hpp>
#include <sluice/platform.hpp>

namespace sluice {

// Something was pushed into a closed channel, or it was closed twice, or it was nil and was closed.
class closed_channel : public std::logic_error {
 public:
  explicit closed_channel(const char* what) : std::logic_error(what) {}
};

template <class T, class Platform = std_platform>
class strict_sender {
 public:
  using value_type = typename sender<T, Platform>::value_type;

  explicit strict_sender(sender<T, Platform> tx) noexcept : tx_(std::move(tx)) {}
  // The same end, reporting.
  const sender<T, Platform>& lenient() const noexcept { return tx_; }

  // Deposits, waiting for room. Throws closed_channel.
  void push(value_type&& v) const { insist(tx_.push(std::move(v))); }
  void push(const value_type& v) const { insist(tx_.push(v)); }
  template <class... Args>
  void emplace(Args&&... args) const {
    insist(tx_.emplace(std::forward<Args>(args)...));
  }
  // All `n` from `first` on. What was deposited before a close is inside when it throws.
  template <class It>
  void push_n(It first, std::size_t n) const {
    insist(tx_.push_n(first, n) == n);
  }
  // Without waiting: false if there is no room. Throws closed_channel.
  bool try_push(value_type&& v) const { return insist(tx_.try_push(std::move(v))); }
  bool try_push(const value_type& v) const { return insist(tx_.try_push(v)); }
  // Throws closed_channel if it is closed already, or nil.
  void close() const {
    if (!tx_.close()) throw closed_channel(tx_ ? "close of a closed channel" : "close of a nil channel");
  }

 private:
  static void insist(bool accepted) {
    if (!accepted) throw closed_channel("push into a closed channel");
  }
  static bool insist(conqueue_status s) {
    insist(s != conqueue_status::closed);
    return s == conqueue_status::success;
  }

  sender<T, Platform> tx_;
};

}  // namespace sluice
