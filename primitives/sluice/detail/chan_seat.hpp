// SPDX-License-Identifier: BSL-1.0
#pragma once
// chan_seat: where one operation on a channel without a buffer waits, on the line of the channel's lock: a pop for an element, or a push
// with one. Who brings the element, or takes it, fetches that line and no other, and who waits gets it with all that it needs. The two
// lines of waiters are behind it. This is the word that says who is where; the place for the element is chan_place's.
//
//   a pop    vacant --sit----> open --claim--> claimed --serve, refuse--> served, refused --vacate--> vacant
//                                \----leave-----> vacant
//   a push   vacant --offer--> offered -------------take, refuse--------> served, refused --vacate--> vacant
//                                \---withdraw---> vacant
//   While it is open, claimed or offered, whoever sits may have added that it sleeps.
//
// Invariants
//   1. Who sits has found it vacant under the channel's lock, where the line of its own kind was empty and nobody of the other kind waited.
//   2. Of all claims and the leave of a pop, one succeeds. It takes no lock: who claims is alone with the place until it says how it ended,
//      and after that, who sat is alone with it until it is vacant.
//   3. A push offers and withdraws, and is taken from or refused, under the lock, and the place is the holder's.
//
// Edges (release -> acquire)
//   [vacated]  vacate -> is_vacant     who sat before has moved its element away
//   [seated]   sit -> claim            so has it for who constructs the next one there
//   [served]   serve, refuse, take -> wait   the element, and what was done before the other operation, or the close
//   [gone]     take, vacate, withdraw -> offers   of who lined up behind an offer chan_words shows, to who finds the offer gone
//   [claimed]  claim, and what follows it -> a claim that fails, by a close   which comes after that push, and has no lock in common with it
// Relaxed: the CAS that says that somebody sleeps carries nothing; a leave goes on in the release sequence of its sit; how it ended is
// asked by who has waited for it; a look before a claim only tells whether one makes sense; an offer is taken under the lock, and who
// makes it does nothing else until then, by which others could tell that it was made.
#include <cstdint>
#include <optional>

#include <sluice/detail/bell.hpp>
#include <sluice/detail/listen.hpp>
#include <sluice/platform.hpp>

namespace sluice::detail {

template <class Platform>
class chan_seat {
 public:
  // Under the channel's lock.
  bool is_vacant() const noexcept { return word_.load(std::memory_order_acquire) == vacant; }  // [vacated] <- vacate
  // Under the lock, where it is vacant.
  void sit() noexcept { word_.store(open, std::memory_order_release); }  // [seated] -> claim

  // Likewise, with an element in its place.
  void offer() noexcept { word_.store(offered, std::memory_order_relaxed); }
  // Under the lock: whether there is an offer.
  bool is_offered() const noexcept { return (word_.load(std::memory_order_relaxed) & ~asleep) == offered; }
  // Without it: whether there may be one. If not, and nobody is shown in line afterwards, at some moment meanwhile no push waited.
  bool offers() const noexcept {
    return (word_.load(std::memory_order_acquire) & ~asleep) == offered;  // [gone] <- take, vacate, withdraw
  }
  // Under the lock, where there is an offer, whose element has left its place: whom to wake, if who sits there sleeps.
  std::optional<typename Platform::wake_key> take() {
    const auto key = Platform::key_of(word_);
    const std::uint32_t was = word_.exchange(served, std::memory_order_release);  // [served] -> wait, [gone] -> offers
    return (was & asleep) != 0 ? std::optional(key) : std::nullopt;
  }
  // Likewise, by who sits: it leaves.
  void withdraw() noexcept { word_.store(vacant, std::memory_order_release); }  // [gone] -> offers

  // Whether a claim may succeed: under the lock none does where this is false. Otherwise a guess.
  bool seems_open() const noexcept { return (word_.load(std::memory_order_relaxed) & ~asleep) == open; }
  // Whether somebody sat there whom nobody had claimed. Then he has to be served, or refused. By any thread, without the lock; and
  // without a look first: before the claim the line might be gone again, to who sits there and looks.
  [[gnu::always_inline]] bool claim() noexcept {
    std::uint32_t w = open;
    return claim(w, claimed) || (w == (open | asleep) && claim(w, claimed | asleep));
  }
  // By who claimed: the element is in its place, and the channel may be gone afterwards; or there is none, for the channel is closed.
  // Then an offer is refused too, under the lock.
  [[gnu::always_inline]] void serve() { end(served); }
  void refuse() { end(refused); }

  // By who sits: `woken` once served or refused; otherwise why not.
  wait_result wait(const wait_limit<Platform>& until) {
    // Who serves needs the line for some 50 cycles, a pause or two, and who takes a little longer.
    constexpr int between = 4;
    if (Platform::cpus() > 1 && listen<Platform, between>([this] { return is_over(); })) return wait_result::woken;
    for (;;) {
      std::uint32_t w = word_.load(std::memory_order_acquire);  // [served] <- serve, refuse
      if (w >= served) return wait_result::woken;
      // Where this fails, for a reason or none, the wait returns at once.
      if ((w & asleep) == 0)
        word_.compare_exchange_weak(w, w | asleep, std::memory_order_relaxed, std::memory_order_relaxed);
      const wait_result why = Platform::wait(word_, w | asleep, until.deadline, until.stop);
      if (is_over()) return wait_result::woken;
      if (why != wait_result::woken) return why;
    }
  }
  // By who sits: false if it was claimed, and then will be served or refused.
  bool leave() noexcept {
    std::uint32_t w = word_.load(std::memory_order_relaxed);
    while ((w & ~asleep) == open)
      if (word_.compare_exchange_weak(w, vacant, std::memory_order_relaxed, std::memory_order_relaxed)) return true;
    return false;
  }
  // By who sat, and was woken: false if it was refused.
  bool was_served() const noexcept { return word_.load(std::memory_order_relaxed) == served; }
  // The end of its sitting.
  void vacate() noexcept {
    word_.store(vacant, std::memory_order_release);  // [vacated] -> is_vacant, [claimed] -> claim, [gone] -> offers
  }

 private:
  static constexpr std::uint32_t vacant = 0;
  // Beside `open`, `claimed` and `offered`; no other word differs from one by this alone, or a wait for it might find what it expects.
  static constexpr std::uint32_t asleep = 1;
  static constexpr std::uint32_t open = 2;
  static constexpr std::uint32_t claimed = 4;
  static constexpr std::uint32_t offered = 6;
  static constexpr std::uint32_t served = 8;
  static constexpr std::uint32_t refused = 10;

  bool is_over() const noexcept {
    return word_.load(std::memory_order_acquire) >= served;  // [served] <- serve, refuse
  }
  [[gnu::always_inline]] bool claim(std::uint32_t& from, std::uint32_t to) noexcept {
    return word_.compare_exchange_strong(from, to,  // [seated] <- sit, [claimed] -> claim; [claimed] <- claim, and on
                                         std::memory_order_acq_rel, std::memory_order_acquire);
  }
  void end(std::uint32_t how) {
    const auto key = Platform::key_of(word_);
    if ((word_.exchange(how, std::memory_order_release) & asleep) != 0)  // [served] -> wait, [claimed] -> claim
      Platform::wake_by_key(key);
  }

  // Written by who sits and by who claims it, in turn.
  typename Platform::template atomic<std::uint32_t> word_{vacant};
};

}  // namespace sluice::detail
