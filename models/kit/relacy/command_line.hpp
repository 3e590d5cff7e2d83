// SPDX-License-Identifier: BSL-1.0
#pragma once
// The program of one primitive's clients under Relacy: it runs one client and prints one line of JSON. One client per
// process: Relacy leaks about 64 KB a run and knows one OS thread. models/kit/verify.py runs them all.
#include <kit/relacy/entry.hpp>
#include <kit/relacy/weakening.hpp>

#include <chrono>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace sluice::relacy {

inline const char* order_name(std::memory_order o) {
  constexpr const char* names[] = {"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
  return names[static_cast<int>(o)];
}

inline nlohmann::json sites_as_json() {
  nlohmann::json all = nlohmann::json::array();
  for (const seen_site& s : seen_sites)
    all.push_back({{"file", s.file},
                   {"line", s.line},
                   {"function", s.function},
                   {"operation", s.operation},
                   {"which", s.which},
                   {"order", order_name(s.order)}});
  return all;
}

// FILE:LINE:OPERATION:WHICH:ORDER, or `weak` in the place of ORDER.
inline bool parse_weakening(const std::string& text) {
  std::vector<std::string> part;
  std::istringstream in(text);
  for (std::string p; std::getline(in, p, ':');) part.push_back(p);
  if (part.size() != 5) return false;
  the_weakening = {part[0], std::stoi(part[1]), std::stoi(part[3]), part[2],
                   {},      part[4] == "weak",  part[4] == "weak",  0};
  for (int o = 0; o != 6; ++o) {
    if (part[4] != order_name(static_cast<std::memory_order>(o))) continue;
    the_weakening.to = static_cast<std::memory_order>(o);
    the_weakening.active = true;
  }
  return the_weakening.active;
}

inline int report(const request& r, const entry& e, const char* primitive) {
  const auto start = std::chrono::steady_clock::now();
  const outcome o = e.run(r);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  nlohmann::json line = {{"primitive", primitive},
                         {"client", e.name},
                         {"property", e.property},
                         {"threads", e.threads},
                         {"scheduler", r.scheduler},
                         {"executions", o.executions},
                         {"seconds", seconds.count()},
                         {"ok", o.ok},
                         {"result", o.result},
                         {"state", o.state},
                         {"trace", o.trace}};
  if (the_weakening.active) line["weakening_hits"] = the_weakening.hits;
  if (record_sites) line["sites"] = sites_as_json();
  std::cout << line.dump() << '\n';
  return o.ok ? 0 : 1;
}

// Exit status: 0 the property held in every execution that was run, 1 it did not, 2 the arguments make no sense.
inline int main_of(const char* primitive, const std::vector<entry>& clients, int argc, char** argv) {
  CLI::App app{std::string("Clients of ") + primitive + " under Relacy: bounded testing, not proof."};
  request r;
  bool list = false;
  std::string weaken;
  app.add_flag("--list", list, "print the clients and stop");
  app.add_option("--client", r.client, "the client to run");
  app.add_option("--executions", r.executions, "how many, for the random scheduler")->check(CLI::PositiveNumber);
  app.add_option("--scheduler", r.scheduler, "random, bound or full")
      ->check(CLI::IsMember({"random", "bound", "full"}));
  app.add_option("--bound", r.bound, "context switches, for the scheduler `bound`");
  app.add_option("--state", r.seed, "where to start: the `state` of an earlier run replays its last execution");
  app.add_option("--weaken", weaken,
                 "FILE:LINE:OPERATION:WHICH:ORDER, the one order to weaken; ORDER `weak`: let a strong CAS fail");
  app.add_flag("--sites", record_sites, "add to the result the sites of all operations met");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (list) {
    for (const entry& e : clients)
      std::cout << nlohmann::json{{"client", e.name}, {"property", e.property}, {"threads", e.threads}}.dump() << '\n';
    return 0;
  }
  if (!weaken.empty() && !parse_weakening(weaken)) {
    std::cerr << primitive << ": --weaken wants FILE:LINE:OPERATION:WHICH:ORDER, not '" << weaken << "'\n";
    return 2;
  }
  for (const entry& e : clients)
    if (r.client == e.name) return report(r, e, primitive);
  std::cerr << primitive << ": no client '" << r.client << "'; --list names them\n";
  return 2;
}

}  // namespace sluice::relacy
