// SPDX-License-Identifier: BSL-1.0
#pragma once
// Where a search by states goes on from without running there anew: of each state on the path a copy of all that a run
// changes. What a run uses lies at the same addresses in every run (heap.hpp, fiber.hpp), so that a copy can be put back
// byte by byte, with the stacks and the pointers on them.
#include <cstddef>
#include <cstring>
#include <vector>

namespace sluice::explore {

class checkpoints {
 public:
  // After how many decisions of the path, and how many events.
  struct place {
    std::size_t decisions = 0;
    std::size_t events = 0;
  };

  bool any() const { return used_ != 0; }
  void clear() { used_ = 0; }
  // The path was cut back to its first `decisions` ones, the last of which is now another one.
  void cut(std::size_t decisions) {
    while (used_ != 0 && all_[used_ - 1].at.decisions >= decisions) --used_;
  }

  // `each_part(visit)` calls visit(address, bytes) for each part of what is kept, in an order in which the earlier ones
  // say where the later ones are.
  template <class EachPart>
  void keep(place at, const EachPart& each_part) {
    if (used_ == all_.size()) all_.emplace_back();
    checkpoint& c = all_[used_++];
    c.at = at;
    c.bytes.clear();
    each_part([&c](const void* from, std::size_t bytes) {
      const auto* const p = static_cast<const std::byte*>(from);
      c.bytes.insert(c.bytes.end(), p, p + bytes);
    });
  }
  // Back to the last one.
  template <class EachPart>
  place bring_back(const EachPart& each_part) const {
    const checkpoint& c = all_[used_ - 1];
    const std::byte* next = c.bytes.data();
    each_part([&next](void* to, std::size_t bytes) {
      std::memcpy(to, next, bytes);
      next += bytes;
    });
    return c.at;
  }

 private:
  struct checkpoint {
    place at;
    std::vector<std::byte> bytes;
  };
  std::vector<checkpoint> all_;  // the first `used_` of them; the others' memory is kept
  std::size_t used_ = 0;
};

}  // namespace sluice::explore
