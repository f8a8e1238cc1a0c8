#include "server/store/store.h"

#include <atomic>
#include <cmath>
#include <future>
#include <limits>
#include <mutex>

#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

using core::JobKey;

JobResult finished(double top1) {
  return {Outcome::completed,
          {{Metric::top1, top1},
           {Metric::top5, 99},
           {Metric::params, 1000},
           {Metric::flops, 2000},
           {Metric::images_per_second, 300},
           {Metric::peak_bytes, 1 << 20},
           {Metric::seconds, 12.5}}};
}

TEST_F(StoreTest, APartOfKnownJobsStoresNoTextsAgain) {
  const auto plan = make_plan("study", 3, 2);
  commit(*store_, {insert_all(SweepId{1}, plan, 1)});
  const auto texts = [&] { return rows_of(path(), "SELECT count(*) FROM config_part").at(0); };
  const auto before = texts();
  reopen();  // what the writer remembers is gone
  auto again = insert_all(SweepId{2}, plan, 1);
  again.jobs.is_new.assign(again.jobs.is_new.size(), false);
  again.jobs.inputs.clear();
  commit(*store_, {again});
  EXPECT_EQ(texts(), before);
}

TEST_F(StoreTest, ANewDatabaseIsEmpty) {
  const auto state = reopen();
  EXPECT_TRUE(state.sweeps.empty());
  EXPECT_TRUE(state.jobs.empty());
}

TEST_F(StoreTest, WhatPeopleMadeOfASweepStays) {
  auto plan = make_plan("one", 1, 1);
  plan->requirements = {Device::Kind::cuda, 20LL << 30, {"a100"}};
  commit(*store_,
         {insert_all(SweepId{1}, plan, 1), insert_all(SweepId{2}, make_plan("two", 1, 1, "other"), 2),
          core::SetSweepState{SweepId{2}, -4, true, false}, core::SetSweepState{SweepId{1}, 9, false, true}});
  const auto sweeps = reopen().sweeps;
  ASSERT_EQ(sweeps.size(), 2U);
  EXPECT_FALSE(sweeps[0].cancelled);
  EXPECT_TRUE(sweeps[0].paused);
  EXPECT_EQ(sweeps[0].priority, 9);
  EXPECT_EQ(sweeps[0].requirements, plan->requirements);
  EXPECT_TRUE(sweeps[1].cancelled);
  EXPECT_FALSE(sweeps[1].paused);
  EXPECT_EQ(sweeps[1].priority, -4);
  EXPECT_EQ(sweeps[1].requirements, Requirements{});
}

TEST_F(StoreTest, WhatHasNotReachedAllJobsOfASweepStays) {
  core::SetSweepState state{SweepId{1}, 0, true, false};
  state.settling = {core::Settlement::Kind::cancel, 2, "sweep 7 's' has taken its place"};
  state.retrying = {true, 1};
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 2, 2), 1), state,
                   core::ReachEarly{SweepId{1}, core::Pass::settling, {4}},
                   core::ReachEarly{SweepId{1}, core::Pass::settling, {3}},
                   core::ReachEarly{SweepId{1}, core::Pass::retrying, {4}}});
  auto sweep = reopen().sweeps.at(0);
  EXPECT_EQ(sweep.settling, state.settling);
  EXPECT_EQ(sweep.retrying, state.retrying);
  EXPECT_EQ(sweep.settled_early, (std::vector<JobKey>{{3}, {4}}));
  EXPECT_EQ(sweep.retried_early, std::vector<JobKey>{{4}});
  state.settling.reset();
  commit(*store_, {core::ForgetEarly{SweepId{1}, core::Pass::settling}, state});
  sweep = reopen().sweeps.at(0);
  EXPECT_FALSE(sweep.settling.has_value());
  EXPECT_TRUE(sweep.settled_early.empty());
  EXPECT_EQ(sweep.retried_early, std::vector<JobKey>{{4}});
}

TEST_F(StoreTest, AJobKeepsItsOwnPriority) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 2), 1), core::SetJobPriority{{2}, -7}});
  const auto jobs = reopen().jobs;
  EXPECT_FALSE(jobs.at(0).priority.has_value());
  EXPECT_EQ(jobs.at(1).priority, -7);
}

