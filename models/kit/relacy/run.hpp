// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs a client under Relacy, and the list of clients for a program.
#include <kit/client.hpp>
#include <kit/relacy/entry.hpp>
#include <kit/relacy/platform.hpp>

#include <cstddef>
#include <new>
#include <string>
#include <vector>

namespace sluice::relacy {

// A client without its type: Relacy's engine is a template of what it runs, and takes a second to compile for each.
struct program {
  void (*construct)();
  void (*thread)(unsigned index);
  void (*finish_and_destroy)();
};
inline const program* current_program = nullptr;

template <unsigned Threads>
struct suite : rl::test_suite<suite<Threads>, Threads> {
  void before() {
    the_fences.forget();
    current_program->construct();
  }
  void thread(unsigned i) { current_program->thread(i); }
  void after() { current_program->finish_and_destroy(); }
};

// Where a client lives; after a failure it is left as it is, and the next one takes its place.
template <class Client>
struct dwelling {
  alignas(Client) static inline std::byte at[sizeof(Client)];
  static Client& client() { return *std::launder(reinterpret_cast<Client*>(at)); }
  static constexpr program all{[] { ::new (static_cast<void*>(at)) Client(); }, [](unsigned i) { client().thread(i); },
                               [] {
                                 client().finish();
                                 client().~Client();
                               }};
};

inline rl::scheduler_type_e scheduler_named(const std::string& name) {
  return name == "full" ? rl::sched_full : name == "bound" ? rl::sched_bound : rl::sched_random;
}

// Relacy numbers random executions from 1 on, and goes on from where it begins until it comes to the number of the last one.
inline rl::iteration_t last_of(const request& r) {
  if (r.scheduler != "random") return 0;
  return r.replay.empty() ? r.executions : std::stoull(r.replay);
}

// Of an execution that failed: its number under the random scheduler, and nothing under the others, which come to it again.
inline std::string state_of(const request& r, const rl::test_params& p) {
  return r.scheduler == "random" && p.test_result != rl::test_result_success ? std::to_string(p.stop_iteration) : "";
}

template <class Client>
outcome run(const request& r) {
  rl::ostringstream trace;
  rl::ostringstream progress;
  rl::test_params p;
  p.iteration_count = last_of(r);
  p.output_stream = &trace;
  p.progress_stream = &progress;
  p.search_type = scheduler_named(r.scheduler);
  p.context_bound = r.bound;
  p.initial_state = r.replay.c_str();
  outcome o;
  current_program = &dwelling<Client>::all;
  o.ok = rl::simulate<suite<Client::threads>>(p);
  o.executions = r.replay.empty() ? p.stop_iteration : 1;
  o.result = rl::test_result_str(p.test_result);
  o.state = state_of(r, p);
  if (!o.ok) o.trace = trace.str().c_str();
  const std::size_t first_line = o.trace.find('\n');  // the suite's name, as the compiler writes it
  if (first_line != std::string::npos) o.trace.erase(0, first_line + 1);
  return o;
}

template <kit::client... Clients>
std::vector<entry> entries() {
  return {entry{Clients::name, Clients::property, Clients::threads, &run<Clients>}...};
}

// entries() as a template that a list of clients can be handed to.
template <kit::client... Clients>
struct entries_of {
  static std::vector<entry> get() { return entries<Clients...>(); }
};

}  // namespace sluice::relacy
