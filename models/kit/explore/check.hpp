// SPDX-License-Identifier: BSL-1.0
#pragma once
// check<Client>(options): every execution of the client, until one violates its property or none is left.
#include <chrono>
#include <new>
#include <stdexcept>
#include <utility>

#include <kit/client.hpp>
#include <kit/explore/dot.hpp>
#include <kit/explore/platform.hpp>
#include <kit/explore/trace.hpp>

namespace sluice::explore {

namespace detail {

template <class C, class Observer>
program program_of(Observer& observer) {
  program p{};
  p.construct = [](void* at) { ::new (at) C(); };
  p.thread = [](void* c, unsigned index) { static_cast<C*>(c)->thread(index); };
  p.finish = [](void* c) { static_cast<C*>(c)->finish(); };
  p.observe = [](void* o, const void* c) { (*static_cast<Observer*>(o))(*static_cast<const C*>(c)); };
  p.destroy = [](void* c) { static_cast<C*>(c)->~C(); };
  p.size = sizeof(C);
  p.alignment = alignof(C);
  p.threads = C::threads;
  p.observer = const_cast<void*>(static_cast<const void*>(&observer));
  return p;
}

inline report explore_all(const program& p, const options& o) {
  if (p.threads > max_threads) throw std::length_error("explore: a client has at most 14 threads");
  using watch = std::chrono::steady_clock;
  const auto start = watch::now();
  report r;
  r.model = o.model;
  machine m(p, o);
  for (bool more = true; more;) {
    switch (m.run()) {
      case outcome::complete: ++r.executions; break;
      case outcome::bounded: ++r.bounded; [[fallthrough]];
      case outcome::blocked: ++r.blocked; break;
      case outcome::failed: r.verdict = verdict::violation; break;
    }
    if (r.verdict == verdict::violation) break;
    more = m.backtrack();
    const bool out_of_executions = r.executions + r.blocked >= o.max_executions;
    const bool look_at_clock = (r.executions + r.blocked) % 256 == 0;
    if (more && (out_of_executions ||
                 (look_at_clock && std::chrono::duration<double>(watch::now() - start).count() > o.max_seconds))) {
      r.verdict = verdict::unknown;
      r.message = out_of_executions ? "stopped at max_executions" : "stopped at max_seconds";
      break;
    }
  }
  r.seconds = std::chrono::duration<double>(watch::now() - start).count();
  if (r.verdict == verdict::violation) {
    r.violation = m.failure();
    r.message = std::string(name_of(r.violation)) + ": " + m.message();
    r.trace = trace_of(m);
    r.dot = dot_of(m);
  } else if (r.bounded != 0 && r.verdict == verdict::ok) {
    r.verdict = verdict::unknown;
    r.message = "some executions were cut off by a bound (loop_bound, max_events)";
  }
  return r;
}

}  // namespace detail

// `observe` is called with the client after each complete execution, before its destruction.
template <template <class> class Client, class Observer>
report check(const options& o, Observer&& observe) {
  return detail::explore_all(detail::program_of<Client<engine>>(observe), o);
}
template <template <class> class Client>
report check(const options& o = {}) {
  return check<Client>(o, [](const Client<engine>&) {});
}

}  // namespace sluice::explore
