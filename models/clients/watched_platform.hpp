// SPDX-License-Identifier: BSL-1.0
#pragma once
// The engine's Platform, with somebody who is told when a thread is about to sleep and when one is about to be woken: what another
// can know of a lock whose word only its holder and who waits for it look at.
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sluice::kit {

template <class Base>
struct watched_platform : Base {
  // Told on the thread that does it, before it does.
  class watcher {
   public:
    watcher() { who = this; }
    watcher(const watcher&) = delete;
    watcher& operator=(const watcher&) = delete;
    virtual void sleeps(std::uint32_t) {}  // unless the word has changed from this
    virtual void wakes() {}

   protected:
    ~watcher() { who = nullptr; }

   private:
    friend watched_platform;
    inline static watcher* who = nullptr;
  };

  template <class Word, class... Rest>
  static auto wait(Word& word, std::uint32_t seen, Rest&&... rest) {
    if (watcher::who != nullptr) watcher::who->sleeps(seen);
    return Base::wait(word, seen, std::forward<Rest>(rest)...);
  }
  template <class Word>
  static std::size_t wake_one(Word& word) {
    if (watcher::who != nullptr) watcher::who->wakes();
    return Base::wake_one(word);
  }
};

}  // namespace sluice::kit