TEST_F(StoreTest, APausedJobRemembersTheAttemptThatWasStoppedLast) {
  commit(*store_,
         {insert_all(SweepId{1}, make_plan("s", 1, 1), 1), attach("w"), core::InsertAttempt{{1, 5}, {1}, "w"},
          core::EndAttempt{{1, 5}, {1}, "stopped", "paused"}, set_state(1, JobState::paused)});
  EXPECT_EQ(reopen().jobs.at(0).attempt, (AttemptToken{1, 5}));
  commit(*store_, {core::InsertAttempt{{1, 6}, {1}, "w"}, core::EndAttempt{{1, 6}, {1}, "failed", "x"}});
  EXPECT_FALSE(reopen().jobs.at(0).attempt.has_value()) << "another ran after it";
}

TEST_F(StoreTest, AnEndIsThatOfTheAttemptOfThisJobOnly) {
  commit(*store_,
         {insert_all(SweepId{1}, make_plan("s", 1, 2), 1), attach("w"), core::InsertAttempt{{1, 5}, {1}, "w"},
          core::SetJobState{{1}, JobState::running, "", 0, 0, 0}});
  commit(*store_, {core::EndAttempt{{1, 5}, {2}, "finished", ""}});
  EXPECT_EQ(reopen().jobs.at(0).attempt, (AttemptToken{1, 5})) << "an equal token of another database";
}

TEST_F(StoreTest, ASweepComesBackWithItsJobsInOrder) {
  auto plan = make_plan("study", 2, 2);
  plan->priority = 4;
  plan->max_attempts = 7;
  commit(*store_, {insert_all(SweepId{1}, plan, 10)});
  const auto state = reopen();
  ASSERT_EQ(state.sweeps.size(), 1U);
  EXPECT_EQ(state.sweeps[0].id, SweepId{1});
  EXPECT_EQ(state.sweeps[0].name, "study");
  EXPECT_GT(state.sweeps[0].submitted_at_ms, 1'600'000'000'000);
  EXPECT_EQ(state.sweeps[0].jobs, (std::vector<JobKey>{{10}, {11}, {12}, {13}}));
  ASSERT_EQ(state.jobs.size(), 4U);
  const auto& base = state.jobs[1];
  EXPECT_EQ(base.id, plan->jobs[1].id);
  EXPECT_EQ(base.state, JobState::ready);
  EXPECT_TRUE(base.inputs.empty());
  const auto& shared = state.jobs[3];
  EXPECT_EQ(shared.key, JobKey{13});
  EXPECT_EQ(shared.state, JobState::waiting);
  EXPECT_EQ(shared.inputs, (std::vector<core::StoredInput>{{InputRole::init, {11}}}));
  EXPECT_EQ(state.sweeps[0].priority, 4);
  EXPECT_EQ(state.sweeps[0].max_attempts, 7);
  EXPECT_FALSE(shared.priority.has_value());
  EXPECT_EQ(shared.memory_bytes, 1001);
  EXPECT_EQ(shared.dataset, plan->cells[1].demand.dataset);
  EXPECT_EQ(shared.work, plan->cells[1].demand.work);
  EXPECT_EQ(shared.work, 3.0 * 500 * 2001);
  EXPECT_FALSE(shared.attempt.has_value());
}

TEST_F(StoreTest, AJobOfTwoSweepsIsLinkedToBoth) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("first", 1, 1), 1)});
  auto link = insert_all(SweepId{2}, make_plan("second", 1, 1), 1);
  link.jobs.is_new = {false};
  commit(*store_, {link});
  const auto state = reopen();
  ASSERT_EQ(state.jobs.size(), 1U);
  ASSERT_EQ(state.sweeps.size(), 2U);
  EXPECT_EQ(state.sweeps[1].jobs, std::vector<JobKey>{{1}});
}

