// SPDX-License-Identifier: BSL-1.0
// A whole program: checksums of all files below a directory, as `find -type f | xargs -P n sum` would give them. One task walks, several
// hash, one prints. Memory does not grow with the tree: so many paths wait at most, and each hasher has one block of a file. Ctrl-C ends
// it cleanly: whole lines, nothing half done, exit status 130.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <ostream>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <unistd.h>

#include <sluice/context.hpp>
#include <sluice/error.hpp>
#include <sluice/patterns.hpp>
#include <sluice/result.hpp>
#include <sluice/result_stream.hpp>
#include <sluice/task.hpp>

namespace sluice::test::checksum_tree_test {
namespace {

namespace p = sluice::patterns;
namespace fs = std::filesystem;

constexpr std::size_t block_size = 64 << 10;
constexpr std::size_t paths_waiting = 32;

// Ends a context with the first Ctrl-C. To be made before any other thread, for all of them leave the signal to this one.
class interrupts {
 public:
  interrupts() : own_(with_cancel_cause(background())) {
    for (const int s : {SIGINT, SIGTERM}) sigaddset(&signals_, s);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    thread_ = std::thread([this] {
      int which = 0;
      if (sigwait(&signals_, &which) == 0 && !over_) own_.cancel(error("interrupted"));
    });
  }
  interrupts(const interrupts&) = delete;
  interrupts& operator=(const interrupts&) = delete;
  ~interrupts() {
    over_ = true;
    pthread_kill(thread_.native_handle(), SIGTERM);  // to the thread alone, which takes it for the end, or has ended
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  const context& ctx() const { return own_.ctx; }

 private:
  canceled_by<std_platform, true> own_;
  sigset_t signals_{};
  sigset_t before_{};
  std::atomic<bool> over_{false};
  std::thread thread_;
};

struct checksum {
  fs::path of;
  std::uint64_t sum;
};

// All regular files below `root`. What cannot be read is an error in their place.
receiver<result<fs::path>> walk(const context& ctx, const fs::path& root) {
  return p::chan_owner<result<fs::path>>(
      ctx.done(),
      [root](const auto& out) {
        std::error_code failed;
        fs::recursive_directory_iterator at(root, failed);
        for (; !failed && at != fs::recursive_directory_iterator(); at.increment(failed))
          if (fs::is_regular_file(at->symlink_status(failed)) && !out.push(at->path())) return;
        if (failed) out.push(unexpected(error(root.string() + " was not read to the end", failed)));
      },
      paths_waiting);
}

// FNV-1a, block by block; between two of them is the time to stop.
result<checksum> hash(const context& ctx, const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::vector<char> block(block_size);
  std::uint64_t sum = 0xcbf29ce484222325;
  while (in && !ctx.err()) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    for (std::streamsize i = 0; i != in.gcount(); ++i)
      sum = (sum ^ static_cast<unsigned char>(block[static_cast<std::size_t>(i)])) * 0x100000001b3;
  }
  if (ctx.err()) return unexpected(error(file.string() + " was not read to the end", ctx.cause()));
  if (!in.eof()) return unexpected(error(file.string() + " was not read", std::make_error_code(std::errc::io_error)));
  return checksum{file, sum};
}

struct program {
  fs::path root;
  int hashers = 4;
  std::function<void(const context&, const fs::path&)> before_each = [](auto&&...) {};  // for tests

