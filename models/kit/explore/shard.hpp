// SPDX-License-Identifier: BSL-1.0
#pragma once
// One client's executions, shared by machines that know nothing of each other: each prints the line of its shard, and the
// lines together are one result. What one line says is of its shard alone, and no pass.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <kit/explore/answer.hpp>
#include <kit/explore/report.hpp>

namespace sluice::explore {

struct shard {
  std::uint64_t index = 1;  // from 1
  std::uint64_t of = 1;
};

inline std::optional<shard> parse_shard(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto is_number = [](const std::string& s) {
    return !s.empty() && s.size() < 10 && s.find_first_not_of("0123456789") == std::string::npos;
  };
  if (slash == std::string::npos || !is_number(text.substr(0, slash)) || !is_number(text.substr(slash + 1)))
    return std::nullopt;
  const shard s{std::stoul(text.substr(0, slash)), std::stoul(text.substr(slash + 1))};
  if (s.index < 1 || s.index > s.of) return std::nullopt;
  return s;
}

namespace detail {

// Of this program: shards of two that differ need not be shards of one tree. Empty where it cannot be read.
inline std::string program_digest() {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  std::vector<char> some(std::size_t{1} << 16);
  std::uint64_t digest = in ? 0xcbf29ce484222325 : 0;  // FNV-1a
  while (in.read(some.data(), static_cast<std::streamsize>(some.size())) || in.gcount() != 0)
    for (std::streamsize i = 0; i != in.gcount(); ++i)
      digest = (digest ^ static_cast<unsigned char>(some[static_cast<std::size_t>(i)])) * 0x100000001b3;
  std::ostringstream hex;
  if (digest != 0) hex << std::hex << digest;
  return hex.str();
}

}  // namespace detail

// `line` is a shard's: it may say that there is a violation, and not that there is none. With all that the tree of executions
// depends on: only shards of one tree make a whole.
inline void note_shard(nlohmann::json& line, const shard& s, const options& o, const std::string& weaken) {
  line["shard"] = {{"index", s.index},
                   {"of", s.of},
                   {"symmetry", o.symmetry},
                   {"weaken", weaken},
                   {"program", detail::program_digest()},
                   {"finished", line["ok"] == true}};
  if (line["ok"] != true) return;
  line["ok"] = nullptr;
  line["result"] =
      all_of(o.states, o.spurious) + ", of shard " + std::to_string(s.index) + " of " + std::to_string(s.of);
}

namespace detail {

// The shards of one client, and what is wrong with them.
class shards_of_client {
 public:
  std::string add(const nlohmann::json& line) {
    const nlohmann::json& s = line.at("shard");
    if (all_.is_null())
      all_ = line, how_ = s, of_ = s.at("of"), all_["shard"] = nullptr, all_["ok"] = true,
      all_["result"] = all_of(false, line.at("spurious").get<unsigned>());
    else
      for (const char* sum : {"executions", "blocked", "weakening_hits"})
        all_[sum] = all_[sum].get<std::uint64_t>() + line.at(sum).get<std::uint64_t>();
    for (const char* same : {"model", "threads", "spurious"})
      if (all_.at(same) != line.at(same)) return difference(same, all_.at(same), line.at(same));
    for (const char* same : {"symmetry", "weaken", "program"})
      if (how_.at(same) != s.at(same)) return difference(same, how_.at(same), s.at(same));
    if (s.at("of") != of_) return "there are shards of " + std::to_string(of_) + " and of " + s.at("of").dump();
    if (!seen_.insert(s.at("index").get<std::uint64_t>()).second)
      return "shard " + s.at("index").dump() + " is there twice";
    all_["seconds"] = std::max(all_["seconds"].get<double>(), line.at("seconds").get<double>());
    const bool worse = line.at("ok") == false ? all_["ok"] != false : s.at("finished") == false && all_["ok"] == true;
    if (worse)
      for (const char* decided : {"ok", "result", "trace", "state"}) all_[decided] = line.at(decided);
    return {};
  }
  // A violation needs no other shards; a pass needs all of them.
  std::string missing() const {
    std::string names;
    for (std::uint64_t i = 1; all_.at("ok") != false && i <= of_; ++i)
      if (!seen_.contains(i)) names += (names.empty() ? "missing: shard " : ", ") + std::to_string(i);
    return names;
  }
  nlohmann::json merged() const {
    nlohmann::json line = all_;
    line.erase("shard");
    note_unmet(line, how_.at("weaken").get<std::string>());
    return line;
  }

 private:
  static std::string difference(const char* in, const nlohmann::json& a, const nlohmann::json& b) {
    return std::string("the shards differ in ") + in + ": " + a.dump() + " and " + b.dump();
  }
  nlohmann::json all_, how_;
  std::uint64_t of_ = 0;
  std::set<std::uint64_t> seen_;
};

}  // namespace detail

// Prints a line for each client that the files have shards of. Exit status: 1 if one is violated, 2 if they do not fit.
inline int print_merged(const char* primitive, const std::vector<std::string>& files) {
  std::map<std::string, detail::shards_of_client> clients;
  const auto refuse = [primitive](const std::string& where, const std::string& why) {
    std::cerr << primitive << ": --merge: " << where << ": " << why << '\n';
    return 2;
  };
  for (const std::string& file : files) {
    std::ifstream in(file);
    if (!in) return refuse(file, "cannot be read");
    for (std::string text; std::getline(in, text);) {
      const nlohmann::json line = nlohmann::json::parse(text, nullptr, false);
      if (!line.is_object() || !line.contains("shard")) return refuse(file, "holds a line that no --shard has printed");
      try {
        if (line.at("primitive") != primitive) return refuse(file, "is of " + line.at("primitive").dump());
        const std::string client = line.at("client");
        if (const std::string wrong = clients[client].add(line); !wrong.empty()) return refuse(client, wrong);
      } catch (const nlohmann::json::exception& e) {
        return refuse(file, std::string("holds a line that is not as --shard prints it: ") + e.what());
      }
    }
  }
  int status = 0;
  for (const auto& [client, of] : clients) {
    if (const std::string which = of.missing(); !which.empty()) return refuse(client, which);
    std::cout << of.merged().dump() << '\n';
    if (of.merged().at("ok") == false) status = 1;
  }
  return status;
}

}  // namespace sluice::explore
