// SPDX-License-Identifier: BSL-1.0
#pragma once
// The program of one primitive's clients under the explorer: it runs one client and prints one line of JSON, of the
// same form as kit/relacy/main.hpp's; on a terminal, what people can read. models/kit/verify.py runs them all.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <kit/explore/answer.hpp>
#include <kit/explore/command_line.hpp>
#include <kit/explore/entry.hpp>
#include <kit/explore/shard.hpp>
#include <kit/explore/weakening.hpp>
#include <kit/explore/workers.hpp>

namespace sluice::explore {

// Under the weakest model under which the client holds, as far as the time goes; else under the strongest. RA is no link of
// that chain for who uses seq_cst, which it does not know; it is asked where RC20 and RC11 have failed already.
inline report run_weakest(const entry& e, options how, unsigned jobs) {
  report r;
  for (const model m : {model::rc20, model::rc11, model::ra, model::tso, model::sc}) {
    how.model = m;
    r = jobs > 1 ? run_shared(e.run, how, jobs) : e.run(how);
    if (r.verdict != verdict::violation) break;
  }
  return r;
}

inline report run(const entry& e, const command_line& c) {
  if (c.weakest) return run_weakest(e, c.how, c.jobs);
  return c.jobs > 1 ? run_shared(e.run, c.how, c.jobs) : e.run(c.how);
}

inline int print(const entry& e, const command_line& c, const char* primitive, const site_map& sites,
                 const std::optional<shard>& of) {
  const auto refuse = [primitive](const std::string& why) {
    std::cerr << primitive << ": " << why << '\n';
    return 2;
  };
  graph_file graph;
  if (!graph.open(c.dot)) return refuse("--dot: '" + c.dot + "' cannot be written: " + std::strerror(errno));
  detail::last_words::listener() = [&](const report& r) {
    std::cout << line_of(primitive, e, c, r).dump() << '\n' << std::flush;
  };
  report r;
  try {
    r = run(e, c);
  } catch (const std::system_error& error) {
    detail::last_words::listener() = nullptr;
    std::cerr << primitive << ": --jobs " << c.jobs << ": " << error.what() << '\n';
    return 3;
  }
  detail::last_words::listener() = nullptr;
  if (r.violation == violation::not_a_token) return refuse("--replay: " + r.message);
  nlohmann::json line = line_of(primitive, e, c, r);
  if (c.sites) line["sites"] = sites.as_json();
  if (of)
    note_shard(line, *of, c.how, c.weaken);
  else
    note_unmet(line, c.weaken);
  const bool for_people = c.to.is_people(graph.is_stdout() ? STDERR_FILENO : STDOUT_FILENO);
  (graph.is_stdout() ? std::cerr : std::cout) << (for_people ? as_text(line, c) : line.dump() + "\n") << std::flush;
  if (!graph.write(r.dot)) return refuse("--dot: '" + c.dot + "' cannot be written");
  return r.verdict == verdict::violation ? 1 : r.broken ? 3 : 0;
}

inline int run_one(const entry& e, command_line& c, const char* primitive) {
  site_map sites;
  if (c.sites) c.how.on_site = [&sites](const request& r) { sites.note(r); };
  if (!c.weaken.empty()) {
    const auto change = parse_weakening(c.weaken);
    if (!change) {
      std::cerr << primitive << ": " << kit::no_weaker(c.weaken) << '\n';
      return 2;
    }
    if (change->weak && c.how.spurious == 0) {
      std::cerr << primitive << ": --weaken " << c.weaken
                << " needs --spurious 1: nothing fails spuriously without it\n";
      return 2;
    }
    c.how.changes.push_back(*change);
  }
  std::optional<shard> of;
  if (!c.shard.empty()) {
    of = parse_shard(c.shard);
    if (!of) {
      std::cerr << primitive << ": --shard wants I/N with 1 <= I <= N, not '" << c.shard << "'\n";
      return 2;
    }
    c.how.takes = [of](std::uint64_t n) { return n % of->of == of->index - 1; };
  }
  return print(e, c, primitive, sites, of);
}

inline nlohmann::json as_listed(const entry& e) {
  return {{"client", e.name},
          {"property", e.property},
          {"threads", e.threads},
          {"by_states", e.by_states},
          {"by_states_if_thorough", e.by_states_if_thorough},
          {"long_if_thorough", e.long_if_thorough}};
}

// Exit status: 0 no violation (the line says whether every execution was visited), 1 a violation, 2 bad arguments, 3 a search
// that broke down, which left unknown what no bound did.
inline int main_of(const char* primitive, const std::vector<entry>& clients, int argc, char** argv) {
  CLI::App app{std::string("Clients of ") + primitive + " under the explorer: every execution, within the bounds."};
  command_line c;
  c.how.spurious = 0;
  declare(app, c);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  c.how.model = *model_named(c.model);
  if (const std::string wrong = wrong_with(app, c); !wrong.empty()) {
    std::cerr << primitive << ": " << wrong << '\n';
    return 2;
  }
  if (!c.to_merge.empty()) return print_merged(primitive, c.to_merge);
  if (c.list) {
    std::vector<nlohmann::json> all;
    all.reserve(clients.size());
    for (const entry& e : clients) all.push_back(as_listed(e));
    return kit::print_list(all, c.to), 0;
  }
  for (const entry& e : clients)
    if (c.client == e.name) return run_one(e, c, primitive);
  std::cerr << primitive << ": " << kit::no_client_called(c.client) << '\n';
  return 2;
}

}  // namespace sluice::explore
