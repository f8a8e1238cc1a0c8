#include "server/app/control_gate.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <type_traits>
#include <utility>

#include <spdlog/spdlog.h>

#include "schema/base/clock.h"
#include "server/app/changed_data.h"
#include "server/app/plan_parts.h"
#include "server/app/requests.h"

namespace spin {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kSubmitLimit{60};
constexpr std::chrono::milliseconds kProgressPause{250};
constexpr std::chrono::seconds kSteerLimit{60};

/// With what the coordinator alone knows of a worker that is attached.
void annotate(WorkerRow& row, const core::AttachedWorker& worker) {
  const auto silent = steady_clock::now() - worker.heard;
  row.state = worker.state;
  row.busy = worker.busy;
  row.memory_used_bytes = worker.memory_used_bytes;
  row.reason = worker.reason;
  row.last_seen_ms = wall_clock_ms() - std::chrono::duration_cast<std::chrono::milliseconds>(silent).count();
}

/// Asks the coordinator on the strand, and answers once all that the answer rests on is durable: who is told
/// that a job is done finds its result in the store, unless that waits for room on the disk.
template <class Question>
auto ask(Strand& strand, Engine& engine, Question question)
    -> Result<std::invoke_result_t<Question, const core::Coordinator&>> {
  using Answer = std::invoke_result_t<Question, const core::Coordinator&>;
  auto promise = std::make_shared<std::promise<Answer>>();
  auto future = promise->get_future();
  strand.post([&engine, promise, question = std::move(question)]() mutable {
    auto answer = std::make_shared<Answer>(question(engine.coordinator()));
    engine.answer_after_commits([promise, answer] { promise->set_value(std::move(*answer)); });
  });
  return Strand::await(std::move(future), Strand::kAnswerLimit);
}

/// With what the coordinator alone knows of jobs that have no result.
Result<std::vector<JobRow>> annotated(Strand& strand, Engine& engine, std::vector<JobRow> rows) {
  const auto is_done = [](const JobRow& row) {
    return row.state == JobState::completed || row.state == JobState::diverged;
  };
  if (std::all_of(rows.begin(), rows.end(), is_done)) return rows;
  return ask(strand, engine, [rows = std::move(rows)](const core::Coordinator& coordinator) mutable {
    coordinator.annotate(rows, steady_clock::now());
    return std::move(rows);
  });
}

}  // namespace

ControlGate::ControlGate(Parts parts)
    : parts_(std::move(parts)),
      annotate_([this](std::vector<JobRow> rows) {
        return annotated(parts_.strand, parts_.engine, std::move(rows));
      }),
      names_(parts_.reader),
      feeds_({parts_.strand, parts_.engine, parts_.log_reader,
              [this](SweepStatus* status) { names_.fill(*status); }}) {}

Result<Submitted> ControlGate::submit(const SweepFile& source, const SubmissionOptions& options,
                                      const std::function<bool(const SubmitProgress&)>& progress) {
  SPIN_ASSIGN(auto changed, ChangedData::look(parts_.reader, parts_.database, options.data));
  SPIN_ASSIGN(const PlanStart start,
              plan_start(
                  source, [&](std::int64_t planned) { return progress({.planned = planned, .stored = 0}); },
                  [&](const JobId& job) { changed.see(job); }));
  if (options.retrain == Retrain::refuse) SPIN_TRY(changed.refusal());
  const auto& first = *start.first;
  core::SweepSubmitted event{.request = 0,
                             .plan = start.first,
                             .source = source.text,
                             .overrides = source.overrides,
                             .wall_ms = wall_clock_ms(),
                             .replace = options.replace,
                             .full_plan = start.full_plan};
  if (options.retrain == Retrain::changed || options.retrain == Retrain::all) {
    event.retrain = std::make_shared<const core::RetrainJobs>(
        core::RetrainJobs{options.retrain == Retrain::all, changed.jobs()});
    event.data = options.data;
  }
  // The rest is stored, whether its answer is waited for or not.
  auto started = std::make_shared<std::shared_ptr<LargeSubmissions::Submission>>();
  const auto store_rest = [started, &large_submissions = parts_.large_submissions,
                           jobs = start.full_plan.jobs](const core::Message& message) {
    const auto* accepted = std::get_if<core::SubmitAccepted>(&message);
    if (accepted != nullptr && !accepted->known && accepted->jobs < jobs)
      *started = large_submissions.add(accepted->sweep, accepted->jobs, jobs);
  };
  SPIN_ASSIGN(const auto accepted,
              settle<core::SubmitAccepted>(put(parts_.strand, parts_.engine, std::move(event), store_rest),
                                           kSubmitLimit));
  Submitted submitted{.sweep = accepted.sweep,
                      .name = first.name,
                      .jobs = start.full_plan.jobs,
                      .jobs_new = accepted.jobs_new,
                      .replaced = accepted.replaced,
                      .jobs_retrained = accepted.retrained,
                      .notes = accepted.notes};
  for (const auto& note : accepted.notes)
    spdlog::info("sweep {} ({}): {}", accepted.sweep.value, first.name, note);
  const auto submission = *started;
  if (submission == nullptr) return submitted;
  for (auto now = submission->progress(); !now.end; now = submission->wait_for_end(kProgressPause))
    if (!progress({.planned = start.full_plan.jobs, .stored = now.jobs}))
      return Error{ErrorCode::unavailable, "nobody waits any more; the sweep goes on"};
  const auto stored = submission->progress();
  SPIN_TRY(*stored.end);
  submitted.jobs_new += stored.jobs_new;
  submitted.jobs_retrained += stored.retrained;
  submitted.replaced = stored.replaced;
  return submitted;
}

