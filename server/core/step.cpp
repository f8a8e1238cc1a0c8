#include "server/core/step.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/core/status.h"

namespace spin::core {
namespace {

void file_running(Core& core, JobKey key, const Attempt& attempt) {
  core.attempts[attempt.token] = key;
  core.timers.set({attempt.deadline, key});
  if (attempt.session) core.workers.occupy(*attempt.session, key, attempt.use);
}

void take_place(Core& core, JobKey key) {
  const Job& job = core.catalogue.at(key);
  if (std::holds_alternative<Ready>(job.phase)) core.ready.insert(place_of(core, key), key);
  if (std::holds_alternative<Running>(job.phase)) core.ready.count_running(place_of(core, key).sweep, 1);
}

void leave_place(Core& core, JobKey key) {
  const Job& job = core.catalogue.at(key);
  if (std::holds_alternative<Ready>(job.phase)) core.ready.erase(place_of(core, key), key);
  if (std::holds_alternative<Running>(job.phase)) core.ready.count_running(place_of(core, key).sweep, -1);
}

void unfile_phase(Core& core, JobKey key) {
  const Job& job = core.catalogue.at(key);
  if (const auto lost = lost_attempt(job)) core.attempts.erase(*lost);
  leave_place(core, key);
  if (const auto* backoff = std::get_if<Backoff>(&job.phase)) core.timers.clear({backoff->wait->until, key});
  if (const Attempt* attempt = running_attempt(job)) {
    core.attempts.erase(attempt->token);
    core.timers.clear({attempt->deadline, key});
    if (attempt->session) core.workers.release(*attempt->session, key);
  }
}

/// After a change of the job's phase. `share`: of the attempt that ended with it.
void keep_share(Core& core, JobKey key, std::optional<double> share) {
  const Job& job = core.catalogue.at(key);
  const bool is_paused = std::holds_alternative<Paused>(job.phase);
  const bool goes_on = is_paused || (is_live(state_of(job.phase)) && job.artifact(ArtifactKind::checkpoint));
  if (share && goes_on && !std::holds_alternative<Running>(job.phase))
    core.kept_shares[key] = *share;
  else if (!goes_on && !std::holds_alternative<Running>(job.phase))
    core.kept_shares.erase(key);
}

constexpr std::size_t kMostDefects = 100;

void note_defect(Core& core, std::string sentence) {
  ++core.counters.defects;
  const bool is_known = std::find(core.defects.begin(), core.defects.end(), sentence) != core.defects.end();
  if (!is_known && core.defects.size() < kMostDefects) core.defects.push_back(std::move(sentence));
}

}  // namespace

void file_phase(Core& core, JobKey key) {
  const Job& job = core.catalogue.at(key);
  if (const auto lost = lost_attempt(job)) core.attempts[*lost] = key;
  take_place(core, key);
  if (const auto* backoff = std::get_if<Backoff>(&job.phase)) core.timers.set({backoff->wait->until, key});
  if (const Attempt* attempt = running_attempt(job)) file_running(core, key, *attempt);
}

ReadyQueue::Place place_of(const Core& core, JobKey key) {
  const Job& job = core.catalogue.at(key);
  const Sweep* owner = core.catalogue.owner_of(job);
  ReadyQueue::Place place{owner == nullptr ? 0 : owner->priority, owner == nullptr ? SweepId{} : owner->id,
                          job.needs};
  if (core.own_priority.empty()) return place;
  if (const auto own = core.own_priority.find(key); own != core.own_priority.end())
    place.priority = own->second;
  return place;
}

std::int64_t memory_needed(const Core& core, const Sweep* owner, NeedsId needs) {
  if (owner != nullptr && owner->requirements.memory_bytes) return *owner->requirements.memory_bytes;
  return core.needs.at(needs).memory_bytes;
}

void leave_places(Core& core, std::span<const JobKey> keys) {
  for (const JobKey key : keys) leave_place(core, key);
}

void take_places(Core& core, std::span<const JobKey> keys) {
  for (const JobKey key : keys) take_place(core, key);
}

void change(Step& step, JobKey key, JobInput input, const std::string& reason) {
  Core& core = step.core;
  Job& job = core.catalogue.at(key);
  const JobState before = state_of(job.phase);
  const Attempt* ending = running_attempt(job);
  const auto share = ending == nullptr ? std::nullopt : share_done(*ending);
  unfile_phase(core, key);
  const Status moved = transition(job.phase, std::move(input));
  file_phase(core, key);
  if (!moved.ok()) {
    note_defect(core, "job " + std::to_string(key.value) + ": " + moved.error().message);
    return;
  }
  const JobState after = state_of(job.phase);
  if (!is_live(after)) core.last_failed_on.erase(key);
  if (before == JobState::running || !core.kept_shares.empty()) keep_share(core, key, share);
  if (after == before && reason.empty()) return;
  core.catalogue.count(job, before, after);
  const JobPast& past = job.past();
  step.effects.changes.emplace_back(
      SetJobState{key, after, reason, past.failures, past.trainer_deaths, past.workers_lost});
}

const Attempt* running_attempt(const Job& job) {
  const auto* running = std::get_if<Running>(&job.phase);
  return running == nullptr ? nullptr : running->attempt.get();
}

Attempt* running_attempt(Job& job) { return const_cast<Attempt*>(running_attempt(std::as_const(job))); }

std::vector<JobKey> running_jobs(const Core& core, const Sweep& sweep) {
  std::vector<JobKey> keys;
  if (sweep.counts.running == 0) return keys;
  for (const auto& [token, key] : core.attempts) {
    const Job& job = core.catalogue.at(key);
    const Attempt* attempt = running_attempt(job);
    if (attempt != nullptr && attempt->token == token && job.sweeps.contains(sweep.id)) keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::optional<AttemptToken> lost_attempt(const Job& job) {
  if (const auto* ready = std::get_if<Ready>(&job.phase)) return ready->lost.get();
  if (const auto* backoff = std::get_if<Backoff>(&job.phase)) return backoff->wait->lost.get();
  if (const auto* paused = std::get_if<Paused>(&job.phase)) return paused->saving.get();
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

void stop_running(Step& step, JobKey key, const std::string& reason, bool keep) {
  const Attempt& attempt = *running_attempt(step.core.catalogue.at(key));
  if (attempt.session) {
    tell(step, *attempt.session, StopAttempt{attempt.token, reason, keep});
    step.core.workers.add_ending(*attempt.session, attempt.token, attempt.use);
  }
  step.effects.changes.emplace_back(EndAttempt{attempt.token, key, "stopped", reason});
}

void note_data(Step& step, const Job& job, const DataState& state) {
  if (state.fingerprint.empty()) return;
  const std::string& dataset = step.core.needs.at(job.needs).dataset;
  if (step.core.data.see(dataset, state)) step.effects.changes.emplace_back(NoteData{dataset, state});
}

void refuse(Step& step, std::uint64_t request, Error error) {
  step.effects.messages.emplace_back(RequestRefused{request, std::move(error)});
}

}  // namespace spin::core
