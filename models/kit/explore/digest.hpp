// SPDX-License-Identifier: BSL-1.0
#pragma once
// A fingerprint of 128 bits. Two different states among n have the same one with a probability of about n^2 / 2^129:
// for a thousand million states, less than one in 10^20.
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice::explore {

struct digest {
  std::uint64_t low = 0x243f6a8885a308d3;
  std::uint64_t high = 0x13198a2e03707344;

  void add(std::uint64_t x) {
    low = (low ^ x) * 0x9e3779b97f4a7c15;
    low ^= low >> 32;
    high = (high + x) * 0xc2b2ae3d27d4eb4f;
    high ^= high >> 29;
  }
  void add(const void* from, std::size_t bytes) {
    const char* p = static_cast<const char*>(from);
    std::uint64_t x;
    for (; bytes >= 8; bytes -= 8, p += 8) {
      std::memcpy(&x, p, 8);
      add(x);
    }
    if (bytes == 0) return;
    x = bytes;
    std::memcpy(&x, p, bytes < 7 ? bytes : 7);
    add(x);
  }
  // Mixes the halves, so that each bit of the answer depends on both.
  digest finished() const {
    digest d = *this;
    d.add(high ^ (low << 1));
    d.add(low ^ (high >> 1));
    return d;
  }
  friend bool operator==(const digest&, const digest&) = default;
};

}  // namespace sluice::explore
