#include "server/store/reader.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

using core::JobKey;

JobResult result_of(double top1, Outcome outcome = Outcome::completed) {
  JobResult result{outcome,
                   {{Metric::top1, top1},
                    {Metric::top5, 99},
                    {Metric::params, 1000},
                    {Metric::flops, 2000},
                    {Metric::images_per_second, 300},
                    {Metric::peak_bytes, 1 << 20},
                    {Metric::seconds, 12.5}}};
  result.values.keep(measured_of(outcome));
  return result;
}

core::SendLease order_of(std::int64_t job) {
  core::SendLease order;
  order.job = {job};
  return order;
}

class ReaderTest : public StoreTest {
 protected:
  ReaderTest() : reader_(value_of(Reader::open(path()))) {}
  std::unique_ptr<Reader> reader_;
};

TEST_F(ReaderTest, SweepsAreFoundByIdAndByTheNewestOfTheirName) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("study", 1, 1, "a"), 1),
                   insert_all(SweepId{2}, make_plan("study", 1, 1, "b"), 2),
                   insert_all(SweepId{3}, make_plan("1", 1, 1, "c"), 3)});
  EXPECT_EQ(value_of(reader_->find_sweep("study")), SweepId{2});
  EXPECT_EQ(value_of(reader_->find_sweep("2")), SweepId{2});
  EXPECT_EQ(value_of(reader_->find_sweep("1")), SweepId{1}) << "an id goes before a name";
  const auto missing = reader_->find_sweep("studi");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_EQ(missing.error().message, "there is no sweep 'studi'; there are 3 (1), 2 (study), 1 (study)");
}

TEST_F(ReaderTest, AMissingSweepListsAtMostTen) {
  EXPECT_EQ(reader_->find_sweep("x").error().message, "there is no sweep 'x'; none was submitted yet");
  for (int i = 1; i <= 12; ++i) {
    commit(*store_, {insert_all(SweepId{i}, make_plan("s" + std::to_string(i), 1, 1, std::to_string(i)), i)});
  }
  const auto message = reader_->find_sweep("99999999999999999999").error().message;
  EXPECT_NE(message.find("12 (s12)"), std::string::npos) << message;
  EXPECT_NE(message.find("3 (s3), ..."), std::string::npos) << message;
  EXPECT_EQ(message.find(" 2 (s2)"), std::string::npos) << message;
}

TEST_F(ReaderTest, JobsAreFoundByHashBeginningAndName) {
  const auto plan = make_plan("study", 2, 2);
  commit(*store_, {insert_all(SweepId{1}, plan, 1)});
  const auto hex = plan->jobs[2].id.hex();
  EXPECT_EQ(value_of(reader_->find_job(hex)), JobKey{3});
  EXPECT_EQ(value_of(reader_->find_job(hex.substr(0, 8))), JobKey{3});
  EXPECT_EQ(value_of(reader_->find_job(hex.substr(0, 13))), JobKey{3});
  EXPECT_EQ(value_of(reader_->find_job("study/convmixer-64-8-4-3.sequential-2.s1")), JobKey{4});
  EXPECT_EQ(value_of(reader_->find_job("1/convmixer-64-8-4-3.s0")), JobKey{1});
  EXPECT_EQ(reader_->find_job("study/convmixer-64-8-4-3.sequential-9.s0").error().code, ErrorCode::not_found);
  const auto near = reader_->find_job("study/convmixer-64-8-4-3.sequential-2s1").error().message;
  EXPECT_NE(near.find("has no job 'convmixer-64-8-4-3.sequential-2s1'; did you mean "
                      "'convmixer-64-8-4-3.sequential-2.s1', "),
            std::string::npos)
      << near;
  EXPECT_EQ(reader_->find_job("other/convmixer-64-8-4-3.sequential-2.s1").error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_->find_job("0123456789abcdef").error().code, ErrorCode::not_found);
  for (const auto& text :
       {hex.substr(0, 7), std::string("convmixer-64-8-4-3.sequential-2.s1"), hex + "0", std::string()}) {
    const auto refused = reader_->find_job(text);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(refused.error().message.find("SWEEP/NAME"), std::string::npos) << refused.error().message;
  }
}

