// SPDX-License-Identifier: BSL-1.0
#pragma once
// The sequential meaning of sync_map<int, int>, its calls and its answers. Keys do not depend on one another, so a map of
// one key is what histories are checked against, key by key.
#include <cstdint>
#include <optional>
#include <ostream>
#include <unordered_map>

namespace sluice::specs {

struct sync_map_call {
  enum operation : std::uint8_t {
    load,
    store,
    try_store,
    load_or_store,
    load_and_erase,
    erase,
    swap,
    compare_and_swap,
    compare_and_erase,
    clear,
    operations
  };
  operation what = load;
  int key = 0;
  int value = 0;  // put, or compared with by compare_and_erase
  int expected = 0;  // compared with by compare_and_swap

  friend std::ostream& operator<<(std::ostream& out, const sync_map_call& c) {
    static constexpr const char* names[] = {"load",  "store", "try_store",        "load_or_store",     "load_and_erase",
                                            "erase", "swap",  "compare_and_swap", "compare_and_erase", "clear"};
    return out << names[c.what] << '(' << c.key << ", " << c.expected << ", " << c.value << ')';
  }
};

// Whether it did what it is for (found, put, erased, was there before), and the value that goes with that.
struct sync_map_answer {
  bool yes = false;
  int value = 0;
  friend bool operator==(const sync_map_answer&, const sync_map_answer&) = default;
  friend std::ostream& operator<<(std::ostream& out, const sync_map_answer& a) {
    return out << (a.yes ? "yes " : "no ") << a.value;
  }
};

class sync_map {
 public:
  using content = std::unordered_map<int, int>;

  sync_map_answer apply(const sync_map_call& c) {
    using call = sync_map_call;
    const auto at = content_.find(c.key);
    const bool there = at != content_.end();
    const int was = there ? at->second : 0;
    switch (c.what) {
      case call::load: return {there, was};
      case call::store: return content_[c.key] = c.value, sync_map_answer{true, 0};
      case call::try_store: return {content_.try_emplace(c.key, c.value).second, 0};
      case call::load_or_store: return {there, content_.try_emplace(c.key, c.value).first->second};
      case call::load_and_erase: return content_.erase(c.key), sync_map_answer{there, was};
      case call::erase: return {content_.erase(c.key) == 1, 0};
      case call::swap: return content_[c.key] = c.value, sync_map_answer{there, was};
      case call::compare_and_swap:
        if (!there || was != c.expected) return {false, 0};
        return at->second = c.value, sync_map_answer{true, 0};
      case call::compare_and_erase:
        if (!there || was != c.value) return {false, 0};
        return content_.erase(at), sync_map_answer{true, 0};
      default: return content_.clear(), sync_map_answer{true, 0};
    }
  }
  const content& all() const { return content_; }

 private:
  content content_;
};

}  // namespace sluice::specs
