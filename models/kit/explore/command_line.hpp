// SPDX-License-Identifier: BSL-1.0
#pragma once
// What one may ask of a program of kit/explore/main.hpp. Whatever makes no sense is refused: no option is ignored.
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <kit/answer_text.hpp>
#include <kit/command_line.hpp>
#include <kit/explore/report.hpp>

namespace sluice::explore {

struct command_line {
  options how;
  std::string client, model = "rc20", weaken;
  std::string shard, dot;
  std::vector<std::string> to_merge;
  unsigned jobs = 1;
  bool list = false, sites = false, weakest = false;
  kit::audience to;
};

inline std::optional<model> model_named(const std::string& name) {
  constexpr std::pair<const char*, model> all[] = {
      {"rc20", model::rc20}, {"rc11", model::rc11}, {"ra", model::ra}, {"tso", model::tso}, {"sc", model::sc}};
  for (const auto& [text, m] : all)
    if (name == text) return m;
  return std::nullopt;
}

namespace detail {

using kit::positive_number, kit::whole_number;

inline void declare_search(CLI::App& app, command_line& c) {
  app.add_option("--executions", c.how.max_executions, "stop after so many, with the answer unknown")
      ->check(whole_number(1));
  app.add_option("--seconds", c.how.max_seconds, "likewise")->check(positive_number());
  auto* const states =
      app.add_flag("--states", c.how.states, "visit every state instead of every execution; under rc20 or ra");
  app.add_option("--preemptions", c.how.preemptions,
                 "with --states: only what so many switches from threads that could go on lead to; never a pass")
      ->check(whole_number(0, 1000))
      ->needs(states);
  auto* const walk =
      app.add_option("--walk", c.how.walks, "instead: so many random executions, with the answer unknown");
  walk->check(whole_number(1))->excludes(states);
  app.add_option("--depth", c.how.depth, "with --walk: by random priorities, to meet bugs of that depth (PCT)")
      ->check(whole_number(1, 100))
      ->needs(walk);
  auto* const probes = app.add_option(
      "--estimate", c.how.probes, "instead: how many executions there are, by so many passes through a sample of them");
  probes->check(whole_number(1))->excludes(states)->excludes(walk);
  app.add_option("--seed", c.how.seed,
                 "with --states, --walk or --estimate: another one takes alternatives in another order")
      ->check(whole_number(0));
  auto* const replay = app.add_option("--replay", c.how.replay,
                                      "a token: run that execution only, with the other options that led to it");
  for (auto* const o : {states, walk, probes}) replay->excludes(o);
}

inline void declare_program(CLI::App& app, command_line& c) {
  auto* const weakest =
      app.add_flag("--weakest", c.weakest, "try the models from the weakest on, and stop where the client holds");
  app.add_option("--spurious", c.how.spurious,
                 "how often per thread a weak CAS, and as often a wait, may fail for no reason")
      ->check(whole_number(0, 100));
  app.add_option("--model", c.model, "rc20, rc11, ra, tso or sc")
      ->check(CLI::IsMember({"rc20", "rc11", "ra", "tso", "sc"}))
      ->excludes(weakest);
  weakest->excludes("--replay");
  app.add_flag("!--no-symmetry", c.how.symmetry,
               "explore executions that differ only in which thread of a role did what");
  app.add_option("--weaken", c.weaken, kit::weaken_help);
}

inline void declare_shares(CLI::App& app, command_line& c) {
  auto* const shard = app.add_option("--shard", c.shard, "I/N: only the I-th of N shares of the executions");
  auto* const jobs = app.add_option("--jobs", c.jobs, "share the executions among so many processes");
  jobs->check(whole_number(1, 1024))->excludes("--sites")->excludes("--executions");
  for (auto* const o : {shard, jobs})
    for (const char* other : {"--states", "--walk", "--estimate", "--replay"}) o->excludes(other);
  shard->excludes("--weakest");
  auto* const merge = app.add_option("--merge", c.to_merge,
                                     "files with the lines of all shards: print what they say "
                                     "together");
  for (auto* const o : app.get_options())
    if (o != merge && o != app.get_help_ptr()) merge->excludes(o);
}

}  // namespace detail

inline void declare(CLI::App& app, command_line& c) {
  app.add_flag("--list", c.list, "print the clients and stop");
  app.add_option("--client", c.client, "the client to run");
  detail::declare_search(app, c);
  detail::declare_program(app, c);
  app.add_flag("--sites", c.sites, "add to the result the sites of all operations met");
  app.add_option("--dot", c.dot,
                 "write what violates the property as a graph for Graphviz, to this file, or to - (then "
                 "the result goes to stderr)");
  kit::declare(app, c.to);
  detail::declare_shares(app, c);
}

// What CLI11 cannot say. Empty: nothing is wrong.
inline std::string wrong_with(const CLI::App& app, const command_line& c) {
  if (c.how.states && (c.weakest || !can_merge(*model_named(c.model))))
    return "--states knows the models rc20 and ra, not " + (c.weakest ? "--weakest" : c.model);
  if (app.count("--seed") != 0 && !c.how.states && c.how.walks == 0 && c.how.probes == 0)
    return "--seed says in which order --states, --walk or --estimate goes; without one of them nothing depends on it";
  if (app.count("--replay") != 0 && c.how.replay.empty()) return "--replay wants a token, not ''";
  if (c.to_merge.empty() && !c.list && c.client.empty()) return kit::no_client;
  return {};
}

}  // namespace sluice::explore