TEST_F(ReaderTest, JobsAreFoundWithoutALookAtAllOfThem) {
  // Two identities that begin with the same eight digits, in two sweeps; the second sweep has the first one's
  // jobs, too.
  auto first = make_plan("first", 2, 2);
  auto both = make_plan("both", 3, 2);
  first->jobs[3].id.digest.bytes.fill(0xAB);
  both->jobs[3].id = first->jobs[3].id;
  both->jobs[5].id = first->jobs[3].id;
  both->jobs[5].id.digest.bytes[31] = 0xCD;
  commit(*store_, {insert_all(SweepId{1}, first, 1)});
  core::InsertSweep second{SweepId{2}, both, {}, "", {}, {}};
  for (std::int64_t i = 0; i < 6; ++i) {
    second.jobs.keys.push_back({i + 1});
    second.jobs.is_new.push_back(i >= 4);
  }
  commit(*store_, {second});
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(value_of(reader_->find_job(both->jobs[i].id.hex())), JobKey{static_cast<std::int64_t>(i) + 1})
        << i;
    EXPECT_EQ(value_of(reader_->find_job("both/" + both->name_of(both->jobs[i]))),
              JobKey{static_cast<std::int64_t>(i) + 1})
        << i;
  }
  EXPECT_EQ(value_of(reader_->find_job("first/" + first->name_of(first->jobs[3]))), JobKey{4});
  EXPECT_EQ(reader_->find_job("first/" + both->name_of(both->jobs[5])).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_->find_job("abababab").error().code, ErrorCode::invalid_argument) << "two begin so";
}

