#include "server/core/sessions.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "schema/base/version.h"
#include "server/core/leases.h"

namespace spin::core {
namespace {

void close(Step& step, SessionId session, Error error) {
  step.effects.messages.emplace_back(CloseSession{session, std::move(error)});
}

bool may_replace(const Step& step, const Session& old, const WorkerHello& hello) {
  return old.hello.instance == hello.instance ||
         step.now - old.heard > 2 * std::chrono::milliseconds(step.core.settings.heartbeat_ms);
}

/// Containers may share a host name and have a process of every number each.
std::string twin_note(const WorkerHello& one, const WorkerHello& other) {
  const bool looks_the_same = one.host == other.host && one.pid == other.pid;
  return looks_the_same ? " (in another container than this worker's)" : "";
}

std::optional<Error> reason_to_refuse(const Step& step, const WorkerHello& hello) {
  if (hello.version != kVersion)
    return Error{ErrorCode::failed_precondition, "worker '" + hello.name + "' is spin " + hello.version +
                                                     " and the coordinator is spin " + std::string(kVersion) +
                                                     "; run the same version on both"};
  if (hello.name.empty())
    return Error{ErrorCode::invalid_argument, "a worker needs a name; give one with --name"};
  const Session* old = step.core.workers.find(hello.name);
  if (old != nullptr && !may_replace(step, *old, hello))
    return Error{ErrorCode::already_exists, "worker name '" + hello.name + "' is in use by " +
                                                old->hello.host + " pid " + std::to_string(old->hello.pid) +
                                                twin_note(old->hello, hello) + "; give another with --name"};
  return std::nullopt;
}

/// Attempts that the coordinator gave to this worker and that the worker does not have: it was started anew,
/// or never got them. In the order of their age.
std::vector<JobKey> missing_attempts(const Core& core, const WorkerHello& hello) {
  std::vector<std::pair<AttemptToken, JobKey>> missing;
  for (const auto& [token, key] : core.attempts) {
    const Attempt* attempt = running_attempt(core.catalogue.at(key));
    if (attempt == nullptr || attempt->token != token || attempt->worker != hello.name) continue;
    const bool is_held = std::any_of(hello.held.begin(), hello.held.end(),
                                     [&](const HeldAttempt& held) { return held.attempt == token; });
    if (!is_held) missing.emplace_back(token, key);
  }
  std::sort(missing.begin(), missing.end());
  std::vector<JobKey> keys;
  for (const auto& [token, key] : missing) keys.push_back(key);
  return keys;
}

/// Of an attempt of which a worker says that it has it, where nothing is remembered of that worker. What we
/// know nothing of may have all of the device.
std::int64_t memory_of(const Core& core, const AttemptToken& token, const WorkerHello& hello, int device) {
  const auto found = core.attempts.find(token);
  if (found == core.attempts.end())
    return device == kNoDevice ? 0 : hello.devices[static_cast<std::size_t>(device)].memory_bytes;
  const Job& job = core.catalogue.at(found->second);
  return memory_needed(core, core.catalogue.owner_of(job), job.needs);
}

bool is_saving(const Core& core, const AttemptToken& token) {
  const auto found = core.attempts.find(token);
  return found != core.attempts.end() &&
         std::holds_alternative<Paused>(core.catalogue.at(found->second).phase);
}

}  // namespace

void attach(Step& step, const WorkerAttached& event) {
  Core& core = step.core;
  if (auto error = reason_to_refuse(step, event.hello)) {
    close(step, event.session, std::move(*error));
    return;
  }
  if (const Session* old = core.workers.find(event.hello.name)) {
    close_session(step, old->id,
                  {ErrorCode::unavailable, "worker '" + event.hello.name + "' has connected anew"});
  }
  const bool remembered = core.workers.add(event.session, event.hello, step.now);
  for (const HeldAttempt& held : event.hello.held) {
    const int device = core.workers.find(event.session)->device_of(held);
    const auto memory = remembered ? 0 : memory_of(core, held.attempt, event.hello, device);
    core.workers.add_ending(event.session, held.attempt, {device, memory});
  }
  step.effects.changes.emplace_back(UpsertWorker{event.hello});
  tell(step, event.session,
       Welcome{event.session, core.boot_epoch, core.settings.lease_ms, core.settings.heartbeat_ms});
  if (core.workers.find(event.session)->draining) tell(step, event.session, DrainRequest{});
  for (const JobKey key : missing_attempts(core, event.hello))
    lose(step, key, "worker '" + event.hello.name + "' came back without it");
  reconcile(step, event.session, event.hello.held);
}

void detach(Step& step, SessionId session) {
  Workers& workers = step.core.workers;
  const Session* gone = workers.find(session);
  if (gone == nullptr) return;
  while (!gone->busy.empty()) {
    const JobKey key = gone->busy.begin()->first;
    Attempt& attempt = *running_attempt(step.core.catalogue.at(key));
    attempt.session.reset();
    workers.release(session, key);
    workers.add_ending(session, attempt.token, attempt.use);
  }
  workers.remove(session);
}

void close_session(Step& step, SessionId session, Error error) {
  detach(step, session);
  close(step, session, std::move(error));
}

void reconcile(Step& step, SessionId session, const std::vector<HeldAttempt>& running) {
  step.core.workers.keep_ending(session, running);
  for (const HeldAttempt& held : running) {
    const AttemptToken& token = held.attempt;
    if (renew_attempt(step, session, token, step.core.workers.find(session)->device_of(held))) continue;
    if (is_saving(step.core, token))
      tell(step, session, StopAttempt{token, "the job is paused", true});
    else
      tell(step, session,
           StopAttempt{token, "no longer wanted: the job is done or cancelled, or another attempt runs it",
                       false});
  }
}

void drain(Step& step, const DrainRequested& event) {
  const Session* session = step.core.workers.find(event.worker);
  if (session == nullptr) {
    std::string names;
    for (const auto& [id, other] : step.core.workers.all())
      names += (names.empty() ? "" : ", ") + other.hello.name;
    refuse(step, event.request,
           {ErrorCode::not_found, "no worker '" + event.worker + "' is attached; " +
                                      (names.empty() ? "there is none at all" : "there are " + names)});
    return;
  }
  step.core.workers.ask_to_drain(session->id);
  tell(step, session->id, DrainRequest{});
  step.effects.messages.emplace_back(DrainAccepted{event.request, static_cast<int>(session->busy.size())});
}

}  // namespace spin::core
