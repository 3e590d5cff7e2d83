// SPDX-License-Identifier: BSL-1.0
#pragma once
// Runs a client under Relacy, and the list of clients for a program.
#include <kit/client.hpp>
#include <kit/relacy/entry.hpp>
#include <kit/relacy/platform.hpp>

#include <optional>
#include <string>
#include <vector>

namespace sluice::relacy {

template <class Client>
struct suite : rl::test_suite<suite<Client>, Client::threads> {
  std::optional<Client> client;
  void before() {
    the_fences.forget();
    client.emplace();
  }
  void thread(unsigned i) { client->thread(i); }
  void after() {
    client->finish();
    client.reset();
  }
};

inline rl::scheduler_type_e scheduler_named(const std::string& name) {
  return name == "full" ? rl::sched_full : name == "bound" ? rl::sched_bound : rl::sched_random;
}

template <class Client>
outcome run(const request& r) {
  rl::ostringstream trace;
  rl::ostringstream progress;
  rl::test_params p;
  p.iteration_count = r.scheduler == "random" ? r.executions : 0;
  p.output_stream = &trace;
  p.progress_stream = &progress;
  p.search_type = scheduler_named(r.scheduler);
  p.context_bound = r.bound;
  p.initial_state = r.seed.c_str();
  outcome o;
  o.ok = rl::simulate<suite<Client>>(p);
  o.executions = p.stop_iteration;
  o.result = rl::test_result_str(p.test_result);
  o.state = p.final_state.c_str();
  if (!o.ok) o.trace = trace.str().c_str();
  return o;
}

template <kit::client... Clients>
std::vector<entry> entries() {
  return {entry{Clients::name, Clients::property, Clients::threads, &run<Clients>}...};
}

}  // namespace sluice::relacy
