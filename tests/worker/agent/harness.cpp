#include "tests/worker/agent/harness.h"

namespace spin::agent {

AgentSettings test_settings(int slots) {
  AgentSettings settings;
  settings.hello = WorkerHello{"w1", "0.1.0", "host", {{"cpu"}}, slots, 2, 42, {}, {}, "start"};
  settings.data = "/data";
  settings.scratch = "/scratch";
  settings.seed = 7;
  settings.checkpoint_seconds = 7;
  return settings;
}

LeasedJob lease_of(std::int64_t sequence) {
  LeasedJob lease;
  lease.attempt = {3, sequence};
  lease.job.digest.bytes[0] = static_cast<std::uint8_t>(sequence);
  lease.name = "job" + std::to_string(sequence);
  lease.config = "{\"seed\":" + std::to_string(sequence) + "}";
  lease.root = "/named";
  return lease;
}

Received leased(const LeasedJob& job, const std::string& device) { return {Lease{{job}, {device}}}; }

ArtifactRef artifact_of(std::uint8_t byte, ArtifactKind kind) {
  ArtifactRef artifact;
  artifact.id.digest.bytes[0] = byte;
  artifact.kind = kind;
  artifact.bytes = 100;
  return artifact;
}

ReadyEvent ready_event() { return {"0.1.0", "1.13.1", "OpenBLAS", "cpu", 2}; }

FinishedEvent finished_event() {
  return {JobResult{Outcome::completed,
                    {{Metric::top1, 90},
                     {Metric::top5, 99},
                     {Metric::params, 1000},
                     {Metric::flops, 2000},
                     {Metric::images_per_second, 3000},
                     {Metric::peak_bytes, 4000},
                     {Metric::seconds, 5}}},
          {{ArtifactKind::model, "/scratch/3-1/model.safetensors"}}};
}

EpochEvent epoch_event(int epoch) {
  return {EpochMetrics{epoch,
                       {{Metric::loss, 0.5},
                        {Metric::top1, 80},
                        {Metric::top5, 95},
                        {Metric::images_per_second, 1000},
                        {Metric::seconds, 2}}}};
}

Harness::Harness(int slots, std::vector<SequencedReport> outbox)
    : Harness(test_settings(slots), std::move(outbox)) {}

Harness::Harness(AgentSettings chosen, std::vector<SequencedReport> outbox)
    : settings(std::move(chosen)), now(Now{} + std::chrono::hours(1)), agent(settings, now) {
  step(Begin{std::move(outbox)});
}

const Effects& Harness::step(const Event& event) {
  last_ = agent.handle(event, now);
  every_.insert(every_.end(), last_.begin(), last_.end());
  for (const auto& broken : agent.check_invariants()) ADD_FAILURE() << broken;
  return last_;
}

void Harness::pass(Millis time) {
  now += time;
  step(TimePassed{});
}

void Harness::run_for(Millis time) {
  const Now end = now + time;
  Effects gathered;
  for (auto next = agent.next_deadline(); next && *next <= end; next = agent.next_deadline()) {
    now = std::max(now, *next);
    step(TimePassed{});
    gathered.insert(gathered.end(), last_.begin(), last_.end());
  }
  now = end;
  last_ = std::move(gathered);
}

void Harness::welcome() { step(Received{Welcome{SessionId{1}, 3, 15'000, 3'000}}); }

void Harness::ready(int slot) { say(ready_event(), slot); }

void Harness::start_training(const LeasedJob& lease) {
  welcome();
  step(leased(lease));
  ready();
}

void Harness::finish_training() {
  say(finished_event());
  step(ArtifactKept{{3, 1}, artifact_of(9, ArtifactKind::model)});
}

void Harness::persist() {
  std::uint64_t highest = 0;
  for (const auto& kept : all<Persist>()) highest = std::max(highest, kept.report.sequence);
  step(Persisted{highest});
}

void Harness::acknowledge_all() {
  std::vector<std::uint64_t> sequences;
  for (const auto& report : ever_sent<SequencedReport>()) {
    if (report.sequence > 0) sequences.push_back(report.sequence);
  }
  for (const auto sequence : sequences) step(Received{ReportAck{sequence}});
}

std::string Harness::said() const {
  std::string text;
  for (const auto& say_ : all<Say>()) text += say_.text + "\n";
  return text;
}

std::optional<Exit> Harness::exit() const {
  const auto exits = all<Exit>();
  return exits.empty() ? std::nullopt : std::optional(exits.front());
}

}  // namespace spin::agent