TEST_F(StoreTest, AJobHasARowOfItsStateOnlyWhileThereIsMoreToSayThanInputsAndResultDo) {
  const auto rows = [this] {
    return rows_of(path(), "SELECT job || ' ' || quote(state) || ' ' || quote(priority) FROM job_state");
  };
  const auto states = [this] { return rows_of(path(), "SELECT state FROM jobs ORDER BY position"); };
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 2, 1), 1), attach("w")});
  EXPECT_EQ(states(), (std::vector<std::string>{"ready", "waiting"}));
  EXPECT_EQ(rows(), std::vector<std::string>());
  commit(*store_, {core::InsertAttempt{{1, 1}, {1}, "w"}, set_state(1, JobState::running)});
  EXPECT_EQ(states(), (std::vector<std::string>{"running", "waiting"}));
  EXPECT_EQ(rows(), std::vector<std::string>{"1 3 NULL"});
  commit(*store_, {core::EndAttempt{{1, 1}, {1}, "finished", ""}, core::InsertResult{{1}, {1, 1}, {}},
                   set_state(1, JobState::completed), set_state(2, JobState::ready)});
  EXPECT_EQ(states(), (std::vector<std::string>{"completed", "ready"}));
  EXPECT_EQ(rows(), std::vector<std::string>());
  commit(*store_, {core::SetJobPriority{{2}, 7}, set_state(2, JobState::paused)});
  EXPECT_EQ(rows(), std::vector<std::string>{"2 9 7"});
  commit(*store_, {set_state(2, JobState::ready)});
  EXPECT_EQ(rows(), std::vector<std::string>{"2 NULL 7"});
  EXPECT_EQ(states(), (std::vector<std::string>{"completed", "ready"}));
}

TEST_F(StoreTest, ThousandsOfJobsOfASweepAreAFewRanges) {
  const auto plan = make_plan("s", 200, 3);
  auto change = insert_all(SweepId{1}, plan, 1);
  commit(*store_, {change});
  EXPECT_EQ(rows_of(path(), "SELECT first || ' ' || job || ' ' || jobs FROM sweep_range"),
            (std::vector<std::string>{"0 1 256", "256 257 256", "512 513 88"}));
  // Another sweep has every other job of the first, and a job of its own behind each.
  auto other = make_plan("other", 200, 3, "other");
  auto taken = insert_all(SweepId{2}, other, 0);
  taken.jobs.inputs.clear();
  std::int64_t own = 600;
  for (std::size_t i = 0; i < other->jobs.size(); ++i) {
    taken.jobs.is_new[i] = i % 2 == 1;
    taken.jobs.keys[i] = {taken.jobs.is_new[i] ? ++own : static_cast<std::int64_t>(i) + 1};
    if (!taken.jobs.is_new[i]) other->jobs[i].id = plan->jobs[i].id;
  }
  commit(*store_, {taken});
  EXPECT_EQ(rows_of(path(), "SELECT count(*) FROM sweep_range WHERE sweep = 2").at(0), "600");
  const auto reader = value_of(Reader::open(path()));
  for (const std::size_t i : {0U, 1U, 255U, 256U, 599U}) {
    const auto detail = value_of(reader->job(taken.jobs.keys[i]));
    EXPECT_EQ(detail.row.name, other->name_of(other->jobs[i])) << i;
    EXPECT_EQ(detail.sweeps.size(), taken.jobs.is_new[i] ? 1U : 2U) << i;
    EXPECT_EQ(value_of(reader->find_job("other/" + detail.row.name)), taken.jobs.keys[i]) << i;
  }
  const auto state = reopen();
  EXPECT_EQ(state.sweeps.at(0).jobs, change.jobs.keys);
  EXPECT_EQ(state.sweeps.at(1).jobs, taken.jobs.keys);
}

TEST_F(StoreTest, ARunningAttemptComesBackUntilItHasEnded) {
  commit(*store_,
         {insert_all(SweepId{1}, make_plan("s", 1, 1), 1), attach("w"), core::InsertAttempt{{1, 5}, {1}, "w"},
          core::SetJobState{{1}, JobState::running, "", 1, 2, 3}});
  auto job = reopen().jobs.at(0);
  EXPECT_EQ(job.state, JobState::running);
  EXPECT_EQ(job.attempt, (AttemptToken{1, 5}));
  EXPECT_EQ(job.worker, "w");
  EXPECT_EQ(job.failures, 1);
  EXPECT_EQ(job.trainer_deaths, 2);
  EXPECT_EQ(job.workers_lost, 3);
  commit(*store_, {core::EndAttempt{{1, 5}, {1}, "lost", "no sign of life"},
                   core::SetJobState{{1}, JobState::backoff, "worker lost", 1, 2, 4}});
  job = reopen().jobs.at(0);
  EXPECT_EQ(job.state, JobState::backoff);
  EXPECT_EQ(job.reason, "worker lost");
  EXPECT_FALSE(job.attempt.has_value());
  commit(*store_, {core::InsertAttempt{{1, 5}, {1}, "w"}, set_state(1, JobState::running)});
  EXPECT_EQ(reopen().jobs.at(0).attempt, (AttemptToken{1, 5})) << "an attempt taken for lost runs again";
}