TEST_F(ReaderTest, AnAmbiguousBeginningNamesWhatItCouldBe) {
  auto plan = make_plan("study", 1, 2);
  plan->jobs[0].id.digest.bytes.fill(0xAB);
  plan->jobs[1].id.digest.bytes.fill(0xAB);
  plan->jobs[1].id.digest.bytes[6] = 0xCD;
  commit(*store_, {insert_all(SweepId{1}, plan, 1)});
  const auto refused = reader_->find_job("ABabABabA");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(refused.error().message.find("abababababab"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("give more digits"), std::string::npos);
  EXPECT_EQ(value_of(reader_->find_job("ababababababcd")), JobKey{2});
}

TEST_F(ReaderTest, ALeaseHasNameIdentityAndConfiguration) {
  const auto plan = make_plan("study", 2, 1);
  commit(*store_, {insert_all(SweepId{1}, plan, 1)});
  auto order = order_of(2);
  order.attempt = {5, 6};
  order.devices = {"cpu"};
  order.inputs = {{InputRole::init, {artifact_id_of("m"), ArtifactKind::model, 3}}};
  const auto whole = value_of(reader_->leases(std::span(&order, 1))).at(0);
  EXPECT_EQ(whole.devices, order.devices);
  const auto& lease = whole.jobs.at(0);
  EXPECT_EQ(lease.attempt, order.attempt);
  EXPECT_EQ(lease.inputs, order.inputs);
  EXPECT_EQ(lease.job, plan->jobs[1].id);
  EXPECT_EQ(lease.name, "convmixer-64-8-4-3.sequential-2.s0");
  EXPECT_EQ(lease.config, plan->config_of(plan->jobs[1]));
  const std::vector<core::SendLease> unknown{order, order_of(3)};
  EXPECT_EQ(reader_->leases(unknown).error().code, ErrorCode::not_found);
}

TEST_F(ReaderTest, ALeaseReadsItsDataWhereTheNewestSweepOfTheJobSays) {
  const auto plan = make_plan("study", 1, 1);
  plan->data = {{plan->cells[0].demand.dataset, "/data"}};
  commit(*store_, {insert_all(SweepId{1}, plan, 1)});
  const auto order = order_of(1);
  const auto root = [&] { return value_of(reader_->leases(std::span(&order, 1))).at(0).jobs.at(0).root; };
  EXPECT_EQ(root(), "/data");

  const auto again = make_plan("again", 1, 1);
  again->data = {{plan->data[0].dataset, "/elsewhere"}};
  auto change = insert_all(SweepId{2}, again, 1);
  change.jobs.is_new = {false};
  commit(*store_, {change});
  EXPECT_EQ(root(), "/elsewhere");
  commit(*store_, {core::SetSweepData{SweepId{2}, {{plan->data[0].dataset, "/moved"}}}});
  EXPECT_EQ(root(), "/moved");
  commit(*store_, {core::SetSweepState{.id = SweepId{2}, .deleting = true}});
  EXPECT_EQ(root(), "/data");
}

TEST_F(ReaderTest, JobRowsComeInTheOrderOfThePlanAcrossPages) {
  const auto plan = make_plan("study", 1350, 2);
  auto change = insert_all(SweepId{1}, plan, 1);
  std::reverse(change.jobs.keys.begin(), change.jobs.keys.end());
  commit(*store_, {change});
  std::vector<std::string> names;
  ASSERT_TRUE(reader_
                  ->jobs(SweepId{1},
                         [&](const JobRow& row) {
                           names.push_back(row.name);
                           return true;
                         })
                  .ok());
  ASSERT_EQ(names.size(), plan->jobs.size());
  for (std::size_t i = 0; i < names.size(); ++i) ASSERT_EQ(names[i], plan->name_of(plan->jobs[i]));
  int taken = 0;
  ASSERT_TRUE(reader_->jobs(SweepId{1}, [&](const JobRow&) { return ++taken < 3; }).ok());
  EXPECT_EQ(taken, 3);
  const auto cells = results_of(*reader_, SweepId{1});
  ASSERT_EQ(cells.size(), plan->cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) ASSERT_EQ(cells[i].params, plan->cells[i].cost.params) << i;
  taken = 0;
  ASSERT_TRUE(reader_->results(SweepId{1}, [&](const ResultRow&) { return ++taken < 3; }).ok());
  EXPECT_EQ(taken, 3);
}

TEST_F(ReaderTest, AJobShowsItsAttemptsEpochsResultAndArtifacts) {
  const auto plan = make_plan("study", 2, 1);
  const ArtifactRef checkpoint{artifact_id_of("c"), ArtifactKind::checkpoint, 11};
  const ArtifactRef model{artifact_id_of("m"), ArtifactKind::model, 22};
  const EpochMetrics first{1,
                           {{Metric::loss, 2.5},
                            {Metric::top1, 50},
                            {Metric::top5, 90},
                            {Metric::images_per_second, 800},
                            {Metric::seconds, 1.5}}},
      again{1,
            {{Metric::loss, 2.25},
             {Metric::top1, 51},
             {Metric::top5, 91},
             {Metric::images_per_second, 801},
             {Metric::seconds, 1.25},
             {Metric::data_seconds, 0.1},
             {Metric::forward_seconds, 0.2},
             {Metric::backward_seconds, 0.3},
             {Metric::step_seconds, 0.4},
             {Metric::evaluation_seconds, 0.5}}},
      second{2,
             {{Metric::loss, 2},
              {Metric::top1, 60},
              {Metric::top5, 95},
              {Metric::images_per_second, 900},
              {Metric::seconds, 1}}};
  commit(*store_,
         {insert_all(SweepId{1}, plan, 1), attach("w1"), attach("w2"), core::InsertAttempt{{1, 1}, {2}, "w1"},
          core::InsertEpoch{{2}, {1, 1}, first}, core::EndAttempt{{1, 1}, {2}, "failed", "out of luck"},
          core::InsertAttempt{{1, 2}, {2}, "w2"}, core::InsertEpoch{{2}, {1, 2}, again},
          core::InsertEpoch{{2}, {1, 2}, second}, core::InsertArtifact{{2}, checkpoint, 1},
          core::InsertArtifact{{2}, model, 0}, core::InsertResult{{2}, {1, 2}, result_of(61)},
          core::EndAttempt{{1, 2}, {2}, "finished", ""},
          core::SetJobState{{2}, JobState::completed, "", 1, 0, 0}});
  const auto detail = value_of(reader_->job({2}));
  EXPECT_EQ(detail.row.id, plan->jobs[1].id);
  EXPECT_EQ(detail.row.name, "convmixer-64-8-4-3.sequential-2.s0");
  EXPECT_EQ(detail.row.state, JobState::completed);
  EXPECT_EQ(detail.row.params, 1001);
  EXPECT_EQ(detail.row.flops, 2001);
  EXPECT_EQ(detail.row.attempts, 2);
  EXPECT_EQ(detail.row.worker, "w2");
  EXPECT_EQ(detail.row.top1, 61.0);
  EXPECT_EQ(detail.row.seconds, 12.5);
  EXPECT_EQ(detail.config, plan->config_of(plan->jobs[1]));
  EXPECT_EQ(detail.depends_on, std::vector<JobId>{plan->jobs[0].id});
  EXPECT_EQ(detail.sweeps, std::vector<std::string>{"study"});
  ASSERT_EQ(detail.attempts.size(), 2U);
  EXPECT_EQ(detail.attempts[0].state, "failed");
  EXPECT_EQ(detail.attempts[0].error, "out of luck");
  EXPECT_EQ(detail.attempts[1].token, (AttemptToken{1, 2}));
  EXPECT_GE(detail.attempts[1].ended_at_ms, detail.attempts[1].started_at_ms);
  EXPECT_EQ(detail.epochs, (std::vector<EpochMetrics>{again, second}));
  EXPECT_EQ(detail.result, result_of(61));
  EXPECT_EQ(detail.artifacts, (std::vector<ArtifactRef>{checkpoint, model}));

  const auto untouched = value_of(reader_->job({1}));
  EXPECT_EQ(untouched.row.worker, "");
  EXPECT_FALSE(untouched.row.top1.has_value());
  EXPECT_FALSE(untouched.result.has_value());
  EXPECT_EQ(reader_->job({9}).error().code, ErrorCode::not_found);
}

TEST_F(ReaderTest, ADivergedJobHasNoAccuracy) {
  const JobResult diverged = result_of(0, Outcome::diverged);
  JobResult told = diverged;
  told.values.set(Metric::top1, 12);
  commit(*store_, {insert_all(SweepId{1}, make_plan("study", 1, 1), 1), core::InsertResult{{1}, {1, 1}, told},
                   set_state(1, JobState::diverged)});
  const auto detail = value_of(reader_->job({1}));
  EXPECT_EQ(detail.result, diverged);
  EXPECT_FALSE(detail.row.top1.has_value());
}

TEST_F(ReaderTest, ResultsAreMeansOverSeedsWithDifferencesToTheUnsharedCell) {
  const auto plan =
      make_plan("study", 4, 3);  // keys: cell 0: 1 2 3, cell 1: 4 5 6, cell 2: 7 8 9, cell 3: 10 11 12
  plan->cells[3].unshared_cell = -1;
  std::vector<core::Change> changes{insert_all(SweepId{1}, plan, 1)};
  const auto finish = [&](std::int64_t job, JobResult result) {
    changes.emplace_back(core::InsertResult{{job}, {1, job}, result});
  };
  finish(1, result_of(90));
  finish(2, result_of(91));
  finish(3, result_of(95));
  finish(4, result_of(88));
  finish(5, result_of(10, Outcome::diverged));
  finish(6, result_of(86));
  finish(7, result_of(10, Outcome::diverged));
  finish(10, result_of(70));
  commit(*store_, changes);
  const auto rows = results_of(*reader_, SweepId{1});
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].network, "64/8/4/3");
  EXPECT_EQ(rows[0].sharing, "none");
  EXPECT_EQ(rows[1].sharing, "sequential 2");
  EXPECT_EQ(rows[1].params, 1001);
  EXPECT_EQ(rows[1].flops, 2001);
  EXPECT_EQ(rows[0].seeds, 3);
  EXPECT_EQ(rows[0].finished, 3);
  EXPECT_EQ(rows[0].diverged, 0);
  EXPECT_DOUBLE_EQ(rows[0].top1_mean.value(), 92);
  EXPECT_DOUBLE_EQ(rows[0].top1_deviation.value(), std::sqrt((4 + 1 + 9) / 2.0));
  EXPECT_DOUBLE_EQ(rows[0].difference.value(), 0);
  EXPECT_EQ(rows[1].finished, 3);
  EXPECT_EQ(rows[1].diverged, 1);
  EXPECT_DOUBLE_EQ(rows[1].top1_mean.value(), 87);
  EXPECT_DOUBLE_EQ(rows[1].top1_deviation.value(), std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(rows[1].difference.value(), -5.5) << "over the two seeds that both completed";
  EXPECT_EQ(rows[2].finished, 1);
  EXPECT_EQ(rows[2].diverged, 1);
  EXPECT_FALSE(rows[2].top1_mean.has_value());
  EXPECT_FALSE(rows[2].top1_deviation.has_value());
  EXPECT_FALSE(rows[2].difference.has_value());
  EXPECT_DOUBLE_EQ(rows[3].top1_mean.value(), 70);
  EXPECT_FALSE(rows[3].top1_deviation.has_value()) << "one seed has no deviation";
  EXPECT_FALSE(rows[3].difference.has_value()) << "its unshared network is not in the sweep";
}

