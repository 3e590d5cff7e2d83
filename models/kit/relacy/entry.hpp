// SPDX-License-Identifier: BSL-1.0
#pragma once
// A client that a program of kit/relacy/main.hpp can be asked to run, without Relacy, which one unit of a program includes.
#include <string>
#include <vector>

namespace sluice::relacy {

struct request {
  std::string client{};
  unsigned long executions = 10'000;
  std::string scheduler = "random";
  unsigned bound = 2;
  std::string replay{};  // the number of the one random execution to run, or empty: all of them
};

struct outcome {
  bool ok = false;
  unsigned long long executions = 0;
  std::string result, state, trace;
};

struct entry {
  const char* name;
  const char* property;
  unsigned threads;
  outcome (*run)(const request&);
};

// main_of of command_line.hpp, for many programs that share what main.cpp makes of it.
int shared_main_of(const char* primitive, const std::vector<entry>& clients, int argc, char** argv);

}  // namespace sluice::relacy