TEST_F(StoreTest, AJobKeepsItsNewestCheckpointAndItsModel) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 1), 1)});
  const ArtifactRef first{artifact_id_of("a"), ArtifactKind::checkpoint, 10};
  const ArtifactRef second{artifact_id_of("b"), ArtifactKind::checkpoint, 20};
  const ArtifactRef model{artifact_id_of("a"), ArtifactKind::model, 10};
  commit(*store_, {core::InsertArtifact{{1}, first, 1}, core::InsertArtifact{{1}, second, 2},
                   core::InsertArtifact{{1}, model, 0}, core::InsertArtifact{{1}, second, 2}});
  const auto job = reopen().jobs.at(0);
  EXPECT_EQ(artifact_in(job.artifacts, ArtifactKind::checkpoint), second);
  EXPECT_EQ(artifact_in(job.artifacts, ArtifactKind::model), model);
  commit(*store_, {core::ForgetArtifact{{1}, ArtifactKind::checkpoint}});
  const auto anew = reopen().jobs.at(0);
  EXPECT_FALSE(artifact_in(anew.artifacts, ArtifactKind::checkpoint).has_value());
  EXPECT_EQ(artifact_in(anew.artifacts, ArtifactKind::model), model) << "though it is the same file";
}

TEST_F(StoreTest, TheBestCheckpointComesBackWithItsAccuracy) {
  const ArtifactRef best{artifact_id_of("b"), ArtifactKind::best, 20};
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 1), 1),
                   core::InsertEpoch{{1}, {1, 1}, {2, {{Metric::loss, 0.5}, {Metric::top1, 81.5}}}},
                   core::InsertArtifact{{1}, best, 2}});
  const auto job = reopen().jobs.at(0);
  EXPECT_EQ(artifact_in(job.artifacts, ArtifactKind::best), best);
  EXPECT_EQ(job.best_top1, 81.5);
}

TEST_F(StoreTest, AnEpochOfAnOvertakenAttemptFillsAGapAndReplacesNothing) {
  const EpochMetrics first{1,
                           {{Metric::loss, 0.5},
                            {Metric::top1, 80},
                            {Metric::top5, 99},
                            {Metric::images_per_second, 100},
                            {Metric::seconds, 1}}},
      late{1,
           {{Metric::loss, 0.7},
            {Metric::top1, 10},
            {Metric::top5, 20},
            {Metric::images_per_second, 100},
            {Metric::seconds, 1}}},
      second{2,
             {{Metric::loss, 0.4},
              {Metric::top1, 82},
              {Metric::top5, 99},
              {Metric::images_per_second, 100},
              {Metric::seconds, 1}}};
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 1), 1), core::InsertEpoch{{1}, {1, 2}, first},
                   core::InsertEpoch{{1}, {1, 1}, late, true}, core::InsertEpoch{{1}, {1, 1}, second, true}});
  const auto reader = value_of(Reader::open(path()));
  EXPECT_EQ(value_of(reader->job({1})).epochs, (std::vector<EpochMetrics>{first, second}));
}

TEST_F(StoreTest, ReportsOfAttemptsThatTheDatabaseNeverSawAreTaken) {
  commit(*store_,
         {insert_all(SweepId{1}, make_plan("s", 1, 1), 1),
          core::InsertEpoch{{1},
                            {77, 7},
                            {1,
                             {{Metric::loss, 0.5},
                              {Metric::top1, 80},
                              {Metric::top5, 99},
                              {Metric::images_per_second, 100},
                              {Metric::seconds, 1}}}},
          core::InsertResult{{1}, {77, 7}, finished(90)}, core::EndAttempt{{77, 7}, {1}, "finished", ""}});
  const auto reader = value_of(Reader::open(path()));
  EXPECT_EQ(value_of(reader->job({1})).result, finished(90));
}

TEST_F(StoreTest, CallbacksRunInOrderAndTheirDataIsVisible) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 1), 1)});
  const auto reader = value_of(Reader::open(path()));
  std::vector<std::pair<int, std::int64_t>> seen;  // on the writer's thread
  std::promise<void> done;
  for (int i = 1; i <= 50; ++i) {
    store_->commit({core::AppendLog{{1}, {"line " + std::to_string(i)}}}, [&, i] {
      seen.emplace_back(i, static_cast<std::int64_t>(value_of(reader->log({1}, 0, 1000)).size()));
      if (i == 50) done.set_value();
    });
  }
  done.get_future().wait();
  ASSERT_EQ(seen.size(), 50U);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(seen[static_cast<std::size_t>(i)].first, i + 1);
    EXPECT_GE(seen[static_cast<std::size_t>(i)].second, i + 1);
  }
}

