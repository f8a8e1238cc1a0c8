#include "server/core/leases.h"

#include <memory>
#include <utility>

#include "server/core/settle.h"

namespace spin::core {
namespace {

/// What there is of what the job may read.
std::vector<InputArtifact> inputs_of(const Catalogue& catalogue, const Job& job) {
  std::vector<InputArtifact> inputs;
  const auto add = [&](InputRole role, const Job& source) {
    if (auto artifact = source.artifact(facts_of(role).takes)) inputs.push_back({role, *artifact});
  };
  for (const InputFacts& facts : kInputRoles)
    if (facts.is_own) add(facts.role, job);
  for (const Dependency& needed : job.more().depends_on.items())
    add(needed.role(), catalogue.at(needed.on()));
  return inputs;
}

std::unique_ptr<Attempt> make_attempt(const Step& step, JobKey key, SessionId session,
                                      const AttemptToken& token, int device) {
  const Job& job = step.core.catalogue.at(key);
  auto attempt = std::make_unique<Attempt>();
  attempt->token = token;
  const WorkerHello& hello = step.core.workers.find(session)->hello;
  attempt->worker = hello.name;
  if (device != kNoDevice) attempt->device = hello.devices[static_cast<std::size_t>(device)].device;
  attempt->deadline = step.now + std::chrono::milliseconds(step.core.settings.lease_ms);
  attempt->session = session;
  attempt->use = {device, memory_needed(step.core, step.core.catalogue.owner_of(job), job.needs)};
  return attempt;
}

/// The changes that a new attempt and one that comes back have in common.
void run(Step& step, JobKey key, SessionId session, const AttemptToken& token, int device) {
  auto attempt = make_attempt(step, key, session, token, device);
  step.effects.changes.emplace_back(InsertAttempt{token, key, attempt->worker});
  change(step, key, Run{std::move(attempt)});
}

/// On which device the attempt, if it was taken from the worker, may still be.
int device_of_ending(const Session& session, const AttemptToken& token) {
  const auto found = session.ending.find(token);
  return found == session.ending.end() ? kNoDevice : found->second.device;
}

bool bind(Step& step, JobKey key, Attempt& attempt, SessionId session, std::optional<int> device) {
  if (attempt.session && *attempt.session != session) return false;
  Workers& workers = step.core.workers;
  if (!attempt.session) {
    if (!device) device = device_of_ending(*workers.find(session), attempt.token);
    workers.ended(session, attempt.token);
    attempt.session = session;
    attempt.worker = workers.find(session)->hello.name;
    attempt.use.device = *device;
    workers.occupy(session, key, attempt.use);
  } else if (device && *device != attempt.use.device) {
    attempt.use.device = *device;
    workers.occupy(session, key, attempt.use);
  }
  if (attempt.use.device != kNoDevice)
    attempt.device =
        workers.find(session)->hello.devices[static_cast<std::size_t>(attempt.use.device)].device;
  renew_lease(step, key);
  return true;
}

}  // namespace

void grant(Step& step, JobKey key, const Target& target) {
  Core& core = step.core;
  const auto& [session, device] = target;
  const AttemptToken token{core.boot_epoch, core.next_sequence++};
  run(step, key, session, token, device);
  core.workers.take_credit(session, device);
  ++core.counters.leases;
  const Job& job = core.catalogue.at(key);
  core.workers.used_dataset(session, device, core.needs.at(job.needs).dataset);
  const auto& devices = core.workers.find(session)->hello.devices;
  step.effects.messages.emplace_back(SendLease{session,
                                               key,
                                               token,
                                               inputs_of(core.catalogue, job),
                                               {devices[static_cast<std::size_t>(device)].device}});
}

void lose(Step& step, JobKey key, const std::string& why) {
  Job& job = step.core.catalogue.at(key);
  const Attempt& attempt = *running_attempt(job);
  if (attempt.session) step.core.workers.add_ending(*attempt.session, attempt.token, attempt.use);
  step.effects.changes.emplace_back(EndAttempt{attempt.token, key, "lost", why});
  ++job.edit_past().workers_lost;
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

bool renew_attempt(Step& step, SessionId session, const AttemptToken& token, std::optional<int> device) {
  const auto found = step.core.attempts.find(token);
  if (found == step.core.attempts.end()) return false;
  const JobKey key = found->second;
  Job& job = step.core.catalogue.at(key);
  // A resume that reaches the job only now takes the attempt back by itself.
  if (running_attempt(job) == nullptr) settle_job(step, key);
  if (Attempt* attempt = running_attempt(job))
    return attempt->token == token && bind(step, key, *attempt, session, device);
  if (std::holds_alternative<Paused>(job.phase) || !step.core.attempts.contains(token)) return false;
  if (!device) device = device_of_ending(*step.core.workers.find(session), token);
  step.core.workers.ended(session, token);
  run(step, key, session, token, *device);
  return true;
}

}  // namespace spin::core
