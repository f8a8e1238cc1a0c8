#pragma once

#include <cstdint>
#include <vector>

#include "schema/job/session.h"
#include "schema/job/views.h"

// Values whose every field differs from its default.

namespace spin::samples {

inline Digest digest(std::uint8_t first) {
  Digest value;
  for (std::size_t i = 0; i < value.bytes.size(); ++i) value.bytes[i] = static_cast<std::uint8_t>(first + i);
  return value;
}

inline const AttemptToken kToken{.boot_epoch = 3, .sequence = 17};
inline const EpochMetrics kEpoch{2,
                                 {{Metric::loss, 0.75},
                                  {Metric::top1, 81.5},
                                  {Metric::top5, 99.25},
                                  {Metric::images_per_second, 4321.5},
                                  {Metric::seconds, 1.25},
                                  {Metric::data_seconds, 0.125},
                                  {Metric::forward_seconds, 0.25},
                                  {Metric::backward_seconds, 0.5},
                                  {Metric::step_seconds, 0.0625},
                                  {Metric::evaluation_seconds, 0.375}}};
inline const JobResult kResult{Outcome::completed,
                               {{Metric::top1, 80.5},
                                {Metric::top5, 98.5},
                                {Metric::params, 123'456},
                                {Metric::flops, 7'890'123'456},
                                {Metric::images_per_second, 1000.5},
                                {Metric::peak_bytes, std::int64_t{5} << 32},
                                {Metric::seconds, 60.5}},
                               {"0123456789abcdef", "12 + 6 images of 2 classes"}};
inline const ArtifactRef kCheckpoint{.id = {digest(1)}, .kind = ArtifactKind::checkpoint, .bytes = 1 << 20};
inline const ArtifactRef kModel{.id = {digest(2)}, .kind = ArtifactKind::model, .bytes = 77};
inline const Progress kProgress{.attempt = kToken,
                                .epoch = 1,
                                .epochs = 8,
                                .step = 40,
                                .steps = 320,
                                .loss = 1.5,
                                .images_per_second = 999.5};
inline const WorkerHello kHello{.name = "w1",
                                .version = "0.1.0",
                                .host = "host",
                                .devices = {{"cuda:0", std::int64_t{80} << 30}, {"cpu", 0}},
                                .slots = 2,
                                .threads = 4,
                                .pid = 4242,
                                .held = {{kToken, {"cuda:0"}}, {{4, 1}, {}}},
                                .labels = {"a100", "lab-2"},
                                .instance = "5f3a"};
inline const LeasedJob kLeasedJob{.attempt = kToken,
                                  .job = {digest(9)},
                                  .name = "convmixer-64-8-4-3.none.s0",
                                  .config = "{\"seed\":0}",
                                  .root = "/data/größe",
                                  .inputs = {{InputRole::resume, kCheckpoint}, {InputRole::init, kModel}}};
inline const Lease kLease{{kLeasedJob}, {"cuda:0"}};

inline Report report(ReportBody body) {
  return {.job = {digest(5)}, .attempt = kToken, .body = std::move(body)};
}

inline std::vector<Report> reports() {
  return {report(AttemptStarted{{"0123456789abcdef", "12 + 6 images of 2 classes"}}),
          report(EpochFinished{kEpoch}),
          report(CheckpointStored{.artifact = kCheckpoint, .epoch = 3}),
          report(AttemptFinished{.result = kResult, .outputs = {kModel}}),
          report(AttemptFailed{
              .kind = FailureKind::refused, .message = "stopped", .checkpoint = kCheckpoint, .epoch = 3}),
          report(LogLines{{"one", "two"}})};
}

inline std::vector<WorkerMessage> worker_messages() {
  std::vector<WorkerMessage> messages{
      kHello, Credits{{3, 0}}, Heartbeat{{{kToken, {"cuda:0"}}}, "its disk is full"}, kProgress, Draining{}};
  std::uint64_t sequence = 0;
  for (auto& value : reports()) messages.emplace_back(SequencedReport{++sequence, value});
  return messages;
}

inline std::vector<CoordinatorMessage> coordinator_messages() {
  return {Welcome{.session = {7}, .boot_epoch = 3, .lease_ms = 15'000, .heartbeat_ms = 3'000}, kLease,
          ReportAck{12}, StopAttempt{.attempt = kToken, .reason = "cancelled", .keep = true}, DrainRequest{}};
}

inline JobRow job_row() {
  return {.id = {digest(6)},
          .name = "name",
          .state = JobState::failed,
          .reason = "out of memory",
          .params = 10,
          .flops = 20,
          .attempts = 3,
          .worker = "w1",
          .top1 = 12.5,
          .seconds = 3.5,
          .priority = 6,
          .share_done = 0.25};
}

inline SweepStatus sweep_status() {
  return {.id = {4},
          .name = "sweep",
          .submitted_at_ms = 1'700'000'000'000,
          .counts = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
          .running = {{.job = {digest(6)}, .name = "job", .worker = "w1", .progress = kProgress}},
          .work_done = 1.5,
          .work_total = 9.5,
          .seconds_left = 30.5,
          .paused = true,
          .priority = -3,
          .jobs_to_come = 11,
          .hint = "no worker is attached",
          .cancelled = true};
}

inline JobDetail job_detail() {
  return {.row = job_row(),
          .config = "{}",
          .depends_on = {{digest(8)}},
          .sweeps = {"sweep"},
          .attempts = {{.token = kToken,
                        .worker = "w1",
                        .state = "failed",
                        .error = "out of memory",
                        .started_at_ms = 5,
                        .ended_at_ms = 6}},
          .epochs = {kEpoch},
          .result = kResult,
          .artifacts = {kCheckpoint}};
}

inline ResultRow result_row() {
  return {.network = "64/8/4/3",
          .sharing = "sequential 2",
          .transform = "affine 8",
          .fusion = "mean",
          .settings = "lr=0.01",
          .params = 10,
          .flops = 20,
          .seeds = 3,
          .finished = 2,
          .diverged = 1,
          .top1_mean = 88.5,
          .top1_deviation = 0.25,
          .difference = -1.5,
          .dataset = "imagefolder größe",
          .data = {"ab", "cd"}};
}

inline WorkerRow worker_row() {
  return {.name = "w1",
          .host = "host",
          .version = "0.1.0",
          .state = "online",
          .devices = {"cpu", "cuda:0"},
          .slots = 2,
          .busy = 1,
          .threads = 4,
          .jobs_done = 12,
          .last_seen_ms = 1'700'000'000'000,
          .labels = {"a100"},
          .memory_bytes = 12,
          .memory_used_bytes = 7,
          .reason = "everything failed"};
}

}  // namespace spin::samples