TEST_F(StoreTest, WhatWaitsSharesOneTransaction) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 1), 1)});
  const auto reader = value_of(Reader::open(path()));
  std::promise<void> writing, queued, done;
  std::size_t at_first_callback = 0;
  store_->commit({}, [&] {
    writing.set_value();
    queued.get_future().wait();
  });
  writing.get_future().wait();
  store_->commit({core::AppendLog{{1}, {"one"}}},
                 [&] { at_first_callback = value_of(reader->log({1}, 0, 10)).size(); });
  store_->commit({core::AppendLog{{1}, {"two"}}}, [&] { done.set_value(); });
  queued.set_value();
  done.get_future().wait();
  EXPECT_EQ(at_first_callback, 2U);
}

TEST_F(StoreTest, CloseCommitsWhatIsQueued) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 1), 1)});
  std::atomic<int> committed = 0;
  for (int i = 0; i < 20; ++i) store_->commit({core::AppendLog{{1}, {"x"}}}, [&] { ++committed; });
  store_->close();
  EXPECT_EQ(committed, 20);
  store_->close();  // again: nothing happens
  EXPECT_EQ(value_of(value_of(Reader::open(path()))->log({1}, 0, 100)).size(), 20U);
}

TEST(Store, AFailedCommitIsFatalOnceAndEndsAllWriting) {
  const TempFolder folder;
  std::mutex mutex;
  std::vector<Error> fatal;
  std::promise<void> failed;
  auto store = value_of(Store::open(folder / "spin.db", [&](const Error& error) {
    const std::lock_guard lock(mutex);
    fatal.push_back(error);
    failed.set_value();
  }));
  commit(*store,
         {insert_all(SweepId{1}, make_plan("s", 1, 2), 1), core::InsertResult{{1}, {1, 1}, finished(90)}});
  std::atomic<int> committed = 0;
  store->commit({set_state(2, JobState::cancelled), core::InsertResult{{1}, {1, 2}, finished(10)}},
                [&] { ++committed; });
  failed.get_future().wait();
  store->commit({set_state(2, JobState::failed)}, [&] { ++committed; });
  store->close();
  EXPECT_EQ(committed, 0);
  ASSERT_EQ(fatal.size(), 1U);
  EXPECT_EQ(fatal[0].code, ErrorCode::internal);
  EXPECT_NE(fatal[0].message.find("result.job"), std::string::npos) << fatal[0].message;

  store = open_store(folder / "spin.db");
  const auto state = load(*store);
  EXPECT_EQ(state.jobs.at(1).state, JobState::ready) << "nothing of the failed transaction is there";
  const auto reader = value_of(Reader::open(folder / "spin.db"));
  EXPECT_EQ(value_of(reader->job({1})).result, finished(90));
}

TEST_F(StoreTest, NumbersThatAreNoneSurvive) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  commit(*store_, {insert_all(SweepId{1}, make_plan("s", 1, 1), 1),
                   core::InsertEpoch{
                       {1},
                       {1, 1},
                       {1, {{Metric::loss, nan}, {Metric::top1, 10}, {Metric::images_per_second, infinity}}}},
                   core::InsertResult{{1},
                                      {1, 1},
                                      {Outcome::diverged,
                                       {{Metric::top1, nan},
                                        {Metric::top5, nan},
                                        {Metric::params, 1},
                                        {Metric::flops, 2},
                                        {Metric::images_per_second, nan},
                                        {Metric::peak_bytes, 3},
                                        {Metric::seconds, 4}}}}});
  const auto detail = value_of(value_of(Reader::open(path()))->job({1}));
  ASSERT_EQ(detail.epochs.size(), 1U);
  EXPECT_FALSE(detail.epochs[0].values[Metric::loss].has_value());
  EXPECT_EQ(detail.epochs[0].values[Metric::top1], 10);
  EXPECT_FALSE(detail.epochs[0].values[Metric::top5].has_value());
  EXPECT_FALSE(detail.epochs[0].values[Metric::images_per_second].has_value());
  ASSERT_TRUE(detail.result.has_value());
  EXPECT_FALSE(detail.result->values[Metric::top1].has_value());
  EXPECT_EQ(detail.result->outcome, Outcome::diverged);
}

}  // namespace
}  // namespace spin
