// SPDX-License-Identifier: BSL-1.0
#pragma once
// What a program of kit/explore/main.hpp answers: a line of JSON, the same for people, a graph.
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <tuple>

#include <nlohmann/json.hpp>

#include <kit/answer_text.hpp>
#include <kit/command_line.hpp>
#include <kit/explore/bounds.hpp>
#include <kit/explore/command_line.hpp>
#include <kit/explore/describe.hpp>
#include <kit/explore/entry.hpp>
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

inline nlohmann::json line_of(const char* primitive, const entry& e, const command_line& c, const report& r) {
  const std::string all = all_of(c.how.states, c.how.spurious);
  nlohmann::json line = {{"primitive", primitive},
                         {"client", e.name},
                         {"property", e.property},
                         {"threads", e.threads},
                         {"model", name_of(r.model)},
                         {"spurious", c.how.spurious},
                         {"executions", r.executions},
                         {"blocked", r.blocked},
                         {"states", r.states},
                         {"seconds", r.seconds},
                         {"ok", nullptr},
                         {"result", r.message.empty() ? all : r.message},
                         {"trace", r.trace},
                         {"state", r.token},
                         {"weakening_hits", r.changed}};
  if (r.verdict != verdict::unknown) line["ok"] = r.verdict == verdict::ok;
  if (c.how.probes != 0) line["estimate"] = r.estimate, line["estimate_error"] = r.estimate_error;
  return line;
}

// A search to the end that met nothing to weaken is no answer about the weaker order.
inline void note_unmet(nlohmann::json& line, const std::string& weaken) {
  line["unmet"] = !weaken.empty() && line.at("ok") == true && line.at("weakening_hits") == 0;
  if (line.at("unmet") != true) return;
  line["ok"] = nullptr;
  line["result"] = kit::unmet(weaken, line.at("result").get<std::string>());
}

namespace detail {

// Of those that an execution depends on.
inline std::string options_as_text(const nlohmann::json& line, const command_line& c) {
  std::string model = line.at("model");
  for (char& letter : model) letter = static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
  std::string all = model == "rc20" ? "" : " --model " + model;
  if (c.how.spurious != 0) all += " --spurious " + std::to_string(c.how.spurious);
  return c.weaken.empty() ? all : all + " --weaken " + c.weaken;
}

}  // namespace detail

inline std::string as_text(const nlohmann::json& line, const command_line& c) {
  const auto word = [&line](const char* key) { return line.at(key).get<std::string>(); };
  std::ostringstream out;
  out.precision(2);
  out << word("client") << ": " << kit::verdict_of(line) << ", " << word("result") << "\n  " << word("property")
      << "\n  " << line.at("executions") << " executions, " << line.at("blocked") << " blocked, ";
  if (line.at("states") != 0) out << line.at("states") << " states, ";
  out << line.at("threads") << " threads, " << word("model") << ", " << std::fixed << line.at("seconds").get<double>()
      << " s\n";
  if (line.contains("sites")) out << kit::sites_as_text(line.at("sites"));
  if (const std::string trace = word("trace"); !trace.empty()) out << '\n' << trace;
  if (const std::string token = word("state"); !token.empty())
    out << "\nagain: --client " << word("client") << detail::options_as_text(line, c) << " --replay " << token << '\n';
  return out.str();
}

// Where --dot says. Opened before the search, which may take hours.
class graph_file {
 public:
  // False: it cannot be written.
  bool open(const std::string& name) {
    name_ = name;
    if (!name.empty() && name != "-") file_.open(name);
    return file_.good();
  }
  bool is_stdout() const { return name_ == "-"; }
  bool write(const std::string& graph) {
    if (name_.empty()) return true;
    if (graph.empty()) std::cerr << "--dot: no execution violates the property, so there is no graph\n";
    std::ostream& out = is_stdout() ? std::cout : file_;
    return static_cast<bool>(out << graph << std::flush);
  }

 private:
  std::string name_;
  std::ofstream file_;
};

}  // namespace sluice::explore
