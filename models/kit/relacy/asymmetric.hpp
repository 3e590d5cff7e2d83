// SPDX-License-Identifier: BSL-1.0
#pragma once
// P1202's asymmetric fences over Relacy's clocks. A light fence leaves a snapshot of its thread's clock and takes what
// heavy fences have left; a heavy one takes every snapshot and leaves its clock. So light and heavy order as two
// seq_cst fences do, and two light ones not at all: a light fence that is missing, or on the wrong side, is seen.
#include <kit/relacy/futex.hpp>

namespace sluice::relacy {

class asymmetric_fences {
 public:
  void light(rl::thread_info_base& t, unsigned threads) {
    for (unsigned i = 0; i != threads; ++i) {
      raise(t.acq_rel_order_[i], heavy_[i]);
      raise(light_[i], t.acq_rel_order_[i]);
    }
  }
  void heavy(rl::thread_info_base& t, unsigned threads) {
    for (unsigned i = 0; i != threads; ++i) {
      raise(t.acq_rel_order_[i], light_[i]);
      raise(t.acq_rel_order_[i], heavy_[i]);
      raise(heavy_[i], t.acq_rel_order_[i]);
    }
  }
  void forget() { *this = asymmetric_fences(); }

 private:
  static void raise(rl::timestamp_t& to, rl::timestamp_t from) {
    if (to < from) to = from;
  }
  rl::timestamp_t light_[most_threads] = {};
  rl::timestamp_t heavy_[most_threads] = {};
};

inline asymmetric_fences the_fences;  // forgotten when an execution begins

}  // namespace sluice::relacy
