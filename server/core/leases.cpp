#include "server/core/leases.h"

#include <memory>
#include <utility>

#include "server/core/settle.h"

namespace spin::core {
namespace {

std::optional<ArtifactRef> initial_weights(const Catalogue& catalogue, const Job& job) {
  for (const JobKey dependency : job.depends_on.items())
    if (const auto model = catalogue.at(dependency).artifact(ArtifactKind::model)) return model;
  return std::nullopt;
}

std::unique_ptr<Attempt> make_attempt(const Step& step, JobKey key, SessionId session,
                                      const AttemptToken& token) {
  const Job& job = step.core.catalogue.at(key);
  auto attempt = std::make_unique<Attempt>();
  attempt->token = token;
  attempt->worker = step.core.workers.find(session)->hello.name;
  attempt->deadline = step.now + std::chrono::milliseconds(step.core.settings.lease_ms);
  attempt->session = session;
  attempt->memory_bytes = memory_needed(step.core, step.core.catalogue.owner_of(job), job.needs);
  return attempt;
}

/// The changes that a new attempt and one that comes back have in common.
void run(Step& step, JobKey key, SessionId session, const AttemptToken& token) {
  auto attempt = make_attempt(step, key, session, token);
  step.effects.changes.emplace_back(InsertAttempt{token, key, attempt->worker});
  change(step, key, Run{std::move(attempt)});
}

bool bind(Step& step, JobKey key, Attempt& attempt, SessionId session) {
  if (attempt.session && *attempt.session != session) return false;
  if (!attempt.session) {
    step.core.workers.ended(session, attempt.token);
    attempt.session = session;
    attempt.worker = step.core.workers.find(session)->hello.name;
    step.core.workers.occupy(session, key, attempt.memory_bytes);
  }
  renew_lease(step, key);
  return true;
}

}  // namespace

void grant(Step& step, JobKey key, SessionId session) {
  Core& core = step.core;
  const AttemptToken token{core.boot_epoch, core.next_sequence++};
  run(step, key, session, token);
  core.workers.take_credit(session);
  ++core.counters.leases;
  const Job& job = core.catalogue.at(key);
  core.workers.used_dataset(session, core.needs.at(job.needs).dataset);
  step.effects.messages.emplace_back(SendLease{session, key, token, job.artifact(ArtifactKind::checkpoint),
                                               initial_weights(core.catalogue, job)});
}

void lose(Step& step, JobKey key, const std::string& why) {
  Job& job = step.core.catalogue.at(key);
  const Attempt& attempt = *running_attempt(job);
  if (attempt.session) step.core.workers.add_ending(*attempt.session, attempt.token, attempt.memory_bytes);
  step.effects.changes.emplace_back(EndAttempt{attempt.token, key, "lost", why});
  ++job.workers_lost;
  ++step.core.counters.lost_attempts;
  change(step, key, Lose{});
}

void time_passed(Step& step) {
  const std::string silent =
      "nothing was heard of it for " + std::to_string(step.core.settings.lease_ms) + " ms";
  while (const auto due = step.core.timers.first()) {
    if (due->at > step.now) return;
    if (const Attempt* attempt = running_attempt(step.core.catalogue.at(due->job))) {
      if (attempt->session) step.core.workers.fell_silent(*attempt->session);
      lose(step, due->job, silent);
    } else {
      change(step, due->job, BackoffOver{});
    }
  }
}

bool renew_attempt(Step& step, SessionId session, const AttemptToken& token) {
  const auto found = step.core.attempts.find(token);
  if (found == step.core.attempts.end()) return false;
  const JobKey key = found->second;
  Job& job = step.core.catalogue.at(key);
  // A resume that reaches the job only now takes the attempt back by itself.
  if (running_attempt(job) == nullptr) settle_job(step, key);
  if (Attempt* attempt = running_attempt(job))
    return attempt->token == token && bind(step, key, *attempt, session);
  if (std::holds_alternative<Paused>(job.phase) || !step.core.attempts.contains(token)) return false;
  step.core.workers.ended(session, token);
  run(step, key, session, token);
  return true;
}

}  // namespace spin::core
