#include "tests/server/core/harness.h"

#include <utility>

namespace spin::core {

std::vector<Message> Harness::send(const Event& event) {
  Effects effects = coordinator->handle(event, now);
  store.apply(effects.changes);
  changes = std::move(effects.changes);
  last = std::move(effects.messages);
  check();
  for (const auto& lease : all_of<SendLease>(last)) check_lease(lease);
  return last;
}

void Harness::check() {
  for (const auto& sentence : coordinator->check_invariants()) ADD_FAILURE() << sentence;
  for (const auto& [key, row] : store.jobs())
    if (coordinator->job_state(key) != row.job.state)
      ADD_FAILURE() << "job " << key.value << " is stored otherwise";
}

void Harness::check_lease(const SendLease& lease) const {
  const StoredJob& job = store.job(lease.job).job;
  std::vector<InputArtifact> inputs;
  if (const auto checkpoint = artifact_in(job.artifacts, ArtifactKind::checkpoint))
    inputs.push_back({InputRole::resume, *checkpoint});
  for (const auto& [role, source] : job.inputs) {
    EXPECT_EQ(store.job(source).job.state, JobState::completed);
    if (const auto model = artifact_in(store.job(source).job.artifacts, ArtifactKind::model))
      inputs.push_back({role, *model});
  }
  EXPECT_EQ(lease.inputs, inputs);
}

std::vector<Message> Harness::advance(std::int64_t ms) {
  const Now until = now + std::chrono::milliseconds(ms);
  std::vector<Message> messages;
  for (auto due = coordinator->next_deadline(); due && *due <= until; due = coordinator->next_deadline()) {
    now = std::max(now, *due);
    send(TimePassed{});
    messages.insert(messages.end(), last.begin(), last.end());
    const auto next = coordinator->next_deadline();
    if (next && *next <= now) {
      ADD_FAILURE() << "TimePassed leaves a deadline that is over";
      break;
    }
  }
  now = until;
  return messages;
}

int Harness::settle() {
  int parts = 0;
  for (; coordinator->is_unsettled() && parts < 10'000; ++parts) send(SettleOn{});
  return parts;
}

void Harness::restart() {
  coordinator = store.boot(settings_, now);
  check();
}

void Harness::die_in(const Event& event) {
  coordinator->handle(event, now);
  restart();
}

JobRow Harness::row(const std::string& label) const {
  JobRow row;
  row.id = stored(label).id;
  row.state = stored(label).state;
  row.reason = stored(label).reason;
  coordinator->annotate({&row, 1}, now);
  return row;
}

SweepId Harness::submit(const PlanOf& plan, bool replace) {
  send(SweepSubmitted{++last_request_, plan.plan(), "", {}, 0, replace});
  const auto accepted = all_of<SubmitAccepted>(last);
  if (accepted.size() != 1 || accepted[0].request != last_request_) {
    ADD_FAILURE() << "the submission was not accepted";
    return {};
  }
  EXPECT_EQ(accepted[0].jobs, static_cast<std::int64_t>(plan.plan()->jobs.size()));
  return accepted[0].sweep;
}

Error Harness::submit_refused(const PlanOf& plan) {
  send(SweepSubmitted{++last_request_, plan.plan(), "", {}, 0, false});
  EXPECT_TRUE(changes.empty()) << "nothing of a refused sweep is stored";
  const auto refused = all_of<RequestRefused>(last);
  EXPECT_EQ(refused.size(), 1U);
  return refused.empty() ? Error{} : refused[0].error;
}

std::int64_t Harness::steer(Target target, const steer::Action& action) {
  send(SteerRequested{++last_request_, target, action});
  const auto accepted = all_of<SteerAccepted>(last);
  EXPECT_EQ(accepted.size(), 1U);
  return accepted.empty() ? -1 : accepted[0].jobs;
}

Error Harness::steer_refused(Target target, const steer::Action& action) {
  send(SteerRequested{++last_request_, target, action});
  EXPECT_TRUE(changes.empty());
  const auto refused = all_of<RequestRefused>(last);
  EXPECT_EQ(refused.size(), 1U);
  return refused.empty() ? Error{} : refused[0].error;
}

WorkerHello Harness::hello(const std::string& name, int slots) {
  WorkerHello hello;
  hello.name = name;
  hello.version = kVersion;
  hello.host = "host-of-" + name;
  hello.devices = {{"cpu"}};
  hello.slots = slots;
  hello.pid = 100;
  hello.instance = "first start of " + name;
  return hello;
}

std::vector<HeldAttempt> Harness::on_cpu(const std::vector<AttemptToken>& tokens) {
  std::vector<HeldAttempt> held;
  for (const AttemptToken& token : tokens) held.push_back({token, {"cpu"}});
  return held;
}

SessionId Harness::attach(const WorkerHello& worker) {
  const SessionId session = next_session();
  send(WorkerAttached{session, worker});
  const auto welcomes = all_of<Welcome>(last);
  EXPECT_EQ(welcomes.size(), 1U) << "worker " << worker.name << " was not let in";
  if (!welcomes.empty()) {
    EXPECT_EQ(welcomes[0].session, session);
  }
  return session;
}

Error Harness::attach_refused(const WorkerHello& worker) {
  const SessionId session = next_session();
  send(WorkerAttached{session, worker});
  EXPECT_TRUE(changes.empty());
  EXPECT_TRUE(all_of<Welcome>(last).empty());
  const auto closed = all_of<CloseSession>(last);
  EXPECT_EQ(closed.size(), 1U);
  if (closed.empty()) return {};
  EXPECT_EQ(closed[0].session, session);
  return closed[0].error;
}

std::vector<SendLease> Harness::credits(SessionId session, std::vector<int> free) {
  return all_of<SendLease>(say(session, Credits{std::move(free)}));
}

SendLease Harness::lease_to(const std::string& worker) {
  const auto leases = credits(attach(worker), 1);
  EXPECT_EQ(leases.size(), 1U) << "worker " << worker << " got no lease";
  return leases.empty() ? SendLease{} : leases[0];
}

std::vector<Message> Harness::report(const SendLease& lease, ReportBody body, std::uint64_t sequence) {
  return say(lease.session,
             SequencedReport{sequence, {store.job(lease.job).job.id, lease.attempt, std::move(body)}});
}

std::vector<Message> Harness::finish(const SendLease& lease, Outcome outcome) {
  AttemptFinished finished;
  finished.result.outcome = outcome;
  if (outcome == Outcome::completed)
    finished.outputs = {{artifact_id("model" + std::to_string(lease.job.value)), ArtifactKind::model, 7}};
  return report(lease, finished);
}

std::vector<Message> Harness::fail(const SendLease& lease, FailureKind kind, const std::string& message) {
  return report(lease, AttemptFailed{kind, message});
}

}  // namespace spin::core
