// SPDX-License-Identifier: BSL-1.0
#pragma once
// error: what went wrong, when and where, because of what, in words for who reads a log and in words for who uses the program;
// "Error Propagation" of K. Cox-Buday's "Concurrency in Go" (O'Reilly 2017). For what crosses the boundary of a module: below it
// an error code, an exception or a failure will do, and becomes the cause.
//
//   try { store.save(order); } catch (...) { throw error("order 7 was not saved", because()).for_users("Please try again."); }
//   … catch (const error& e) { log << e.details(); page << e.user_message(); }     both bear e.id()
//
// A value: copies share what is known, and a copy never throws. As an exception it can be thrown, as an element of a channel
// or in a result<T> (sluice/result.hpp) it travels with values. Any thread may read any copy.
// Making one allocates and takes a stack trace (platform_trace.hpp), some microseconds; each has a number of its own, so
// equal words from two places are two errors. Nothing here waits.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>
#include <source_location>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <sluice/detail/utc.hpp>
#include <sluice/failure.hpp>
#include <sluice/platform.hpp>
#include <sluice/platform_trace.hpp>

namespace sluice {

namespace detail {
// Of this process alone, as far as chance goes, and of one error in it. Relaxed: the numbers only have to differ.
inline std::string next_error_id() {
  static const auto process = static_cast<std::uint32_t>(std::random_device{}());
  static constinit std_platform::atomic<std::uint64_t> count{0};
  char text[16];
  std::snprintf(text, sizeof text, "%08x-", static_cast<unsigned>(process));
  return text + std::to_string(count.fetch_add(1, std::memory_order_relaxed) + 1);
}
}  // namespace detail

class [[nodiscard]] error : public std::exception {
 public:
  using time_point = std::chrono::system_clock::time_point;

  error() noexcept = default;  // nothing went wrong
  // Now and here. What came before it: one cause, or several; those among them that say that nothing went wrong are none.
  explicit error(std::string what, std::source_location at = std::source_location::current())
      : error(std::move(what), std::vector<error>(), at) {}
  error(std::string what, error cause, std::source_location at = std::source_location::current())
      : error(std::move(what), cause ? std::vector<error>{std::move(cause)} : std::vector<error>(), at) {}
  error(std::string what, std::vector<error> causes, std::source_location at = std::source_location::current())
      : state_(std::make_shared<const state>(state{
            std::move(what), {}, detail::next_error_id(), {}, those_of(std::move(causes)), at, stack_trace::here(1)})) {
  }
  // A failure as it is: of one that holds an error that error, or what its message says. None of no failure.
  error(const failure& f, std::source_location at = std::source_location::current()) {
    if (f.exception() != nullptr) {
      try {
        f.raise();
      } catch (const error& e) {
        *this = e;
        return;
      } catch (const std::system_error& e) {
        *this = of_code(e.what(), e.code(), at);
        return;
      } catch (...) {
      }
    }
    if (f) *this = of_code(f.message(), f.code(), at);
  }
  error(std::error_code code, std::source_location at = std::source_location::current()) : error(failure(code), at) {}
  template <class Enum>
    requires std::is_error_code_enum_v<Enum>
  error(Enum code, std::source_location at = std::source_location::current()) : error(failure(code), at) {}

  explicit operator bool() const noexcept { return state_ != nullptr; }
  const char* what() const noexcept override { return state_ == nullptr ? "no error" : state_->what.c_str(); }
  // Precondition of all that follow: something went wrong.
  time_point when() const noexcept { return state_->when; }
  const std::source_location& where() const noexcept { return state_->where; }
  const stack_trace& trace() const noexcept { return state_->trace; }
  const std::vector<error>& causes() const noexcept { return state_->causes; }
  // Under which a log has the details.
  const std::string& id() const noexcept { return state_->id; }
  // The code that it was made from; zero if it was made from words.
  std::error_code code() const noexcept { return state_->code; }
  // Whether this, or a cause, or a cause of that, is the code or condition.
  template <class Code>
    requires requires(const std::error_code& a, const Code& b) { a == b; }
  bool is(const Code& code) const {
    if (state_->code && state_->code == code) return true;
    for (const error& c : state_->causes)
      if (c.is(code)) return true;
    return false;
  }

  // The same error with words for who uses the program.
  error for_users(std::string message) const {
    error copy;
    auto s = std::make_shared<state>(*state_);
    s->for_users = std::move(message);
    copy.state_ = std::move(s);
    return copy;
  }
  // Those words, or those of the first cause that has some, or that it is unexpected; and the id of this.
  std::string user_message() const {
    const std::string* const words = words_for_users();
    return (words == nullptr ? "Something unexpected went wrong. Please report it." : *words) + " [" + id() + ']';
  }

  // All that is known, for a log, in lines.
  std::string details() const {
    std::string text;
    describe(text, "");
    return text;
  }

  operator failure() const { return state_ == nullptr ? failure() : failure(std::make_exception_ptr(*this)); }
  // Whether they are the same error, not only alike.
  friend bool operator==(const error& a, const error& b) noexcept {
    return a.state_ == b.state_ || (a && b && a.id() == b.id());
  }

 private:
  struct state {
    std::string what;
    std::string for_users;
    std::string id;
    std::error_code code;
    std::vector<error> causes;
    std::source_location where;
    stack_trace trace;
    time_point when = std::chrono::system_clock::now();
  };

  static std::vector<error> those_of(std::vector<error> causes) {
    std::erase_if(causes, [](const error& c) { return !c; });
    return causes;
  }
  static error of_code(std::string what, std::error_code code, std::source_location at) {
    error e(std::move(what), at);
    auto s = std::make_shared<state>(*e.state_);
    s->code = code;
    e.state_ = std::move(s);
    return e;
  }
  const std::string* words_for_users() const {
    if (!state_->for_users.empty()) return &state_->for_users;
    for (const error& c : state_->causes)
      if (const std::string* const words = c.words_for_users()) return words;
    return nullptr;
  }
  void describe(std::string& text, const std::string& indent) const {
    text += indent + what() + " [" + id() + "]\n";
    text += indent + "  when  " + detail::utc(when()) + '\n';
    text += indent + "  where " + where().file_name() + ':' + std::to_string(where().line()) + ", " +
            where().function_name() + '\n';
    for (const std::string& call : trace().lines()) text.append(indent).append("        ").append(call) += '\n';
    for (const error& c : causes()) {
      text += indent + "  because\n";
      c.describe(text, indent + "    ");
    }
  }

  std::shared_ptr<const state> state_;  // none: nothing went wrong
};

// In a handler: the exception that is handled, as an error, to be a cause.
inline error because(std::source_location at = std::source_location::current()) {
  return {failure(std::current_exception()), at};
}

}  // namespace sluice
