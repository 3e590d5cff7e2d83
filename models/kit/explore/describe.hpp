// SPDX-License-Identifier: BSL-1.0
#pragma once
// Events in words.
#include <string>

#include <kit/explore/machine.hpp>
#include <kit/explore/text.hpp>

namespace sluice::explore {

constexpr const char* name_of(order o) {
  constexpr const char* names[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
  return names[static_cast<unsigned>(o)];
}
constexpr const char* name_of(op how) {
  constexpr const char* names[] = {"load",
                                   "store",
                                   "exchange",
                                   "fetch_add",
                                   "fetch_sub",
                                   "fetch_or",
                                   "fetch_and",
                                   "fetch_xor",
                                   "compare_exchange_strong",
                                   "compare_exchange_weak",
                                   "fence",
                                   "fence_light",
                                   "fence_heavy",
                                   "choose",
                                   "clock",
                                   "wait",
                                   "wait's check",
                                   "woken",
                                   "leaves the wait",
                                   "ends",
                                   "wake_one",
                                   "wake_all",
                                   "picks",
                                   "goes round without effect",
                                   "not pursued",
                                   "cut off by a bound"};
  return names[static_cast<unsigned>(how)];
}

class describer {
 public:
  explicit describer(machine& m) : machine_(m), graph_(m.events()) {}

  std::string thread(unsigned lane) const { return lane == main_lane ? "main" : detail::text("T", lane - 1); }
  std::string location(unsigned loc) const { return machine_.location_names()[loc]; }
  std::string place(const event& e) const {
    std::string file = e.where.file_name();
    file.erase(0, file.find_last_of('/') + 1);
    return file.empty() ? "" : file + ":" + std::to_string(e.where.line());
  }
  std::string value(std::uint64_t v, const event& e) const {
    if (v > 0xffffffffff && e.width == 8) {  // an address, most likely
      constexpr const char* digits = "0123456789abcdef";
      std::string hex;
      for (; v != 0; v >>= 4) hex.insert(hex.begin(), digits[v & 15]);
      return "0x" + hex;
    }
    return std::to_string(v);
  }
  std::string writer(ref w) const {
    return is_initial(w) ? "the initial value" : thread(w.thread) + " " + place(graph_.at(w));
  }

  // The event by itself: "file:12 #0.load(acquire) = 1".
  std::string event_text(ref name) const {
    const event& e = graph_.at(name);
    const std::string at = place(e) + " ";
    switch (e.what) {
      case kind::fence: return at + name_of(e.how) + "(" + name_of(e.actual) + ")";
      case kind::choice: return at + name_of(e.how) + ": " + std::to_string(e.value);
      case kind::block: return std::string("... ") + name_of(e.how);
      case kind::read: return at + read_text(e);
      case kind::write: break;
    }
    if (e.exclusive) return "  writes " + value(e.value, e);
    return at + location(e.loc) + "." + name_of(e.how) + "(" + value(e.value, e) + ", " + name_of(e.actual) + ")";
  }
  // Are there newer writes than the one it saw?
  bool is_stale(ref name) const {
    const event& e = graph_.at(name);
    if (e.what != kind::read) return false;
    return !e.exclusive && graph_.co_next(e.rf) != nothing;  // a read-modify-write stands right after what it read
  }

 private:
  std::string read_text(const event& e) const {
    std::string text = location(e.loc) + "." + name_of(e.how) + "(";
    if (is_cas(e.how)) text += value(e.expected, e) + " -> ";
    if (e.how >= op::exchange && e.how <= op::cas_weak) text += value(e.operand, e) + ", ";
    text += std::string(name_of(e.actual)) + ") = " + value(e.value, e);
    if (is_cas(e.how)) text += e.exclusive ? " succeeds" : e.spurious ? " fails spuriously" : " fails";
    return text;
  }

  machine& machine_;
  const graph& graph_;
};

}  // namespace sluice::explore
