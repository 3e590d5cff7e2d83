// SPDX-License-Identifier: BSL-1.0
#pragma once
// For what no search goes on after: the client ends the process, or has a std::thread, which the engine knows nothing of.
// The process ends at once, with words and with the status of a failure: nobody is to take its silence for a pass.
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <functional>
#include <string>

#include <kit/explore/report.hpp>

namespace sluice::explore::detail {

class last_words {
 public:
  // Searches under way, in all OS threads.
  static std::atomic<unsigned>& searches() {
    static constinit std::atomic<unsigned> all{0};
    return all;
  }
  // Where else than on stderr it is to be told.
  static std::function<void(const report&)>& listener() {
    static std::function<void(const report&)> f;
    return f;
  }
  [[noreturn]] static void say(const std::string& what) {
    const report r = refused(what);
    std::fputs((r.message + "\n").c_str(), stderr);
    if (listener()) listener()(r);
    syscall(SYS_exit_group, 1);  // no exit() and no _Exit(), which would tell of it again
    __builtin_unreachable();
  }
  static constexpr const char* foreign =
      "another OS thread than the one that runs the client: was a std::thread started within the client? Its threads "
      "are "
      "what thread(index) does, each for one index (kit/client_threads.hpp: one that waits until another one starts "
      "it)";
  // Somebody outside of any client of its own does what is only done inside of one. While no search is under way, let him.
  static void outsider(const std::string& did) {
    if (searches().load(std::memory_order_relaxed) != 0) say(did + " from " + foreign);  // a count, and no more
  }
};

// While it lives, a search is under way.
struct search_under_way {
  search_under_way() { last_words::searches().fetch_add(1, std::memory_order_relaxed); }
  search_under_way(const search_under_way&) = delete;
  search_under_way& operator=(const search_under_way&) = delete;
  ~search_under_way() { last_words::searches().fetch_sub(1, std::memory_order_relaxed); }
};

}  // namespace sluice::explore::detail
