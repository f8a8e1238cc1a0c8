#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/client/render/virtual_terminal.h"
#include "tests/e2e/cluster.h"
#include "tests/support/places.h"

// A whole run on a real terminal of 40 columns, in locales with and without UTF-8.

namespace spin {
namespace {

using std::chrono::seconds;
constexpr unsigned short kColumns = 40;

// Two seeds, so that deviations are shown.
const char* const kSweep = R"(version: 1
name: base
dataset: {name: synthetic, classes: 4, train_limit: 256, eval_limit: 64}
network: {family: convmixer, channels: 8, depth: 4, patch: 4, kernel: 3}
training: {epochs: 1, batch_size: 32}
sharing: {mapping: sequential}
axes: {sharing.rate: [2, 4]}
seeds: [0, 1]
)";

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// What stands on the screen in the end.
std::vector<std::string> screen_after(const std::string& output) {
  render::VirtualTerminal terminal(kColumns);
  terminal.write(output);
  EXPECT_TRUE(terminal.cursor_is_visible());
  return terminal.rows();
}

class TerminalTest : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(folder_ / "base.yaml") << kSweep; }

  /// What `spinctl run` wrote to the terminal; empty where there is none.
  std::string run(const std::vector<std::string>& environment) {
    std::vector<std::string> command{"/usr/bin/env", "-u",   "LC_ALL", "-u",      "LC_CTYPE",
                                     "-u",           "LANG", "-u",     "NO_COLOR"};
    command.insert(command.end(), environment.begin(), environment.end());
    command.insert(command.end(), {program("spinctl"), "run", folder_ / "base.yaml", "--threads", "1"});
    const auto finished = run_in_terminal(command, mark_, seconds(200), kColumns);
    if (!finished) return "";
    EXPECT_EQ(finished->exit_code, 0) << finished->output;
    return finished->output;
  }

  TempFolder folder_;
  const std::string mark_ = unique_mark();
};

TEST_F(TerminalTest, WithoutUtf8AllIsAscii) {
  for (const std::vector<std::string>& environment :
       {std::vector<std::string>{"LC_ALL=C", "TERM=xterm"}, {"LANG=de_DE.ISO-8859-1", "TERM=linux"}}) {
    const auto output = run(environment);
    if (output.empty()) GTEST_SKIP() << "no pseudo-terminal here: /dev/pts is not mounted";
    EXPECT_TRUE(is_ascii(output)) << output;
    EXPECT_NE(output.find("##"), std::string::npos) << "the bar: " << output;
    const auto screen = screen_after(output);
    EXPECT_EQ(std::count(screen.begin(), screen.end(), "base: 4 of 4 done"), 1)
        << "the block is drawn in its place: " << output;
    const auto table = std::find_if(screen.begin(), screen.end(),
                                    [](const auto& row) { return row.starts_with("network "); });
    ASSERT_LT(table + 2, screen.end()) << output;
    EXPECT_NE((table + 1)->find(" +- "), std::string::npos) << *(table + 1);
    EXPECT_NE((table + 1)->find(" 2  "), std::string::npos) << "what tells rows apart stays: " << output;
    EXPECT_NE((table + 2)->find(" 4  "), std::string::npos) << "each row is one line: " << output;
  }
}

TEST_F(TerminalTest, WithUtf8ItIsUsed) {
  const auto output = run({"LC_ALL=C.UTF-8", "TERM=xterm"});
  if (output.empty()) GTEST_SKIP() << "no pseudo-terminal here: /dev/pts is not mounted";
  EXPECT_NE(output.find("█"), std::string::npos) << output;
  EXPECT_NE(output.find(" ± "), std::string::npos) << output;
}

}  // namespace
}  // namespace spin