TEST_F(ReaderTest, EqualSeedsHaveNoDeviation) {
  std::vector<core::Change> changes{insert_all(SweepId{1}, make_plan("study", 1, 3), 1)};
  for (int job = 1; job <= 3; ++job)
    changes.emplace_back(core::InsertResult{{job}, {1, job}, result_of(90.1)});
  commit(*store_, changes);
  EXPECT_NEAR(results_of(*reader_, SweepId{1})[0].top1_deviation.value(), 0, 1e-12);
}

TEST_F(ReaderTest, AJobOfAnotherSweepCountsInBoth) {
  const auto plan = make_plan("first", 1, 1);
  commit(*store_, {insert_all(SweepId{1}, plan, 1), core::InsertResult{{1}, {1, 1}, result_of(90)}});
  auto link = insert_all(SweepId{2}, make_plan("second", 1, 1), 1);
  link.jobs.is_new = {false};
  commit(*store_, {link});
  EXPECT_EQ(results_of(*reader_, SweepId{2})[0].top1_mean, 90.0);
  EXPECT_EQ(value_of(reader_->job({1})).sweeps, (std::vector<std::string>{"first", "second"}));
}

core::SetSweepState sweep_state(std::int64_t sweep, int priority) {
  core::SetSweepState state;
  state.id = SweepId{sweep};
  state.priority = priority;
  return state;
}

