#include "client/render/progress.h"

#include <gtest/gtest.h>

#include "client/render/text.h"

namespace spin::render {
namespace {

JobId id_of(int number) {
  JobId id;
  id.digest.bytes[0] = static_cast<std::uint8_t>(number);
  return id;
}

RunningJob running(int number, std::int64_t step) {
  RunningJob job{id_of(number), "convmixer-64-8-4-3.sequential-2.mean.s" + std::to_string(number), "w1", {}};
  if (step > 0) job.progress = Progress{{1, number}, 2, 3, step, 100, 0.51234, 1900};
  return job;
}

SweepStatus status() {
  SweepStatus sweep;
  sweep.name = "fashion-mnist";
  sweep.counts.completed = 3;
  sweep.counts.running = 2;
  sweep.counts.ready = 2;
  sweep.counts.waiting = 1;
  sweep.running = {running(0, 50), running(1, 0)};
  sweep.work_done = 421;
  sweep.work_total = 1000;
  sweep.seconds_left = 72;
  return sweep;
}

TEST(Progress, BarsFillUpToTheShare) {
  EXPECT_EQ(bar(0, 4, {}), "░░░░");
  EXPECT_EQ(bar(0.5, 4, {}), "██░░");
  EXPECT_EQ(bar(1, 4, {}), "████");
  EXPECT_EQ(bar(7, 4, {}), "████");
  EXPECT_EQ(bar(-1, 4, {}), "░░░░");
}

TEST(Progress, CountsNameWhatThereIs) {
  StateCounts counts;
  counts.completed = 4;
  counts.diverged = 1;
  counts.failed = 2;
  counts.blocked = 3;
  counts.backoff = 1;
  EXPECT_EQ(counts_text(counts),
            "5 of 11 done, 1 of them diverged, 1 to be tried again, 2 failed, 3 blocked");
}

TEST(Progress, BlockShowsCountsShareTimeLeftAndEachRunningJob) {
  const auto lines = progress_lines(status(), {.width = 110}, 20);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "fashion-mnist: 3 of 8 done, 2 running, 2 ready, 1 waiting");
  EXPECT_EQ(lines[1], "████████████░░░░░░░░░░░░░░░░░░  42.1 %  1m 12s left");
  EXPECT_EQ(
      lines[2],
      "  convmixer-64-8-4-3.sequential-2.mean.s0  ████████░░░░░░░░  epoch 2/3  loss 0.5123  1.9 k img/s");
  EXPECT_EQ(lines[3], "  convmixer-64-8-4-3.sequential-2.mean.s1  ░░░░░░░░░░░░░░░░  starting");
}

TEST(Progress, EveryLineFitsAnyTerminal) {
  for (std::size_t width = 20; width < 160; ++width)
    for (const auto& line : progress_lines(status(), {.width = width}, 20))
      EXPECT_LE(display_width(line), width) << line;
}

TEST(Progress, NarrowTerminalShortensNamesAndLeavesOutNumbers) {
  const auto lines = progress_lines(status(), {.width = 60}, 20);
  EXPECT_EQ(lines[2], "  convmi…an.s0  ████░░░░  epoch 2/3  loss 0.5123");
}

TEST(Progress, EightyColumnsHoldEveryNumber) {
  const auto lines = progress_lines(status(), {.width = 80}, 20);
  EXPECT_EQ(lines[2], "  convmixer-64-8…tial-2.mean.s0  ████░░░░  epoch 2/3  loss 0.5123  1.9 k img/s");
}

TEST(Progress, LowTerminalCountsTheJobsThatItCannotShow) {
  auto sweep = status();
  for (int i = 2; i < 40; ++i) sweep.running.push_back(running(i, 10));
  const auto lines = progress_lines(sweep, {.width = 100}, 6);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines.back(), "  and 37 more running");
}

TEST(Progress, OneLineForFiles) {
  EXPECT_EQ(progress_line(status()),
            "fashion-mnist: 42.1 %, 3 of 8 done, 2 running, 2 ready, 1 waiting, 1m 12s left");
}

TEST(Progress, NoTimeLeftOnceNothingIsLive) {
  auto sweep = status();
  sweep.counts = {};
  sweep.counts.completed = 8;
  sweep.running.clear();
  EXPECT_EQ(progress_line(sweep), "fashion-mnist: 100.0 %, 8 of 8 done");
}

TEST(Progress, PausedJobsAreCountedAndLeaveNoTime) {
  auto sweep = status();
  sweep.paused = true;
  sweep.counts = {};
  sweep.counts.completed = 3;
  sweep.counts.paused = 5;
  sweep.running.clear();
  EXPECT_EQ(progress_line(sweep), "fashion-mnist: 42.1 %, 3 of 8 done, 5 paused");
}

JobRow row(int number, JobState state, int attempts = 1, const std::string& reason = "") {
  JobRow job;
  job.id = id_of(number);
  job.name = "job-" + std::to_string(number);
  job.state = state;
  job.attempts = attempts;
  job.reason = reason;
  return job;
}

TEST(Progress, LinesOfSingleJobs) {
  auto done = row(1, JobState::completed);
  done.top1 = 89.123;
  done.seconds = 12.2;
  EXPECT_EQ(job_line(done, {}), "completed  job-1  top-1 89.12 %, 12s");
  EXPECT_EQ(job_line(row(2, JobState::failed, 3, "no such file: /data/x\n"), {}),
            "failed  job-2: no such file: /data/x\\n");
  EXPECT_EQ(job_line(row(2, JobState::backoff, 1, "bad data"), {}), "will be tried again  job-2: bad data");
}

TEST(JobChanges, FirstListingTellsOnlyWhatWentWrong) {
  JobChanges changes;
  const auto news =
      changes.update({row(1, JobState::completed), row(2, JobState::failed), row(3, JobState::backoff),
                      row(4, JobState::running), row(5, JobState::waiting)});
  ASSERT_EQ(news.size(), 2U);
  EXPECT_EQ(news[0].name, "job-2");
  EXPECT_EQ(news[1].name, "job-3");
}

TEST(JobChanges, TellsEachEndOnce) {
  JobChanges changes;
  EXPECT_TRUE(changes.update({row(1, JobState::running), row(2, JobState::waiting)}).empty());
  EXPECT_EQ(changes.update({row(1, JobState::completed), row(2, JobState::running)}).size(), 1U);
  EXPECT_TRUE(changes.update({row(1, JobState::completed), row(2, JobState::running)}).empty());
  EXPECT_EQ(changes.update({row(1, JobState::completed), row(2, JobState::cancelled)}).size(), 1U);
}

TEST(JobChanges, TellsEachFailedAttempt) {
  JobChanges changes;
  EXPECT_TRUE(changes.update({row(1, JobState::running)}).empty());
  EXPECT_EQ(changes.update({row(1, JobState::backoff, 1)}).size(), 1U);
  EXPECT_TRUE(changes.update({row(1, JobState::backoff, 1)}).empty());
  // It ran again between two listings.
  EXPECT_EQ(changes.update({row(1, JobState::backoff, 2)}).size(), 1U);
}

}  // namespace
}  // namespace spin::render
