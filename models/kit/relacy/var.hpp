// SPDX-License-Identifier: BSL-1.0
#pragma once
// Plain shared data under Relacy: every access is checked for races, use after destruction and use before the first
// write. None of them is a scheduling point: in a race-free program they cannot be seen.
#include <kit/relacy/site.hpp>

#include <utility>

namespace sluice::relacy {

class race_check {
 public:
  race_check() : data_(rl::ctx().var_ctor()) {}
  race_check(const race_check&) = delete;
  race_check& operator=(const race_check&) = delete;
  ~race_check() {
    alive_.check(site());
    rl::ctx().var_dtor(data_);
  }

  void read(const site& at) { access(false, at); }
  void write(const site& at) { access(true, at); }

 private:
  void access(bool writes, const site& at) {
    rl::context& c = rl::ctx();
    alive_.check(at);
    if (c.invariant_executing) return;
    if (!initialised_) {
      if (!writes) c.fail_test("plain data", rl::test_result_unitialized_access, at);
      initialised_ = true;
      data_->init(*c.threadx_);
    } else if (!(writes ? data_->store(*c.threadx_) : data_->load(*c.threadx_))) {
      c.fail_test(writes ? "write" : "read", rl::test_result_data_race, at);
    }
  }

  rl::var_data* data_;
  bool initialised_ = false;
  rl::signature<123456789> alive_;
};

template <class T>
class var {
 public:
  var() = default;
  var(T v, site at = SLUICE_RELACY_HERE) { store(std::move(v), at); }
  T load(site at = SLUICE_RELACY_HERE) const {
    check_.read(at);
    return value_;
  }
  void store(T v, site at = SLUICE_RELACY_HERE) {
    check_.write(at);
    value_ = std::move(v);
  }

 private:
  T value_{};
  mutable race_check check_;
};

template <class T>
class cell {
 public:
  T* storage(site at = SLUICE_RELACY_HERE) {
    check_.write(at);
    return reinterpret_cast<T*>(raw_);
  }
  T& value(site at = SLUICE_RELACY_HERE) {
    check_.write(at);
    return *std::launder(reinterpret_cast<T*>(raw_));
  }

 private:
  alignas(T) std::byte raw_[sizeof(T)];
  race_check check_;
};

}  // namespace sluice::relacy
