// SPDX-License-Identifier: BSL-1.0
#pragma once
// The program of one primitive's clients under the explorer: it runs one client and prints one line of JSON, of the
// same form as kit/relacy/main.hpp's. models/kit/verify.py runs them all.
#include <iostream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <kit/explore/describe.hpp>
#include <kit/explore/entry.hpp>
#include <kit/explore/shard.hpp>
#include <kit/explore/workers.hpp>
#include <kit/function_name.hpp>

namespace sluice::explore {

// Every operation that the executions of a run performed, by its place.
class site_map {
 public:
  void note(const request& r) {
    if (has_order(r)) sites_.try_emplace({r.where.file_name(), r.where.line(), r.where.column(), r.how}, r);
  }
  nlohmann::json as_json() const {
    nlohmann::json all = nlohmann::json::array();
    for (const auto& [place, r] : sites_) {
      all.push_back(one(r, 0, r.success));
      if (r.how == op::cas_weak || r.how == op::cas_strong) all.push_back(one(r, 1, r.failure));
    }
    return all;
  }

 private:
  static bool has_order(const request& r) {
    return r.what != kind::choice && r.what != kind::block && r.how <= op::fence_heavy;
  }
  static nlohmann::json one(const request& r, int which, order o) {
    return {{"file", r.where.file_name()}, {"line", r.where.line()},
            {"column", r.where.column()},  {"function", kit::function_name(r.where)},
            {"operation", name_of(r.how)}, {"which", which},
            {"order", name_of(o)}};
  }
  std::map<std::tuple<const char*, unsigned, unsigned, op>, request> sites_;
};

struct command_line {
  options how;
  std::string client, model = "rc20", weaken;
  std::string shard;
  std::vector<std::string> to_merge;
  unsigned jobs = 1;
  bool list = false, sites = false, weakest = false;
};

inline std::optional<model> model_named(const std::string& name) {
  constexpr std::pair<const char*, model> all[] = {
      {"rc20", model::rc20}, {"rc11", model::rc11}, {"ra", model::ra}, {"tso", model::tso}, {"sc", model::sc}};
  for (const auto& [text, m] : all)
    if (name == text) return m;
  return std::nullopt;
}

template <class E>
std::optional<E> value_named(const std::string& name, unsigned count) {
  for (unsigned i = 0; i != count; ++i)
    if (name == name_of(static_cast<E>(i))) return static_cast<E>(i);
  return std::nullopt;
}

// FILE:LINE:OPERATION:WHICH:TO. WHICH is 0, or 1 for the order of a compare-exchange that fails; TO is an order
// (`relaxed` leaves a fence out), or `weak` for a strong compare-exchange that then may fail spuriously.
inline std::optional<order_change> parse_weakening(const std::string& text) {
  std::vector<std::string> part;
  std::istringstream in(text);
  for (std::string p; std::getline(in, p, ':');) part.push_back(p);
  if (part.size() != 5 || (part[3] != "0" && part[3] != "1")) return std::nullopt;
  order_change change{.file = part[0], .how = value_named<op>(part[2], unsigned(op::fence_heavy) + 1)};
  const auto to = value_named<order>(part[4], 6);
  std::istringstream(part[1]) >> change.line;
  change.weak = part[4] == "weak";
  if (change.line == 0 || !change.how || !(to || change.weak)) return std::nullopt;
  change.drop = *change.how >= op::fence && to == order::relaxed;
  (part[3] == "1" ? change.failure : change.success) = to;
  return change;
}

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

inline const char* all_of(const options& o) { return o.states ? "every state" : "every execution"; }

inline nlohmann::json line_of(const entry& e, const command_line& c, const char* primitive, const report& r) {
  nlohmann::json line = {{"primitive", primitive},
                         {"client", e.name},
                         {"property", e.property},
                         {"threads", e.threads},
                         {"model", name_of(r.model)},
                         {"executions", r.executions},
                         {"blocked", r.blocked},
                         {"states", r.states},
                         {"seconds", r.seconds},
                         {"ok", nullptr},
                         {"result", r.message.empty() ? all_of(c.how) : r.message},
                         {"trace", r.trace},
                         {"state", r.token},
                         {"weakening_hits", r.changed}};
  if (r.verdict != verdict::unknown) line["ok"] = r.verdict == verdict::ok;
  if (c.how.probes != 0) line["estimate"] = r.estimate, line["estimate_error"] = r.estimate_error;
  return line;
}

inline int print(const entry& e, const command_line& c, const char* primitive, const site_map& sites,
                 const std::optional<shard>& of) {
  detail::last_words::listener() = [&](const report& r) {
    std::cout << line_of(e, c, primitive, r).dump() << std::endl;
  };
  const report r = run(e, c);
  detail::last_words::listener() = nullptr;
  nlohmann::json line = line_of(e, c, primitive, r);
  if (c.sites) line["sites"] = sites.as_json();
  if (of) note_shard(line, *of, c.how);
  std::cout << line.dump() << '\n';
  return r.verdict == verdict::violation ? 1 : 0;
}

inline int run_one(const entry& e, command_line& c, const char* primitive) {
  site_map sites;
  if (c.sites) c.how.on_site = [&sites](const request& r) { sites.note(r); };
  if (!c.weaken.empty()) {
    const auto change = parse_weakening(c.weaken);
    if (!change) {
      std::cerr << primitive << ": --weaken wants FILE:LINE:OPERATION:WHICH:ORDER, not '" << c.weaken << "'\n";
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

inline void declare(CLI::App& app, command_line& c) {
  app.add_flag("--list", c.list, "print the clients and stop");
  app.add_option("--client", c.client, "the client to run");
  app.add_option("--executions", c.how.max_executions, "stop after so many, with the answer unknown");
  app.add_option("--seconds", c.how.max_seconds, "likewise")->check(CLI::PositiveNumber);
  app.add_flag("--states", c.how.states, "visit every state instead of every execution; under rc20 or ra");
  app.add_option("--preemptions", c.how.preemptions,
                 "with --states: only what so many switches from threads that could go on lead to; never a pass")
      ->needs("--states");
  auto* const walk =
      app.add_option("--walk", c.how.walks, "instead: so many random executions, with the answer unknown");
  walk->check(CLI::PositiveNumber)->excludes("--states");
  app.add_option("--depth", c.how.depth, "with --walk: by random priorities, to meet bugs of that depth (PCT)")
      ->check(CLI::Range(1, 100))
      ->needs(walk);
  auto* const probes = app.add_option(
      "--estimate", c.how.probes, "instead: how many executions there are, by so many passes through a sample of them");
  probes->check(CLI::PositiveNumber)->excludes("--states")->excludes(walk);
  app.add_option("--seed", c.how.seed,
                 "with --states, --walk or --estimate: another one takes alternatives in another order");
  app.add_flag("--weakest", c.weakest, "try the models from the weakest on, and stop where the client holds");
  app.add_option("--spurious", c.how.spurious,
                 "how often per thread a weak CAS, and as often a wait, may fail for no reason");
  app.add_option("--model", c.model, "rc20, rc11, ra, tso or sc")
      ->check(CLI::IsMember({"rc20", "rc11", "ra", "tso", "sc"}));
  app.add_flag("!--no-symmetry", c.how.symmetry,
               "explore executions that differ only in which thread of a role did what");
  app.add_option("--replay", c.how.replay, "a token: run that execution only");
  app.add_option(
      "--weaken", c.weaken,
      "FILE:LINE:OPERATION:WHICH:ORDER, the one order to weaken; ORDER `weak`: let a strong CAS fail spuriously");
  auto* const sites = app.add_flag("--sites", c.sites, "add to the result the sites of all operations met");
  auto* const shard = app.add_option("--shard", c.shard, "I/N: only the I-th of N shares of the executions");
  auto* const jobs = app.add_option("--jobs", c.jobs, "share the executions among so many processes");
  jobs->check(CLI::Range(1, 1024))->excludes(sites)->excludes("--executions");
  for (auto* const o : {shard, jobs}) o->excludes("--states")->excludes(walk)->excludes(probes)->excludes("--replay");
  shard->excludes("--weakest");
  app.add_option("--merge", c.to_merge, "files with the lines of all shards: print what they say together");
}

// Exit status: 0 no violation (the line says whether every execution was visited), 1 a violation, 2 bad arguments.
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
  if (c.how.states && (c.weakest || !can_merge(c.how.model))) {
    std::cerr << primitive << ": --states knows the models rc20 and ra, not " << (c.weakest ? "--weakest" : c.model)
              << '\n';
    return 2;
  }
  if (!c.to_merge.empty()) return print_merged(primitive, c.to_merge);
  if (c.list) {
    for (const entry& e : clients)
      std::cout << nlohmann::json{{"client", e.name},
                                  {"property", e.property},
                                  {"threads", e.threads},
                                  {"by_states", e.by_states},
                                  {"by_states_if_thorough", e.by_states_if_thorough},
                                  {"long_if_thorough", e.long_if_thorough}}
                       .dump()
                << '\n';
    return 0;
  }
  for (const entry& e : clients)
    if (c.client == e.name) return run_one(e, c, primitive);
  std::cerr << primitive << ": no client '" << c.client << "'; --list names them\n";
  return 2;
}

}  // namespace sluice::explore