Result<std::vector<SweepStatus>> ControlGate::status(const std::string& sweep) {
  std::optional<SweepId> only;
  if (!sweep.empty()) {
    SPIN_ASSIGN(only, parts_.reader.find_sweep(sweep));
  }
  SPIN_ASSIGN(auto statuses, ask(parts_.strand, parts_.engine, [only](const core::Coordinator& coordinator) {
                if (!only) return coordinator.sweep_statuses(steady_clock::now());
                std::vector<SweepStatus> found;
                if (auto status = coordinator.sweep_status(*only, steady_clock::now()))
                  found.push_back(std::move(*status));
                return found;
              }));
  for (auto& status : statuses) names_.fill(status);
  return statuses;
}

Result<std::unique_ptr<StatusFeed>> ControlGate::watch(const std::string& sweep) {
  SPIN_ASSIGN(const SweepId id, parts_.reader.find_sweep(sweep));
  return feeds_.watch(id);
}

Status ControlGate::jobs(const std::string& sweep, const std::function<bool(const JobRow&)>& each) {
  // A client that reads slowly holds up nobody else this way.
  SPIN_ASSIGN(const auto reader, Reader::open(parts_.database));
  SPIN_ASSIGN(const SweepId id, reader->find_sweep(sweep));
  return list_jobs(*reader, id, annotate_, each);
}

Result<JobDetail> ControlGate::job(const std::string& job) { return show_job(parts_.reader, job, annotate_); }

Status ControlGate::logs(const std::string& job, const std::function<bool(const LogLine&)>& each) {
  SPIN_ASSIGN(const core::JobKey key, parts_.reader.find_job(job));
  SPIN_ASSIGN(const auto reader, Reader::open(parts_.database));
  return reader->whole_log(key, each);
}

Result<std::unique_ptr<LogFeed>> ControlGate::follow(const std::string& job) {
  SPIN_ASSIGN(const core::JobKey key, parts_.reader.find_job(job));
  return feeds_.follow(key);
}

Status ControlGate::results(const std::string& sweep, const std::function<bool(const ResultRow&)>& each) {
  SPIN_ASSIGN(const auto reader, Reader::open(parts_.database));
  SPIN_ASSIGN(const SweepId id, reader->find_sweep(sweep));
  return reader->results(id, each);
}

Result<std::variant<SweepId, core::JobKey>> ControlGate::find_target(const std::string& target) {
  using Target = std::variant<SweepId, core::JobKey>;
  const auto sweep = parts_.reader.find_sweep(target);
  if (sweep.ok()) return Target{*sweep};
  if (sweep.error().code != ErrorCode::not_found) return sweep.error();
  const auto job = parts_.reader.find_job(target);
  if (job.ok()) return Target{*job};
  if (target.find('/') != std::string::npos) return job.error();
  return Error{ErrorCode::not_found,
               "'" + target + "' is neither a sweep nor a job: " + sweep.error().message};
}

Result<std::int64_t> ControlGate::steer(const std::string& target, const steer::Action& action) {
  SPIN_ASSIGN(const auto found, find_target(target));
  core::SteerRequested event{.request = 0, .target = found, .action = action};
  SPIN_ASSIGN(const auto accepted,
              settle<core::SteerAccepted>(put(parts_.strand, parts_.engine, std::move(event)), kSteerLimit));
  return accepted.jobs;
}

Result<std::vector<WorkerRow>> ControlGate::workers() {
  SPIN_ASSIGN(auto rows, parts_.reader.workers());
  SPIN_ASSIGN(const auto attached,
              ask(parts_.strand, parts_.engine,
                  [](const core::Coordinator& coordinator) { return coordinator.workers(); }));
  for (auto& row : rows)
    if (const auto found = std::ranges::find(attached, row.name, &core::AttachedWorker::name);
        found != attached.end())
      annotate(row, *found);
  return rows;
}

Result<int> ControlGate::drain(const std::string& worker) {
  core::DrainRequested event{.request = 0, .worker = worker};
  SPIN_ASSIGN(const auto accepted,
              settle<core::DrainAccepted>(put(parts_.strand, parts_.engine, std::move(event)), kSteerLimit));
  return accepted.running;
}

}  // namespace spin
