// SPDX-License-Identifier: BSL-1.0
// The paths through futex_lock that its proof is about.
#include <kit/record/platform.hpp>
#include <sluice/detail/futex_lock.hpp>

namespace {

using sluice::record::recorder;

struct two_cpus : sluice::record::platform {
  static unsigned cpus() noexcept { return 2; }
};

void free_one() {
  sluice::detail::futex_lock<two_cpus> l;
  recorder::the().path("free", [&] {
    l.lock();
    l.unlock();
  });
}

void freed_meanwhile() {
  sluice::detail::futex_lock<two_cpus> l;
  l.lock();
  recorder::the().path("freed_meanwhile", [&] { l.lock(); }, {{"lock_contended", "load", [&] { l.unlock(); }}});
}

// On one CPU nobody looks first.
void sleeps() {
  sluice::detail::futex_lock<sluice::record::platform> l;
  l.lock();
  recorder::the().path("sleeps", [&] { l.lock(); }, {{"lock_contended", "wait", [&] { l.unlock(); }}});
}

}  // namespace

int main() {
  free_one();
  freed_meanwhile();
  sleeps();
}
