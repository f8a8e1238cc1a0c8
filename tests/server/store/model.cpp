#include "tests/server/store/model.h"

#include <algorithm>
#include <tuple>

#include <gtest/gtest.h>

#include "tests/server/store/fixture.h"

namespace spin {
namespace {

void compare_artifacts(const std::vector<ArtifactRef>& found, const std::vector<ArtifactRef>& expected) {
  EXPECT_EQ(found.size(), expected.size());
  for (const auto& artifact : expected) EXPECT_EQ(artifact_in(found, artifact.kind), artifact);
}

void compare_detail(const JobDetail& detail, const ModelJob& job) {
  EXPECT_EQ(detail.row.id, job.stored.id);
  EXPECT_EQ(detail.row.name, job.name);
  EXPECT_EQ(detail.row.state, job.stored.state);
  EXPECT_EQ(detail.row.attempts, static_cast<int>(job.attempts.size()));
  EXPECT_EQ(detail.row.worker, job.attempts.empty() ? "" : job.attempts.rbegin()->second.second);
  EXPECT_EQ(detail.sweeps, job.sweeps);
  ASSERT_EQ(detail.attempts.size(), job.attempts.size());
  std::size_t index = 0;
  for (const auto& [token, attempt] : job.attempts) {
    EXPECT_EQ(detail.attempts[index].token, token);
    EXPECT_EQ(detail.attempts[index].state, attempt.first);
    EXPECT_EQ(detail.attempts[index++].worker, attempt.second);
  }
  std::vector<EpochMetrics> epochs;
  for (const auto& [number, metrics] : job.epochs) epochs.push_back(metrics);
  EXPECT_EQ(detail.epochs, epochs);
  EXPECT_EQ(detail.result, job.result);
  compare_artifacts(detail.artifacts, job.stored.artifacts);
}

void compare_log(Reader& reader, const ModelJob& job) {
  const auto lines = value_of(reader.log(job.stored.key, 0, 100'000));
  const auto dropped = job.log.size() - std::min<std::size_t>(job.log.size(), 5000);
  ASSERT_EQ(lines.size(), job.log.size() - dropped);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ASSERT_EQ(lines[i].number, static_cast<std::int64_t>(dropped + i + 1));
    ASSERT_EQ(lines[i].text, job.log[dropped + i]);
  }
}

}  // namespace

void settle_states(Model& model) {
  for (auto& [key, job] : model.jobs) {
    const bool is_ready = std::ranges::all_of(job.stored.inputs, [&](const core::StoredInput& input) {
      return model.jobs.at(input.source.value).stored.state == JobState::completed;
    });
    job.stored.state = is_ready ? JobState::ready : JobState::waiting;
    for (const auto told : {JobState::backoff, JobState::running, JobState::failed, JobState::blocked,
                            JobState::cancelled, JobState::paused})
      if (job.told == told) job.stored.state = told;
    if (job.result)
      job.stored.state = job.result->outcome == Outcome::completed ? JobState::completed : JobState::diverged;
  }
}

void compare_job(const core::StoredJob& job, const core::StoredJob& expected) {
  EXPECT_EQ(job.id, expected.id);
  EXPECT_EQ(job.state, expected.state);
  EXPECT_EQ(job.reason, expected.reason);
  EXPECT_EQ(std::tuple(job.failures, job.trainer_deaths, job.workers_lost),
            std::tuple(expected.failures, expected.trainer_deaths, expected.workers_lost));
  EXPECT_EQ(job.priority, expected.priority);
  EXPECT_EQ(std::pair(job.memory_bytes, job.dataset), std::pair(expected.memory_bytes, expected.dataset));
  EXPECT_EQ(job.work, expected.work);
  EXPECT_EQ(job.inputs, expected.inputs);
  // Of other jobs an attempt that has not ended is none of the core's.
  if (job.state == JobState::running) {
    EXPECT_EQ(job.attempt, expected.attempt);
    EXPECT_EQ(job.worker, expected.attempt ? expected.worker : "");
  }
  compare_artifacts(job.artifacts, expected.artifacts);
}

void compare_reads(Reader& reader, const Model& model) {
  for (const auto& [key, job] : model.jobs) {
    compare_detail(value_of(reader.job({key})), job);
    compare_log(reader, job);
  }
  std::map<std::string, std::int64_t> jobs_done;
  for (const auto& worker : value_of(reader.workers())) jobs_done[worker.name] = worker.jobs_done;
  EXPECT_EQ(jobs_done, model.jobs_done);
}

}  // namespace spin
