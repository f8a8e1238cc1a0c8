#include "tests/server/store/model.h"

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

// The store against plain maps, over random steps: what was committed is what is read and what is loaded.

namespace spin {
namespace {

using core::JobKey;

class Walk {
 public:
  explicit Walk(unsigned seed) : random_(seed) { open(); }

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      if (pick(20) == 0) {
        reopen();
      } else {
        commit(*store_, random_batch());
      }
      if (pick(8) == 0) compare_all();
    }
    reopen();
    compare_all();
    EXPECT_EQ(rows_of(path(), "PRAGMA foreign_key_check"), std::vector<std::string>());
  }

 private:
  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }
  double number() { return pick(100'000) / 7.0; }
  std::optional<double> maybe_number() { return pick(3) == 0 ? std::nullopt : std::optional(number()); }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "spin.db"; }

  void compare_all() {
    settle_states(model_);
    compare_reads(*reader_, model_);
  }

  void open() {
    store_ = open_store(path());
    compare_state(load(*store_));
    reader_ = value_of(Reader::open(path()));
  }

  void reopen() {
    if (pick(2) == 0) reader_.reset();  // the last to close the database is the store, or the reader
    store_.reset();
    open();
  }

  std::vector<core::Change> random_batch() {
    std::vector<core::Change> batch;
    const int count = 1 + pick(6);
    for (int i = 0; i < count; ++i) random_change(batch);
    return batch;
  }

  void random_change(std::vector<core::Change>& batch) {
    const int kind = pick(17);
    if (model_.jobs.empty() || kind == 0) return submit(batch);
    if (model_.jobs_done.empty() || kind == 1) return attach_worker(batch);
    const auto job = std::next(model_.jobs.begin(), pick(static_cast<int>(model_.jobs.size())));
    if (kind <= 3) return change_state(batch, job->second);
    if (kind <= 5) return begin_attempt(batch, job->second);
    if (kind <= 7) return end_attempt(batch, job->second);
    if (kind <= 9) return report_epoch(batch, job->second);
    if (kind == 10) return add_artifact(batch, job->second);
    if (kind == 11) return finish(batch, job->second);
    if (kind == 12) return set_sweep_state(batch);
    if (kind == 13) return forget_artifact(batch, job->second);
    if (kind == 14) return set_priority(batch, job->second);
    append_log(batch, job->second);
  }

  void submit(std::vector<core::Change>& batch) {
    const auto number = static_cast<std::int64_t>(model_.sweeps.size()) + 1;
    auto plan =
        make_plan("sweep-" + std::to_string(pick(4)), 1 + pick(3), 1 + pick(3), std::to_string(pick(5)));
    plan->priority = pick(7) - 3;
    plan->max_attempts = 1 + pick(5);
    for (auto& cell : plan->cells) cell.demand.memory_bytes = pick(1 << 30);
    core::InsertSweep change;
    change.id = SweepId{number};
    change.plan = plan;
    change.overrides = {{"sharing.rate", "\"4\""}};
    if (pick(2) == 0) plan->requirements.memory_bytes = pick(1000);
    if (pick(2) == 0) plan->requirements.labels = {"a", "b" + std::to_string(pick(3))};
    core::StoredSweep sweep;
    sweep.id = SweepId{number};
    sweep.name = plan->name;
    sweep.priority = plan->priority;
    sweep.max_attempts = plan->max_attempts;
    sweep.requirements = plan->requirements;
    for (const auto& job : plan->jobs) {
      const bool is_new = !model_.keys.contains(job.id);
      if (is_new) add_job(change, *plan, job);
      change.jobs.is_new.push_back(is_new);
      const JobKey key{model_.keys.at(job.id)};
      change.jobs.keys.push_back(key);
      sweep.jobs.push_back(key);
      auto& known = model_.jobs.at(key.value);
      known.name = plan->name_of(job);
      known.sweeps.push_back(plan->name);
    }
    model_.sweeps.push_back(sweep);
    batch.emplace_back(std::move(change));
  }

  void add_job(core::InsertSweep& change, const FirstPart& plan, const PartJob& job) {
    ModelJob added;
    added.stored.key = {static_cast<std::int64_t>(model_.jobs.size()) + 1};
    added.stored.id = job.id;
    const auto& demand = plan.cell_of(job).demand;
    added.stored.work = demand.work;
    added.stored.memory_bytes = demand.memory_bytes;
    added.stored.dataset = demand.dataset;
    for (const auto& [role, source] : job.inputs)
      added.stored.inputs.push_back({role, {model_.keys.at(source)}});
    for (const auto& input : added.stored.inputs) change.jobs.inputs.emplace_back(added.stored.key, input);
    model_.keys[job.id] = added.stored.key.value;
    model_.jobs[added.stored.key.value] = added;
  }

  void attach_worker(std::vector<core::Change>& batch) {
    const auto name = "worker-" + std::to_string(pick(3));
    model_.jobs_done.try_emplace(name, 0);
    batch.push_back(attach(name));
  }

  void change_state(std::vector<core::Change>& batch, ModelJob& job) {
    auto& stored = job.stored;
    job.told = static_cast<JobState>(pick(10));
    stored.reason = pick(2) == 0 ? "" : "reason " + std::to_string(pick(100));
    stored.failures = pick(4);
    stored.trainer_deaths = pick(4);
    stored.workers_lost = pick(4);
    batch.emplace_back(core::SetJobState{stored.key, job.told, stored.reason, stored.failures,
                                         stored.trainer_deaths, stored.workers_lost});
  }

  void begin_attempt(std::vector<core::Change>& batch, ModelJob& job) {
    if (job.stored.attempt.has_value()) return;
    const bool revive = !job.attempts.empty() && pick(3) == 0;
    const auto token = revive ? job.attempts.rbegin()->first : AttemptToken{1, ++sequence_};
    const auto worker =
        std::next(model_.jobs_done.begin(), pick(static_cast<int>(model_.jobs_done.size())))->first;
    job.attempts[token] = {"running", worker};
    job.stored.attempt = token;
    job.stored.worker = worker;
    batch.emplace_back(core::InsertAttempt{token, job.stored.key, worker});
  }

  void end_attempt(std::vector<core::Change>& batch, ModelJob& job) {
    if (job.attempts.empty()) return;
    const auto attempt = std::next(job.attempts.begin(), pick(static_cast<int>(job.attempts.size())));
    static const std::vector<std::string> kStates = {"finished", "failed", "lost", "stopped"};
    attempt->second.first = kStates[static_cast<std::size_t>(pick(4))];
    if (job.stored.attempt == attempt->first) {
      job.stored.attempt.reset();
      job.stored.worker.clear();
    }
    batch.emplace_back(core::EndAttempt{attempt->first, job.stored.key, attempt->second.first, "because"});
  }

  /// Some of those that can be measured of it.
  MetricValues values(unsigned measured_of) {
    MetricValues some;
    for (const auto& facts : kMetrics) {
      const auto value = is_whole(facts.unit) ? static_cast<double>(pick(1000)) : number();
      if (pick(4) != 0) some.set(facts.metric, value);
    }
    some.keep(measured_of);
    return some;
  }

  void report_epoch(std::vector<core::Change>& batch, ModelJob& job) {
    const EpochMetrics metrics{1 + pick(5), values(kEpoch)};
    const bool only_if_missing = pick(3) == 0;
    if (only_if_missing)
      job.epochs.emplace(metrics.epoch, metrics);
    else
      job.epochs[metrics.epoch] = metrics;
    batch.emplace_back(core::InsertEpoch{job.stored.key, {1, 1 + pick(50)}, metrics, only_if_missing});
  }

  void set_sweep_state(std::vector<core::Change>& batch) {
    auto& sweep = model_.sweeps[static_cast<std::size_t>(pick(static_cast<int>(model_.sweeps.size())))];
    sweep.cancelled = pick(2) == 0;
    sweep.paused = pick(2) == 0;
    sweep.priority = pick(9) - 4;
    sweep.settling.reset();
    if (pick(2) == 0)
      sweep.settling = {static_cast<core::Settlement::Kind>(pick(3)), pick(9),
                        "reason " + std::to_string(pick(9))};
    sweep.retrying.reset();
    if (pick(2) == 0) sweep.retrying = {pick(2) == 0, pick(9)};
    batch.emplace_back(core::SetSweepState{sweep.id, sweep.priority, sweep.cancelled, sweep.paused, false,
                                           sweep.settling, sweep.retrying});
  }

  void set_priority(std::vector<core::Change>& batch, ModelJob& job) {
    job.stored.priority = pick(9) - 4;
    batch.emplace_back(core::SetJobPriority{job.stored.key, *job.stored.priority});
  }

  static void drop(core::StoredJob& job, ArtifactKind kind) {
    std::erase_if(job.artifacts, [&](const ArtifactRef& artifact) { return artifact.kind == kind; });
  }

  void forget_artifact(std::vector<core::Change>& batch, ModelJob& job) {
    const auto kind = static_cast<ArtifactKind>(pick(3));
    drop(job.stored, kind);
    batch.emplace_back(core::ForgetArtifact{job.stored.key, kind});
  }

  void add_artifact(std::vector<core::Change>& batch, ModelJob& job) {
    const int content = pick(30);
    const auto kind = static_cast<ArtifactKind>(pick(3));
    const ArtifactRef artifact{artifact_id_of(std::to_string(content)), kind, 100 + content};
    drop(job.stored, kind);
    job.stored.artifacts.push_back(artifact);
    batch.emplace_back(core::InsertArtifact{job.stored.key, artifact, pick(9)});
  }

  void finish(std::vector<core::Change>& batch, ModelJob& job) {
    if (job.result.has_value()) return;
    const auto outcome = pick(4) == 0 ? Outcome::diverged : Outcome::completed;
    job.result = JobResult{outcome, values(measured_of(outcome))};
    AttemptToken token{99, 1};  // of nobody
    std::string worker;
    if (!job.attempts.empty()) {
      token = job.attempts.begin()->first;
      worker = job.attempts.begin()->second.second;
      ++model_.jobs_done.at(worker);
    }
    batch.emplace_back(core::InsertResult{job.stored.key, token, *job.result, worker});
  }

  void append_log(std::vector<core::Change>& batch, ModelJob& job) {
    core::AppendLog change{job.stored.key, {}};
    const int count = pick(5) == 0 ? 2000 : pick(4);
    for (int i = 0; i < count; ++i) change.lines.push_back("line " + std::to_string(pick(1'000'000)));
    job.log.insert(job.log.end(), change.lines.begin(), change.lines.end());
    batch.emplace_back(std::move(change));
  }

  void compare_state(const StoredState& state) {
    settle_states(model_);
    EXPECT_GT(state.boot_epoch, boot_epoch_);
    boot_epoch_ = state.boot_epoch;
    ASSERT_EQ(state.sweeps.size(), model_.sweeps.size());
    for (std::size_t i = 0; i < state.sweeps.size(); ++i) {
      EXPECT_EQ(state.sweeps[i].id, model_.sweeps[i].id);
      EXPECT_EQ(state.sweeps[i].name, model_.sweeps[i].name);
      EXPECT_EQ(state.sweeps[i].jobs, model_.sweeps[i].jobs);
      EXPECT_EQ(state.sweeps[i].cancelled, model_.sweeps[i].cancelled);
      EXPECT_EQ(state.sweeps[i].paused, model_.sweeps[i].paused);
      EXPECT_EQ(state.sweeps[i].settling, model_.sweeps[i].settling);
      EXPECT_EQ(state.sweeps[i].retrying, model_.sweeps[i].retrying);
      EXPECT_EQ(state.sweeps[i].priority, model_.sweeps[i].priority);
      EXPECT_EQ(state.sweeps[i].max_attempts, model_.sweeps[i].max_attempts);
      EXPECT_EQ(state.sweeps[i].requirements, model_.sweeps[i].requirements);
    }
    ASSERT_EQ(state.jobs.size(), model_.jobs.size());
    for (const auto& job : state.jobs) compare_job(job, model_.jobs.at(job.key.value).stored);
  }

  std::mt19937 random_;
  TempFolder folder_;
  Model model_;
  std::int64_t boot_epoch_ = 0;
  std::int64_t sequence_ = 0;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Reader> reader_;
};

class StoreModel : public ::testing::TestWithParam<unsigned> {};

TEST_P(StoreModel, AgreesWithPlainMaps) { Walk(GetParam()).run(120); }

INSTANTIATE_TEST_SUITE_P(Seeds, StoreModel, ::testing::Range(1U, 13U));

}  // namespace
}  // namespace spin
