#include <algorithm>
#include <memory>
#include <utility>

#include "schema/design/names.h"
#include "server/core/dependencies.h"
#include "server/core/quarantine.h"
#include "server/core/reports.h"
#include "server/core/retention.h"
#include "server/core/scheduler.h"
#include "server/core/status.h"

// How attempts end by what their worker says: with a result, or with a failure.

namespace spin::core {
namespace {

MaybeAttempt winner_of(const JobPhase& phase) {
  if (const auto* completed = std::get_if<Completed>(&phase)) return completed->winner;
  if (const auto* diverged = std::get_if<Diverged>(&phase)) return diverged->winner;
  return {};
}

void accept(Step& step, JobKey key, const AttemptToken& token, const AttemptFinished& finished,
            const std::string& worker) {
  Job& job = step.core.catalogue.at(key);
  auto& changes = step.effects.changes;
  if (const Attempt* other = running_attempt(job); other != nullptr && other->token != token)
    stop_running(step, key, "an earlier attempt, counted as lost, has finished the job");
  changes.emplace_back(InsertResult{key, token, finished.result, worker});
  note_data(step, job, finished.result.data);
  for (const ArtifactRef& output : finished.outputs) keep_artifact(step, key, output.kind, output, 0);
  changes.emplace_back(EndAttempt{token, key, "finished", {}});
  change(step, key, Finish{token, finished.result.outcome});
  drop_unneeded(step, key);
  ++step.core.counters.results;
  if (finished.result.outcome == Outcome::completed)
    release_dependants(step, key);
  else
    block_dependants(step, key);
  note_progress(step, job);
}

void retry_later(Step& step, JobKey key, const std::string& message) {
  const Job& job = step.core.catalogue.at(key);
  const CoordinatorSettings& settings = step.core.settings;
  const int doublings = std::clamp(job.past().failures + job.past().trainer_deaths - 1, 0, 30);
  const std::int64_t wait_ms =
      std::min(settings.backoff_limit_ms, settings.backoff_first_ms * (std::int64_t{1} << doublings));
  change(step, key, Retry{step.now + std::chrono::milliseconds(wait_ms)}, message);
}

/// An artifact of the job's own that the attempt could not have is no part of the next one. What else it may
/// be, people have to bring back.
std::string handle_lost_input(Step& step, JobKey key, const std::string& message) {
  const Job& job = step.core.catalogue.at(key);
  bool begins_anew = false;
  for (const InputFacts& facts : kInputRoles)
    begins_anew = (facts.is_own && forget_artifact(step, key, facts.takes)) || begins_anew;
  if (begins_anew) return message + "; the job begins anew";
  for (const Dependency& needed : job.more().depends_on.items()) {
    const Job& source = step.core.catalogue.at(needed.on());
    const auto kind = facts_of(needed.role()).takes;
    if (source.artifact(kind))
      return "the " + std::string(enum_name(kind)) + " of job " + source.id.short_hex() +
             ", which this one starts from, cannot be had: " + message +
             "; put its file back into the artifact folder and retry the job";
  }
  return message;
}

void give_up(Step& step, JobKey key, const std::string& reason) {
  change(step, key, GiveUp{std::make_shared<const std::string>(reason)}, reason);
  block_dependants(step, key);
}

void count_error(Step& step, JobKey key, const std::string& reason) {
  Job& job = step.core.catalogue.at(key);
  ++job.edit_past().failures;
  if (job.past().failures >= step.core.catalogue.max_attempts(job))
    give_up(step, key, reason);
  else
    retry_later(step, key, reason);
}

void count_death(Step& step, JobKey key, const std::string& message) {
  Job& job = step.core.catalogue.at(key);
  const int deaths = ++job.edit_past().trainer_deaths;
  if (deaths >= step.core.settings.trainer_deaths_limit)
    give_up(step, key, "quarantined: killed " + std::to_string(deaths) + " trainers: " + message);
  else
    retry_later(step, key, message);
}

}  // namespace

bool takes_result(const JobPhase& phase) {
  return !std::holds_alternative<Completed>(phase) && !std::holds_alternative<Diverged>(phase) &&
         !std::holds_alternative<Cancelled>(phase);
}

bool accept_or_count(Step& step, JobKey key, const AttemptToken& token, const AttemptFinished& finished,
                     const std::string& worker) {
  const Job& job = step.core.catalogue.at(key);
  if (takes_result(job.phase)) {
    accept(step, key, token, finished, worker);
    return true;
  }
  if (winner_of(job.phase) != token) ++step.core.counters.duplicates;
  return false;
}

void lease_failed(Step& step, const LeaseFailed& event) {
  // None where the job was cancelled and deleted before its lease was read.
  const Job* job = step.core.catalogue.find(event.job);
  const Attempt* attempt = job == nullptr ? nullptr : running_attempt(*job);
  if (attempt != nullptr && attempt->token == event.attempt) {
    step.effects.changes.emplace_back(EndAttempt{event.attempt, event.job, "failed", event.reason});
    ++step.core.counters.failures;
    if (event.may_pass)
      count_error(step, event.job, event.reason);
    else
      give_up(step, event.job, event.reason);
  }
  step.core.workers.ended(event.session, event.attempt);
  const Session* session = step.core.workers.find(event.session);
  if (session == nullptr) return;
  for (const std::string& device : event.devices)
    step.core.workers.give_credit(event.session, find_device(session->hello, device));
}

void handle_failure(Step& step, JobKey key, const AttemptFailed& failed) {
  const Attempt& attempt = *running_attempt(step.core.catalogue.at(key));
  const bool refused = failed.kind == FailureKind::refused;
  step.effects.changes.emplace_back(
      EndAttempt{attempt.token, key, refused ? "stopped" : "failed", failed.message});
  if (refused) {
    // It will not want the next one either, until it says so.
    if (attempt.session) step.core.workers.take_all_credits(*attempt.session);
    change(step, key, GiveBack{});
    return;
  }
  ++step.core.counters.failures;
  const WorkerDevice place = worker_device(step.core, attempt.worker, attempt.device);
  step.core.last_failed_on[key] = place;
  if (failed.kind == FailureKind::input_lost) {
    count_error(step, key, handle_lost_input(step, key, failed.message));
    return;
  }
  const bool counts =
      !is_quarantined(step.core, place) || !others_can_take(step.core, key, place, Others::devices);
  note_failure(step, place, key, failed.message);
  if (!counts)
    retry_later(step, key,
                failed.message + " (on " + title_of(step.core, place) +
                    ", which is quarantined; this does not count)");
  else if (failed.kind == FailureKind::permanent && !others_can_take(step.core, key, place, Others::workers))
    give_up(step, key, failed.message);
  else if (failed.kind == FailureKind::trainer_died)
    count_death(step, key, failed.message);
  else
    count_error(step, key, failed.message);
}

}  // namespace spin::core
