#include "client/render/display.h"

#include <gtest/gtest.h>

#include "tests/client/render/virtual_terminal.h"

namespace spin::render {
namespace {

using std::chrono::seconds;

SweepStatus status(std::int64_t completed, std::size_t running) {
  SweepStatus sweep;
  sweep.name = "tiny";
  sweep.counts.completed = completed;
  sweep.counts.running = static_cast<std::int64_t>(running);
  sweep.counts.ready = 8 - completed - static_cast<std::int64_t>(running);
  for (std::size_t i = 0; i < running; ++i)
    sweep.running.push_back({{}, "job-" + std::to_string(i), "w1", {}});
  return sweep;
}

class LiveDisplayTest : public ::testing::Test {
 protected:
  Screen screen() {
    return {[this](std::string_view text) { terminal.write(text); }, [this] { return size; }, true};
  }
  Screen::Size size{60, 24};
  VirtualTerminal terminal{60};
};

TEST_F(LiveDisplayTest, DrawsInPlace) {
  LiveDisplay display(screen());
  display.show(status(1, 3));
  EXPECT_EQ(terminal.rows().size(), 5U);
  EXPECT_EQ(terminal.rows()[0], "tiny: 1 of 8 done, 3 running, 4 ready");
  display.show(status(4, 1));
  ASSERT_EQ(terminal.rows().size(), 3U);
  EXPECT_EQ(terminal.rows()[0], "tiny: 4 of 8 done, 1 running, 3 ready");
  EXPECT_EQ(terminal.rows()[2].substr(0, 7), "  job-0");
}

TEST_F(LiveDisplayTest, NotesStayAboveTheBlock) {
  LiveDisplay display(screen());
  display.note("before");
  display.show(status(1, 1));
  display.note("failed  job-7: no data");
  display.show(status(2, 1));
  const auto rows = terminal.rows();
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0], "before");
  EXPECT_EQ(rows[1], "failed  job-7: no data");
  EXPECT_EQ(rows[2], "tiny: 2 of 8 done, 1 running, 5 ready");
}

TEST_F(LiveDisplayTest, LeavesNothingBehindWhenTheTerminalBecomesNarrower) {
  LiveDisplay display(screen());
  display.note("note");
  display.show(status(1, 2));
  size.columns = 20;
  terminal.resize(20);
  display.show(status(2, 1));
  const auto rows = terminal.rows();
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0], "note");
  EXPECT_EQ(rows[1], "tiny: 2 of 8 done, …");
}

TEST_F(LiveDisplayTest, HidesTheCursorOnlyWhileItDraws) {
  {
    LiveDisplay display(screen());
    EXPECT_TRUE(terminal.cursor_is_visible());
    display.show(status(1, 1));
    EXPECT_FALSE(terminal.cursor_is_visible());
  }
  EXPECT_TRUE(terminal.cursor_is_visible());
  EXPECT_EQ(terminal.rows().size(), 3U) << "the last state stays";
}

TEST_F(LiveDisplayTest, NotesAfterTheEndAreStillWritten) {
  LiveDisplay display(screen());
  display.show(status(1, 1));
  display.close();
  display.note("late");
  display.show(status(2, 1));
  EXPECT_EQ(terminal.rows().back(), "late");
  EXPECT_TRUE(terminal.cursor_is_visible());
}

class PlainDisplayTest : public ::testing::Test {
 protected:
  std::string text;
  std::chrono::steady_clock::time_point now{};
  PlainDisplay display{[this](std::string_view part) { text += part; }, seconds(10), [this] { return now; }};
};

TEST_F(PlainDisplayTest, WritesAtMostOneStatusInTheInterval) {
  display.show(status(1, 1));
  now += seconds(9);
  display.show(status(2, 1));
  EXPECT_EQ(text, "tiny: 12.5 %, 1 of 8 done, 1 running, 6 ready\n");
  now += seconds(1);
  display.show(status(3, 1));
  EXPECT_EQ(text,
            "tiny: 12.5 %, 1 of 8 done, 1 running, 6 ready\n"
            "tiny: 37.5 %, 3 of 8 done, 1 running, 4 ready\n");
}

TEST_F(PlainDisplayTest, NotesAreWrittenAtOnceAndTheLastStatusAtTheEnd) {
  display.show(status(1, 1));
  display.note("completed  job-1");
  display.show(status(8, 0));
  display.close();
  display.close();
  EXPECT_EQ(text,
            "tiny: 12.5 %, 1 of 8 done, 1 running, 6 ready\n"
            "completed  job-1\n"
            "tiny: 100.0 %, 8 of 8 done\n");
}

}  // namespace
}  // namespace spin::render