  // A line for each file, in any order. The exit status: 0, 1 if something was not read, 130 if it was interrupted.
  int run(const context& ctx, std::ostream& out, std::ostream& log) const {
    const auto sum_of = [this, ctx](const fs::path& file) {
      before_each(ctx, file);
      return hash(ctx, file);
    };
    const auto sums = p::fan_in(ctx.done(), p::fan_out(ctx.done(), walk(ctx, root), hashers, [&](auto done, auto in) {
                                  return p::try_map(done, in, sum_of);
                                }));
    int failed = 0;
    std::size_t printed = 0;
    for (const auto& s : sums) {
      if (s) {
        ++printed;
        out << std::hex << s->sum << "  " << s->of.string() << '\n';
      } else if (!ctx.err()) {
        ++failed;
        log << s.error().details();
      }
    }
    if (!ctx.err()) return failed == 0 ? 0 : 1;
    out << std::flush;
    log << ctx.cause().message() << " after " << std::dec << printed << " files\n";
    return 130;
  }
};

// What main would be.
int checksum_tree(const program& what, std::ostream& out, std::ostream& log, scheduler_settings settings = {}) {
  const interrupts ctrl_c;
  scheduler workers(std::move(settings));
  const int status = workers.run([&] { return what.run(ctrl_c.ctx(), out, log); });
  workers.join();
  return status;
}

// 40 files in some directories, some empty, some larger than a block, below one that goes with this.
class tree {
 public:
  tree() {
    std::string name = (fs::temp_directory_path() / "sluice-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
    root_ = name;
    for (std::size_t i = 0; i != 40; ++i) {
      const fs::path in = root_ / std::to_string(i % 3) / std::to_string(i % 7);
      fs::create_directories(in);
      std::ofstream(in / std::to_string(i), std::ios::binary)
          << std::string(i * i * 100, static_cast<char>('a' + i % 26));
    }
  }
  tree(const tree&) = delete;
  tree& operator=(const tree&) = delete;
  ~tree() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  const fs::path& root() const { return root_; }

 private:
  fs::path root_;
};

std::map<std::string, std::string> by_file(const std::string& output) {
  std::map<std::string, std::string> all;
  std::istringstream lines(output);
  for (std::string sum, file; lines >> sum >> file;) all[file] = sum;
  return all;
}

TEST(checksum_tree, gives_the_same_sums_with_any_number_of_workers_and_hashers) {
  const tree files;
  std::map<std::string, std::string> expected;
  for (const auto& entry : fs::recursive_directory_iterator(files.root()))
    if (entry.is_regular_file()) {
      std::ostringstream sum;
      sum << std::hex << hash(background(), entry.path())->sum;
      expected[entry.path().string()] = sum.str();
    }
  EXPECT_EQ(expected.size(), 40U);
  for (const int workers : {1, 2, 7}) {
    std::ostringstream out;
    std::ostringstream log;
    EXPECT_EQ(checksum_tree({.root = files.root(), .hashers = workers}, out, log, {.workers = workers}), 0);
    EXPECT_EQ(by_file(out.str()), expected);
    EXPECT_EQ(log.str(), "");
  }
}

TEST(checksum_tree, says_what_it_could_not_read) {
  const tree files;
  std::ostringstream out;
  std::ostringstream log;
  const auto remove = [](const context&, const fs::path& file) {
    if (file.filename() == "7") fs::remove(file);
  };
  EXPECT_EQ(checksum_tree({.root = files.root(), .before_each = remove}, out, log), 1);
  EXPECT_EQ(by_file(out.str()).size(), 39U);
  EXPECT_NE(log.str().find("7 was not read"), std::string::npos) << log.str();
  EXPECT_EQ(checksum_tree({.root = files.root() / "none"}, out, log), 1);
  EXPECT_NE(log.str().find("No such file or directory"), std::string::npos) << log.str();
}

// For a process of its own: presses Ctrl-C at the tenth file, and looks at none that comes after it before it has been heard.
[[noreturn]] void interrupted_at_the_tenth_file() {
  std::ostringstream out;
  std::ostringstream log;
  int status = 0;
  {
    const tree files;
    std::atomic<int> seen{0};
    const auto press = [&](const context& ctx, const fs::path&) {
      const int n = ++seen;
      if (n == 10) kill(getpid(), SIGINT);
      if (n >= 10) ctx.done().pop();
    };
    status = checksum_tree({.root = files.root(), .hashers = 2, .before_each = press}, out, log);
  }
  std::cerr << log.str();
  std::exit(by_file(out.str()).size() < 10 ? status : 1);
}

TEST(checksum_tree, ends_cleanly_with_ctrl_c) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(interrupted_at_the_tenth_file(), testing::ExitedWithCode(130), "interrupted after [0-9] files");
}

}  // namespace
}  // namespace sluice::test::checksum_tree_test
