#include "server/core/step.h"

#include <utility>

namespace spin::core {
namespace {

void file_running(Core& core, JobKey key, const Attempt& attempt) {
  core.attempts[attempt.token] = key;
  core.timers.set({attempt.deadline, key});
  if (attempt.session) core.workers.occupy(*attempt.session, key);
}

void unfile_phase(Core& core, JobKey key) {
  const Job& job = core.catalogue.at(key);
  if (const auto lost = lost_attempt(job)) core.attempts.erase(*lost);
  if (std::holds_alternative<Ready>(job.phase)) core.ready.erase(job.priority, key);
  if (const auto* backoff = std::get_if<Backoff>(&job.phase)) core.timers.clear({backoff->until, key});
  if (const Attempt* attempt = running_attempt(job)) {
    core.attempts.erase(attempt->token);
    core.timers.clear({attempt->deadline, key});
    if (attempt->session) core.workers.release(*attempt->session, key);
  }
}

}  // namespace

void file_phase(Core& core, JobKey key) {
  const Job& job = core.catalogue.at(key);
  if (const auto lost = lost_attempt(job)) core.attempts[*lost] = key;
  if (std::holds_alternative<Ready>(job.phase)) core.ready.insert(job.priority, key);
  if (const auto* backoff = std::get_if<Backoff>(&job.phase)) core.timers.set({backoff->until, key});
  if (const Attempt* attempt = running_attempt(job)) file_running(core, key, *attempt);
}

void change(Step& step, JobKey key, JobInput input, const std::string& reason) {
  Core& core = step.core;
  Job& job = core.catalogue.at(key);
  const JobState before = state_of(job.phase);
  unfile_phase(core, key);
  const Status moved = transition(job.phase, std::move(input));
  file_phase(core, key);
  if (!moved.ok()) {
    core.defects.push_back("job " + std::to_string(key.value) + ": " + moved.error().message);
    return;
  }
  const JobState after = state_of(job.phase);
  if (after == before && reason.empty()) return;
  core.catalogue.count(job, before, after);
  step.effects.changes.emplace_back(
      SetJobState{key, after, reason, job.failures, job.trainer_deaths, job.workers_lost});
}

const Attempt* running_attempt(const Job& job) {
  const auto* running = std::get_if<Running>(&job.phase);
  return running == nullptr ? nullptr : running->attempt.get();
}

Attempt* running_attempt(Job& job) { return const_cast<Attempt*>(running_attempt(std::as_const(job))); }

std::optional<AttemptToken> lost_attempt(const Job& job) {
  if (const auto* ready = std::get_if<Ready>(&job.phase)) return ready->lost;
  if (const auto* backoff = std::get_if<Backoff>(&job.phase)) return backoff->lost;
  if (const Attempt* attempt = running_attempt(job)) return attempt->lost;
  return std::nullopt;
}

void renew_lease(Step& step, JobKey key) {
  Attempt& attempt = *running_attempt(step.core.catalogue.at(key));
  const Now deadline = step.now + std::chrono::milliseconds(step.core.settings.lease_ms);
  step.core.timers.move({attempt.deadline, key}, deadline);
  attempt.deadline = deadline;
}

void tell(Step& step, SessionId session, CoordinatorMessage message) {
  step.effects.messages.emplace_back(SendMessage{session, std::move(message)});
}

void send_stop(Step& step, const Attempt& attempt, const std::string& reason) {
  if (attempt.session) tell(step, *attempt.session, StopAttempt{attempt.token, reason});
}

void stop_running(Step& step, JobKey key, const std::string& reason) {
  const Attempt& attempt = *running_attempt(step.core.catalogue.at(key));
  send_stop(step, attempt, reason);
  step.effects.changes.emplace_back(EndAttempt{attempt.token, key, "stopped", reason});
}

void refuse(Step& step, std::uint64_t request, Error error) {
  step.effects.messages.emplace_back(RequestRefused{request, std::move(error)});
}

}  // namespace spin::core