/// Two sweeps that share job 1, the second of which has job 2 for itself.
class SharedJobTest : public ReaderTest {
 protected:
  SharedJobTest() {
    const auto second = make_plan("second", 2, 1);
    second->cells[0].network = "shared";
    auto change = insert_all(SweepId{2}, second, 1);
    change.jobs.is_new[0] = false;
    commit(*store_, {insert_all(SweepId{1}, make_plan("first", 1, 1), 1), change});
    own_hash_ = second->jobs[1].id.hex();
  }
  int priority() { return value_of(reader_->job({1})).row.priority; }
  std::string leased_name() {
    const auto order = order_of(1);
    return value_of(reader_->leases(std::span(&order, 1))).front().jobs.front().name;
  }
  std::string own_hash_;  ///< of job 2
};

TEST_F(SharedJobTest, IsNotShownForASweepUnderDeletion) {
  EXPECT_EQ(value_of(reader_->job({1})).row.name, "convmixer-shared.s0") << "as the newest sweep has it";
  EXPECT_EQ(leased_name(), "convmixer-shared.s0");
  EXPECT_EQ(value_of(reader_->find_job(own_hash_)), JobKey{2});
  auto state = sweep_state(2, 9);
  state.cancelled = true;
  state.deleting = true;
  commit(*store_, {sweep_state(1, 3), state});
  const auto detail = value_of(reader_->job({1}));
  EXPECT_EQ(detail.row.name, "convmixer-64-8-4-3.s0");
  EXPECT_EQ(detail.row.priority, 3);
  EXPECT_EQ(leased_name(), "convmixer-64-8-4-3.s0");
  EXPECT_EQ(reader_->find_job(own_hash_).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader_->job({2}).error().code, ErrorCode::not_found);
}

