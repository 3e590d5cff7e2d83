// SPDX-License-Identifier: BSL-1.0
// Lines of a log go through a pipeline: they are cleaned, then filtered, then stored, each stage a task of its own.
#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <vector>

#include <sluice/patterns.hpp>
#include <sluice/task.hpp>

namespace sluice::test::log_pipeline_test {
namespace {

namespace p = sluice::patterns;

std::string clean(const std::string& line) {
  const auto first = line.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  std::string text = line.substr(first, line.find_last_not_of(' ') + 1 - first);
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool tells_of_an_error(const std::string& line) { return line.find("error") != std::string::npos; }

std::vector<std::string> errors_of(std::vector<std::string> lines) {
  const auto [stop, done] = make_pipe<void>();  // all stages end with this function, also if it is left early
  const auto errors = [](auto end, auto in) { return p::filter(end, in, tells_of_an_error); };
  std::vector<std::string> stored;
  for (auto& line : p::pipeline(done, p::generator(done, std::move(lines)), p::stage(clean), errors))
    stored.push_back(std::move(line));
  return stored;
}

TEST(log_pipeline, stores_the_errors_in_order) {
  const auto stored = default_scheduler().run([] {
    return errors_of({"  ERROR Disk full  ", "INFO system rebooted", "Warning: low battery",
                      " error unable to write file ", "Something went wrong"});
  });
  EXPECT_EQ(stored, (std::vector<std::string>{"error disk full", "error unable to write file"}));
}

}  // namespace
}  // namespace sluice::test::log_pipeline_test
