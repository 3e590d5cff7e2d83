// SPDX-License-Identifier: BSL-1.0
#pragma once
// One client's executions, shared by processes of this machine. Each goes through the same tree and claims what nobody
// has claimed before, so that none idles while there is something left. Processes, not threads: what a client does wrong
// stays in its own.
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <kit/explore/last_words.hpp>
#include <kit/explore/merge.hpp>
#include <kit/explore/report.hpp>

namespace sluice::explore {

namespace detail {

// A report as bytes: numbers as they lie in memory, each text after its length. Only for a process of the same program.
template <class Report, class Number, class Text>
void each_field(Report& r, const Number& number, const Text& text) {
  number(r.verdict), number(r.violation), number(r.model);
  number(r.executions), number(r.blocked), number(r.states), number(r.bounded), number(r.changed), number(r.seconds);
  text(r.message), text(r.trace), text(r.dot), text(r.token);
}
inline std::string bytes_of(const report& r) {
  std::string all;
  const auto number = [&all](const auto& n) { all.append(reinterpret_cast<const char*>(&n), sizeof n); };
  each_field(r, number, [&](const std::string& s) {
    number(s.size());
    all += s;
  });
  return all;
}
// False: that is not a whole report.
inline bool report_of(const std::string& bytes, report& r) {
  std::size_t at = 0;
  bool whole = true;
  const auto number = [&](auto& n) {
    whole = whole && bytes.size() - at >= sizeof n;
    if (whole) std::memcpy(&n, bytes.data() + at, sizeof n), at += sizeof n;
  };
  each_field(r, number, [&](std::string& s) {
    std::size_t size = 0;
    number(size);
    whole = whole && bytes.size() - at >= size;
    if (whole) s.assign(bytes, at, size), at += size;
  });
  return whole && at == bytes.size();
}

// Which numbers have been claimed, in memory that all processes share.
class claims {
 public:
  claims() {
    void* const p = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "memory for workers");
    taken_ = static_cast<std::atomic<unsigned char>*>(p);  // zeroes are atomics that hold 0
  }
  claims(const claims&) = delete;
  claims& operator=(const claims&) = delete;
  ~claims() { munmap(static_cast<void*>(taken_), room); }

  bool take(std::uint64_t number, unsigned worker, unsigned workers) {
    if (number >= room) return number % workers == worker;
    return taken_[number].exchange(1, std::memory_order_relaxed) == 0;  // nothing else passes between workers
  }

 private:
  static constexpr std::size_t room = std::size_t{1} << 26;
  static_assert(sizeof(std::atomic<unsigned char>) == 1 && std::atomic<unsigned char>::is_always_lock_free);
  std::atomic<unsigned char>* taken_;
};

class worker {
 public:
  template <class Work>
  explicit worker(const Work& work) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "a pipe for a worker");
    id_ = fork();
    if (id_ < 0) throw std::system_error(errno, std::generic_category(), "a process for a worker");
    if (id_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody would read its answer
      const auto tell = [to = ends[1]](const report& r) {
        const std::string answer = bytes_of(r);
        for (std::size_t at = 0; at < answer.size();) {
          const ssize_t n = write(to, answer.data() + at, answer.size() - at);
          if (n <= 0) break;
          at += static_cast<std::size_t>(n);
        }
      };
      last_words::listener() = tell;
      tell(work());
      _exit(0);
    }
    close(ends[1]);
    from_ = ends[0];
  }
  worker(worker&& other) noexcept
      : id_(std::exchange(other.id_, 0)), from_(other.from_), answer_(std::move(other.answer_)) {}
  worker& operator=(worker&&) = delete;
  ~worker() {
    if (id_ == 0) return;
    kill(id_, SIGKILL);
    end();
  }

  int source() const { return from_; }
  // Reads on. False: that was all, and `r` is its report.
  bool goes_on(report& r) {
    std::array<char, 4096> some{};
    const ssize_t n = read(from_, some.data(), some.size());
    if (n > 0) {
      answer_.append(some.data(), static_cast<std::size_t>(n));
      return true;
    }
    const int status = end();
    if (report_of(answer_, r)) return false;
    r = {};
    r.verdict = verdict::unknown;
    r.broken = true;
    r.message = WIFSIGNALED(status) ? "a worker was ended by signal " + std::to_string(WTERMSIG(status))
                                    : "a worker ended without an answer";
    return false;
  }

 private:
  int end() {
    int status = 0;
    close(from_);
    waitpid(std::exchange(id_, 0), &status, 0);
    return status;
  }
  pid_t id_ = 0;
  int from_ = -1;
  std::string answer_;
};

}  // namespace detail

// `run` with `o`, as run_client is. Counts are those of one search; a violation ends it for all, and which of several is
// reported may differ from run to run. Throws std::system_error where processes or pipes are not to be had.
inline report run_shared(report (*run)(const options&), const options& o, unsigned jobs) {
  detail::claims claimed;
  std::vector<detail::worker> at_work;
  for (unsigned i = 0; i != jobs; ++i)
    at_work.emplace_back([&] {
      options mine = o;
      mine.takes = [&, i](std::uint64_t n) { return (!o.takes || o.takes(n)) && claimed.take(n, i, jobs); };
      return run(mine);
    });
  report all;
  all.model = o.model;
  while (!at_work.empty() && all.verdict != verdict::violation) {
    std::vector<pollfd> sources;
    sources.reserve(at_work.size());
    for (const detail::worker& w : at_work) sources.push_back({w.source(), POLLIN, 0});
    poll(sources.data(), sources.size(), -1);
    for (std::size_t i = sources.size(); i-- > 0;) {
      report r;
      if (sources[i].revents == 0 || at_work[i].goes_on(r)) continue;
      merge(all, std::move(r));
      std::vector<detail::worker> others;
      for (std::size_t k = 0; k != at_work.size(); ++k)
        if (k != i) others.push_back(std::move(at_work[k]));
      at_work.swap(others);
    }
  }
  return all;
}

}  // namespace sluice::explore
