// SPDX-License-Identifier: BSL-1.0
#pragma once
// A client that a program of kit/explore/main.hpp can be asked to run.
#include <vector>

#include <kit/client.hpp>
#include <kit/explore/check.hpp>

namespace sluice::explore {

struct entry {
  const char* name;
  const char* property;
  unsigned threads;
  bool by_states;  // what ./kit verify asks for
  bool by_states_if_thorough;
  bool long_if_thorough;
  report (*run)(const options&);
};

template <class Client>
report run_client(const options& o) {
  auto nobody = [](const Client&) {};
  return detail::explore_all(detail::program_of<Client>(nobody), o);
}

template <class Client>
constexpr bool by_states() {
  if constexpr (requires { Client::by_states; }) return Client::by_states;
  return false;
}

template <class Client>
constexpr bool by_states_if_thorough() {
  if constexpr (requires { Client::by_states_if_thorough; }) return Client::by_states_if_thorough;
  return false;
}

template <class Client>
constexpr bool long_if_thorough() {
  if constexpr (requires { Client::long_if_thorough; }) return Client::long_if_thorough;
  return false;
}

template <kit::client... Clients>
std::vector<entry> entries() {
  return {entry{Clients::name, Clients::property, Clients::threads, by_states<Clients>(),
                by_states_if_thorough<Clients>(), long_if_thorough<Clients>(), &run_client<Clients>}...};
}

// entries() as a template that a list of clients can be handed to.
template <kit::client... Clients>
struct entries_of {
  static std::vector<entry> get() { return entries<Clients...>(); }
};

// main_of of kit/explore/main.hpp, for many programs that share what main.cpp makes of it: most of such a program's time to
// compile is the command line and JSON.
int shared_main_of(const char* primitive, const std::vector<entry>& clients, int argc, char** argv);

}  // namespace sluice::explore
