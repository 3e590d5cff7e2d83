// SPDX-License-Identifier: BSL-1.0
#pragma once
// Peers in other languages. Each is a process that lies in peers/ beside the benchmark programs, reads a workload's name and
// numbers from a line, runs it, and answers with the seconds that it took, or with what went wrong: so its repetitions are
// interleaved with everybody else's, and it is idle in between.
#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../harness/crew.hpp"

namespace bench {

class peer_process {
 public:
  // Starts the program; `runs()` is false where that did not work.
  explicit peer_process(std::string path) {
    std::array<int, 2> to{};
    std::array<int, 2> from{};
    // Ends that a later peer inherited would keep this one's input open.
    if (pipe2(to.data(), O_CLOEXEC) != 0 || pipe2(from.data(), O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, from[1], STDOUT_FILENO);
    std::array<char*, 2> arguments{path.data(), nullptr};
    if (posix_spawn(&id_, path.c_str(), &files, nullptr, arguments.data(), environ) != 0) id_ = -1;
    posix_spawn_file_actions_destroy(&files);
    close(to[0]);
    close(from[1]);
    questions_ = fdopen(to[1], "w");
    answers_ = fdopen(from[0], "r");
  }
  peer_process(const peer_process&) = delete;
  peer_process& operator=(const peer_process&) = delete;
  // Its input ends, and so does it.
  ~peer_process() {
    if (questions_ != nullptr) static_cast<void>(std::fclose(questions_));
    if (answers_ != nullptr) static_cast<void>(std::fclose(answers_));
    if (runs()) waitpid(id_, nullptr, 0);
  }

  bool runs() const noexcept { return id_ > 0; }
  // "ok <seconds> <percentiles...>", or words.
  std::string ask(const std::string& question) {
    std::array<char, 256> line{};
    if (!runs() || std::fprintf(questions_, "%s\n", question.c_str()) < 0 || std::fflush(questions_) != 0 ||
        std::fgets(line.data(), line.size(), answers_) == nullptr)
      return "the peer's process ended";
    return line.data();
  }

 private:
  pid_t id_ = -1;
  std::FILE* questions_ = nullptr;
  std::FILE* answers_ = nullptr;
};

// Where the programs of the peers lie; run() says which of them are there.
inline std::string& peers_folder() {
  static std::string folder;
  return folder;
}
// To be called first in main, with argv[0].
inline void find_peers(const std::string& program) {
  const std::size_t slash = program.rfind('/');
  peers_folder() = (slash == std::string::npos ? "." : program.substr(0, slash)) + "/peers";
  std::signal(SIGPIPE, SIG_IGN);  // a peer that ended is an error of its case, not of ours
}
inline bool peer_is_there(const std::string& name) { return access((peers_folder() + "/" + name).c_str(), X_OK) == 0; }

// Started when it is first asked.
inline peer_process& peer(const std::string& name) {
  static std::map<std::string, std::unique_ptr<peer_process>> all;
  auto& process = all[name];
  if (process == nullptr) process = std::make_unique<peer_process>(peers_folder() + "/" + name);
  return *process;
}

// A question: the workload's name and its numbers.
template <class... Numbers>
std::string question(const std::string& workload, Numbers... numbers) {
  std::string words = workload;
  ((words += ' ', words += std::to_string(numbers)), ...);
  return words;
}

// Whether the first run of a process counts: in it memory is touched, and threads are made, that later ones find.
enum class first_run : std::uint8_t { counts, warms_up };

// A case that is a question: what one answer's seconds are for is `items`. Nothing is registered where there is no such peer.
inline void register_peer(const std::string& peer_name, const std::string& name, const std::string& question,
                          std::int64_t items, first_run first = first_run::counts) {
  if (!peer_is_there(peer_name)) return;
  benchmark::RegisterBenchmark(name.c_str(),
                               [=, warm = first == first_run::counts](benchmark::State& state) mutable {
                                 if (!std::exchange(warm, true)) peer(peer_name).ask(question);
                                 for (auto _ : state) {
                                   const std::string answer = peer(peer_name).ask(question);
                                   std::istringstream words(answer);
                                   std::string ok;
                                   double seconds = 0;
                                   if (!(words >> ok >> seconds) || ok != "ok") {
                                     state.SkipWithError(answer.c_str());
                                     return;
                                   }
                                   state.SetIterationTime(seconds);
                                   for (const char* key : {"p50_ns", "p99_ns", "p999_ns"})
                                     if (double ns = 0; words >> ns) state.counters[key] = ns;
                                 }
                                 state.SetItemsProcessed(state.iterations() * items);
                               })
      ->UseManualTime()
      ->Iterations(1);
}

}  // namespace bench
