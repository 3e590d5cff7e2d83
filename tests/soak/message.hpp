// SPDX-License-Identifier: BSL-1.0
#pragma once
// What goes through the channels of a soak: the number-th message that `from` got into its channel, in forms that take different ways
// through a channel. Each knows whether it is whole: neither moved from nor made of parts of two.
#include <cstddef>
#include <cstdint>
#include <memory>

namespace sluice::test::soak {

// Small and trivially copyable: may wait at a channel's seat.
class small_message {
 public:
  small_message() = default;
  small_message(std::uint32_t from, std::uint32_t number) : from_(from), number_(number), check_(~from ^ number) {}
  std::uint32_t from() const { return from_; }
  std::uint32_t number() const { return number_; }
  bool whole() const { return check_ == (~from_ ^ number_); }

 private:
  std::uint32_t from_ = 0;
  std::uint32_t number_ = 0;
  std::uint32_t check_ = 0;
};

// Larger than a seat, and aligned as asked for.
template <std::size_t Align>
class wide_message {
 public:
  wide_message() = default;
  wide_message(std::uint32_t from, std::uint32_t number) {
    for (small_message& p : parts_) p = {from, number};
  }
  std::uint32_t from() const { return parts_[0].from(); }
  std::uint32_t number() const { return parts_[0].number(); }
  bool whole() const {
    if (reinterpret_cast<std::uintptr_t>(this) % alignof(wide_message) != 0) return false;
    for (const small_message& p : parts_)
      if (!p.whole() || p.from() != from() || p.number() != number()) return false;
    return true;
  }

 private:
  alignas(Align) small_message parts_[9];
};

// Can only be moved, and owns memory, so that one that is lost, or there twice, shows under AddressSanitizer too.
class owned_message {
 public:
  owned_message() = default;
  owned_message(std::uint32_t from, std::uint32_t number) : what_(std::make_unique<small_message>(from, number)) {}
  std::uint32_t from() const { return what_->from(); }
  std::uint32_t number() const { return what_->number(); }
  bool whole() const { return what_ != nullptr && what_->whole(); }

 private:
  std::unique_ptr<small_message> what_;
};

}  // namespace sluice::test::soak
