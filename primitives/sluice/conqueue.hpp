// SPDX-License-Identifier: BSL-1.0
#pragma once
// The words of WG21 P0260R20 (C++ Concurrent Queues) that rings and queues share.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <sluice/expected.hpp>

namespace sluice {

// How an operation that does not wait ended. `busy`: the position that this operation needs is claimed by another one
// that has not finished; waiting for it would be blocking, and "empty" or "full" would be a lie. P0260 also has
// busy_async for its senders, which Sluice does not have; the name is kept so that code written to the paper compiles.
enum class conqueue_status : std::uint8_t { success, empty, full, closed, busy, busy_async };

constexpr const char* to_string(conqueue_status s) noexcept {
  switch (s) {
    case conqueue_status::success: return "success";
    case conqueue_status::empty: return "empty";
    case conqueue_status::full: return "full";
    case conqueue_status::closed: return "closed";
    case conqueue_status::busy: return "busy";
    case conqueue_status::busy_async: return "busy_async";
  }
  return "unknown";
}

// What a bulk operation did: how many elements it moved, and why it moved no more (success: all of them).
struct bulk_result {
  std::size_t count = 0;
  conqueue_status status = conqueue_status::success;
  friend bool operator==(const bulk_result&, const bulk_result&) = default;
};

// [conqueue.concept.basic]
template <class Q>
concept basic_concurrent_queue =
    std::move_constructible<typename Q::value_type> && requires(Q q, const Q cq, typename Q::value_type&& t) {
      { cq.is_closed() } noexcept -> std::same_as<bool>;
      { q.close() } noexcept -> std::same_as<void>;
      { q.push(std::forward<typename Q::value_type>(t)) } -> std::same_as<bool>;
      { q.emplace(std::forward<typename Q::value_type>(t)) } -> std::same_as<bool>;
      { q.pop() } -> std::same_as<std::optional<typename Q::value_type>>;
    };

// [conqueue.concept.concurrent], with sluice::expected for C++23's std::expected.
template <class Q>
concept concurrent_queue = basic_concurrent_queue<Q> && requires(Q q, typename Q::value_type&& t) {
  { q.try_push(std::forward<typename Q::value_type>(t)) } -> std::same_as<conqueue_status>;
  { q.try_emplace(std::forward<typename Q::value_type>(t)) } -> std::same_as<conqueue_status>;
  { q.try_pop() } -> std::same_as<expected<typename Q::value_type, conqueue_status>>;
};

}  // namespace sluice
