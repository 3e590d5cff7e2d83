// SPDX-License-Identifier: BSL-1.0
#pragma once
// What the programs of both engines say alike to people; to other programs they say it as lines of JSON.
#include <unistd.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace sluice::kit {

// Who is told.
struct audience {
  bool text = false, json = false;
  bool is_people(int fd = STDOUT_FILENO) const { return text || (!json && isatty(fd) != 0); }
};

inline void declare(CLI::App& app, audience& a) {
  auto* const text = app.add_flag("--text", a.text, "the answer for people: so it is where stdout is a terminal");
  app.add_flag("--json", a.json, "the answer as lines of JSON: so it is everywhere else")->excludes(text);
}

inline void print_list(const std::vector<nlohmann::json>& clients, const audience& to) {
  for (const nlohmann::json& c : clients) {
    if (to.is_people())
      std::cout << c.at("client").get<std::string>() << ", " << c.at("threads")
                << (c.at("threads") == 1 ? " thread" : " threads") << ": " << c.at("property").get<std::string>()
                << '\n';
    else
      std::cout << c.dump() << '\n';
  }
}

inline const char* verdict_of(const nlohmann::json& line) {
  const nlohmann::json& ok = line.at("ok");
  return ok.is_null() ? "unknown" : ok == true ? "pass" : "fail";
}

// As --weaken takes them.
inline std::string sites_as_text(const nlohmann::json& sites) {
  std::ostringstream out;
  for (const nlohmann::json& s : sites) {
    const std::string file = s.at("file");
    out << "  " << file.substr(file.find_last_of('/') + 1) << ':' << s.at("line") << ':'
        << s.at("operation").get<std::string>() << ':' << s.at("which") << ", " << s.at("order").get<std::string>()
        << " in " << s.at("function").get<std::string>() << '\n';
  }
  return out.str();
}

}  // namespace sluice::kit
