// SPDX-License-Identifier: BSL-1.0
#pragma once
// Threads that take turns, one operation at a time, in an order drawn from a seed: a run of real code is then one sequence of
// operations, each with the word that it was about, what it found and what it left. `./kit prove` asks whether the abstract transition
// system allows it.
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <random>
#include <source_location>
#include <thread>
#include <utility>
#include <vector>

#include <kit/function_name.hpp>

namespace sluice::record {

class stage {
 public:
  static stage& the() {
    static stage s;
    return s;
  }

  // Runs all to their ends. Whoever sleeps while nobody can go on is an error.
  void run(const std::vector<std::function<void()>>& roles, std::uint64_t seed) {
    random_.seed(seed);
    sleeps_on_.assign(roles.size(), nullptr);
    ended_.assign(roles.size(), false);
    turn_ = draw();
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i != roles.size(); ++i)
      threads.emplace_back([this, i, role = roles[i]] {
        me() = static_cast<int>(i);
        std::unique_lock lock(guard_);
        until_my_turn(lock);
        lock.unlock();
        role();
        lock.lock();
        ended_[i] = true;
        pass_on();
      });
  }

  // Before an operation. Who is not on the stage does not wait.
  void step() {
    if (me() == nobody) return;
    std::unique_lock lock(guard_);
    pass_on();
    until_my_turn(lock);
  }
  void sleep(const void* word) {
    if (me() == nobody) std::abort();
    std::unique_lock lock(guard_);
    sleeps_on_[static_cast<std::size_t>(me())] = word;
    pass_on();
    until_my_turn(lock);
  }
  std::size_t wake(const void* word) {
    const std::scoped_lock lock(guard_);
    std::size_t woken = 0;
    for (const void*& w : sleeps_on_) woken += std::exchange(w, w == word ? nullptr : w) == word ? 1 : 0;
    return woken;
  }
  // Of those that sleep on it the one with the lowest number.
  std::size_t wake_one(const void* word) {
    const std::scoped_lock lock(guard_);
    for (const void*& w : sleeps_on_)
      if (w == word) return w = nullptr, 1;
    return 0;
  }
  // A word has no name of its own: where one lay another may lie later.
  unsigned new_word() { return ++words_; }
  static void note(const std::source_location& at, const char* what, std::uint64_t found, std::uint64_t left,
                   unsigned word = 0) {
    std::printf("%d %s %u %s %s %llu %llu %u\n", me(), at.file_name(), static_cast<unsigned>(at.line()),
                kit::function_name(at).c_str(), what, static_cast<unsigned long long>(found),
                static_cast<unsigned long long>(left), word);
  }

 private:
  static constexpr int nobody = -1;
  static int& me() {
    thread_local int number = nobody;
    return number;
  }

  void pass_on() {
    turn_ = draw();
    changed_.notify_all();
  }
  void until_my_turn(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [this] { return turn_ == me(); });
  }
  int draw() {
    std::vector<int> able;
    bool all_ended = true;
    for (std::size_t i = 0; i != ended_.size(); ++i) {
      all_ended = all_ended && ended_[i];
      if (!ended_[i] && sleeps_on_[i] == nullptr) able.push_back(static_cast<int>(i));
    }
    if (!all_ended && able.empty()) std::abort();  // a lost wake-up
    return able.empty() ? nobody : able[random_() % able.size()];
  }

  // Under the guard.
  std::mutex guard_;
  std::condition_variable changed_;
  std::mt19937_64 random_;
  std::vector<const void*> sleeps_on_;
  std::vector<bool> ended_;
  int turn_ = nobody;

  // By whose turn it is.
  unsigned words_ = 0;
};

}  // namespace sluice::record
