// SPDX-License-Identifier: BSL-1.0
#pragma once
// The program of one primitive's clients under Relacy: it runs one client and prints one line of JSON; on a terminal, what people
// can read. One client per process: Relacy leaks about 64 KB a run and knows one OS thread. models/kit/verify.py runs them all.
#include <kit/answer_text.hpp>
#include <kit/command_line.hpp>
#include <kit/relacy/entry.hpp>
#include <kit/relacy/weakening.hpp>

#include <chrono>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace sluice::relacy {

struct command_line {
  request how;
  std::string weaken;
  bool list = false;
  kit::audience to;
};

inline void declare(CLI::App& app, command_line& c) {
  app.add_flag("--list", c.list, "print the clients and stop");
  app.add_option("--client", c.how.client, "the client to run");
  app.add_option("--executions", c.how.executions, "how many, for the random scheduler")->check(kit::whole_number(1));
  app.add_option("--scheduler", c.how.scheduler, "random, bound or full")
      ->check(CLI::IsMember({"random", "bound", "full"}));
  app.add_option("--bound", c.how.bound, "context switches, for the scheduler `bound`")
      ->check(kit::whole_number(0, 1000));
  app.add_option("--replay", c.how.replay, "the `state` of an earlier run by the random scheduler: that execution only")
      ->check(kit::whole_number(1))
      ->excludes("--executions");
  app.add_option("--weaken", c.weaken, kit::weaken_help);
  app.add_flag("--sites", record_sites, "add to the result the sites of all operations met");
  kit::declare(app, c.to);
}

// What CLI11 cannot say. Empty: nothing is wrong.
inline std::string wrong_with(const CLI::App& app, const command_line& c) {
  const bool is_random = c.how.scheduler == "random";
  for (const char* of_random : {"--executions", "--replay"})
    if (!is_random && app.count(of_random) != 0)
      return std::string(of_random) + " is for the scheduler `random`; `" + c.how.scheduler +
             "` begins and ends by itself";
  if (c.how.scheduler != "bound" && app.count("--bound") != 0)
    return "--bound is for the scheduler `bound`, not `" + c.how.scheduler + "`";
  if (!c.list && c.how.client.empty()) return kit::no_client;
  return {};
}

inline bool parse_weakening(const std::string& text) {
  const auto asked = kit::parse_weaker(text);
  if (!asked) return false;
  the_weakening = {.file = asked->file,
                   .line = asked->line,
                   .which = asked->which,
                   .operation = asked->operation,
                   .to = asked->to.value_or(std::memory_order_relaxed),
                   .active = true,
                   .weak = !asked->to};
  return true;
}

// __builtin_FUNCTION() also names what a template was made of.
inline std::string bare_name(const std::string& function) {
  return function.starts_with("operator") ? function : function.substr(0, function.find('<'));
}

inline nlohmann::json sites_as_json() {
  nlohmann::json all = nlohmann::json::array();
  for (const seen_site& s : seen_sites)
    all.push_back({{"file", s.file},
                   {"line", s.line},
                   {"function", bare_name(s.function)},
                   {"operation", s.operation},
                   {"which", s.which},
                   {"order", kit::name_of(s.order)}});
  return all;
}

// What a run that found nothing has gone through: never more than a test.
inline std::string all_of(const request& r, const outcome& o) {
  const std::string number = std::to_string(o.executions);
  return "bounded testing: " + number + (o.executions == 1 ? " execution" : " executions") + " by the scheduler `" +
         r.scheduler + "`, no violation";
}

inline nlohmann::json line_of(const char* primitive, const entry& e, const command_line& c, const outcome& o,
                              double seconds) {
  nlohmann::json line = {{"primitive", primitive},
                         {"client", e.name},
                         {"property", e.property},
                         {"threads", e.threads},
                         {"scheduler", c.how.scheduler},
                         {"executions", o.executions},
                         {"seconds", seconds},
                         {"ok", o.ok},
                         {"result", o.ok ? all_of(c.how, o) : o.result},
                         {"state", o.state},
                         {"trace", o.trace}};
  if (the_weakening.active) {
    line["weakening_hits"] = the_weakening.hits;
    line["unmet"] = o.ok && the_weakening.hits == 0;
    if (line["unmet"] == true) line["ok"] = nullptr, line["result"] = kit::unmet(c.weaken, line["result"]);
  }
  if (record_sites) line["sites"] = sites_as_json();
  return line;
}

inline std::string as_text(const nlohmann::json& line, const command_line& c) {
  const auto word = [&line](const char* key) { return line.at(key).get<std::string>(); };
  std::ostringstream out;
  out.precision(2);
  out << word("client") << ": " << kit::verdict_of(line) << ", " << word("result") << "\n  " << word("property")
      << "\n  " << line.at("executions") << " executions, " << line.at("threads") << " threads, Relacy, " << std::fixed
      << line.at("seconds").get<double>() << " s\n";
  if (line.contains("sites")) out << kit::sites_as_text(line.at("sites"));
  if (line.at("ok") != false) return out.str();
  out << '\n' << word("trace") << "\nagain: --client " << word("client");
  if (c.how.scheduler == "bound") out << " --bound " << c.how.bound;
  if (c.how.scheduler != "random") out << " --scheduler " << c.how.scheduler;
  if (!c.weaken.empty()) out << " --weaken " << c.weaken;
  if (!word("state").empty()) out << " --replay " << word("state");
  out << '\n';
  return out.str();
}

inline int run_one(const entry& e, const command_line& c, const char* primitive) {
  const auto start = std::chrono::steady_clock::now();
  const outcome o = e.run(c.how);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const nlohmann::json line = line_of(primitive, e, c, o, seconds.count());
  std::cout << (c.to.is_people() ? as_text(line, c) : line.dump() + "\n") << std::flush;
  return o.ok ? 0 : 1;
}

inline void print_list(const std::vector<entry>& clients, const command_line& c) {
  std::vector<nlohmann::json> all;
  all.reserve(clients.size());
  for (const entry& e : clients) all.push_back({{"client", e.name}, {"property", e.property}, {"threads", e.threads}});
  kit::print_list(all, c.to);
}

// Exit status: 0 the property held in every execution that was run, 1 it did not, 2 the arguments make no sense.
inline int main_of(const char* primitive, const std::vector<entry>& clients, int argc, char** argv) {
  CLI::App app{std::string("Clients of ") + primitive + " under Relacy: bounded testing, not proof."};
  command_line c;
  the_weakening = {}, record_sites = false;
  declare(app, c);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  const auto refuse = [primitive](const std::string& why) {
    std::cerr << primitive << ": " << why << '\n';
    return 2;
  };
  if (const std::string wrong = wrong_with(app, c); !wrong.empty()) return refuse(wrong);
  if (c.list) return print_list(clients, c), 0;
  if (!c.weaken.empty() && !parse_weakening(c.weaken)) return refuse(kit::no_weaker(c.weaken));
  for (const entry& e : clients)
    if (c.how.client == e.name) return run_one(e, c, primitive);
  return refuse(kit::no_client_called(c.how.client));
}

}  // namespace sluice::relacy