TEST_F(SharedJobTest, HasThePriorityOfTheSweepForWhichItCounts) {
  auto second = sweep_state(2, 9);
  commit(*store_, {sweep_state(1, 3), second});
  EXPECT_EQ(priority(), 9);
  second.paused = true;
  commit(*store_, {second});
  EXPECT_EQ(priority(), 3) << "it runs for the first one";
  auto first = sweep_state(1, 3);
  first.paused = true;
  commit(*store_, {first});
  EXPECT_EQ(priority(), 9) << "both are paused";
  second.paused = false;
  second.cancelled = true;
  commit(*store_, {second});
  EXPECT_EQ(priority(), 3) << "a cancelled one does not count";
}

TEST_F(ReaderTest, APageOfALogHasFewLinesWhereTheyAreLong) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("study", 1, 1), 1)});
  commit(*store_, {core::AppendLog{{1}, std::vector<std::string>(1000, std::string(4096, 'x'))}});
  std::int64_t read = 0;
  for (;;) {
    const auto page = value_of(reader_->log({1}, read, 1000));
    if (page.empty()) break;
    EXPECT_LE(page.size(), 64U);
    read = page.back().number;
  }
  EXPECT_EQ(read, 1000);
}

TEST_F(ReaderTest, ALogIsReadOnFromAnyLineAndKeepsItsNewestLines) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("study", 1, 1), 1)});
  commit(*store_, {core::AppendLog{{1}, {"one", "", "drei \xE2\x82\xAC"}}, core::AppendLog{{1}, {"four"}}});
  const auto tail = value_of(reader_->log({1}, 2, 10));
  ASSERT_EQ(tail.size(), 2U);
  EXPECT_EQ(tail[0].number, 3);
  EXPECT_EQ(tail[0].text, "drei \xE2\x82\xAC");
  EXPECT_GT(tail[0].at_ms, 1'600'000'000'000);
  EXPECT_EQ(value_of(reader_->log({1}, 0, 2)).size(), 2U);

  std::vector<std::string> many;
  for (int i = 5; i <= 7000; ++i) many.push_back(std::to_string(i));
  commit(*store_, {core::AppendLog{{1}, many}, core::AppendLog{{1}, {"7001", "7002"}}});
  const auto kept = value_of(reader_->log({1}, 0, 100'000));
  ASSERT_EQ(kept.size(), 5000U);
  EXPECT_EQ(kept.front().number, 2003);
  EXPECT_EQ(kept.front().text, "2003");
  EXPECT_EQ(kept.back().text, "7002");
}

TEST_F(ReaderTest, WorkersAreListedByNameWithWhatTheyDid) {
  commit(*store_, {insert_all(SweepId{1}, make_plan("study", 1, 2), 1), attach("b"), attach("a"),
                   core::InsertAttempt{{1, 1}, {1}, "a"}, core::InsertResult{{1}, {1, 1}, result_of(1), "a"},
                   core::InsertAttempt{{1, 2}, {2}, "a"}, core::InsertResult{{2}, {1, 2}, result_of(1), "a"},
                   attach("a")});
  const auto workers = value_of(reader_->workers());
  ASSERT_EQ(workers.size(), 2U);
  EXPECT_EQ(workers[0].name, "a");
  EXPECT_EQ(workers[0].host, "host-of-a");
  EXPECT_EQ(workers[0].devices, (std::vector<std::string>{"cpu", "cuda:0"}));
  EXPECT_EQ(workers[0].memory_bytes, (1 << 30) + (2 << 20));
  EXPECT_EQ(workers[0].version, "0.1.0");
  EXPECT_EQ(workers[0].state, "offline");
  EXPECT_EQ(workers[0].slots, 4) << "two on each device";
  EXPECT_EQ(workers[0].threads, 3);
  EXPECT_EQ(workers[0].jobs_done, 2);
  EXPECT_GT(workers[0].last_seen_ms, 1'600'000'000'000);
  EXPECT_EQ(workers[1].name, "b");
  EXPECT_EQ(workers[1].jobs_done, 0);
}

TEST(Reader, AMissingDatabaseIsAnError) {
  const TempFolder folder;
  EXPECT_FALSE(Reader::open(folder / "none.db").ok());
}

}  // namespace
}  // namespace spin
