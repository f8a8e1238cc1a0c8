#include "client/render/listings.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "client/render/job_report.h"
#include "client/render/progress.h"

namespace spin::render {
namespace {

using nlohmann::json;

std::string written(const Table& table, Format format, std::size_t width = 0) {
  std::ostringstream out;
  write_table(out, table, format, {.width = width});
  return out.str();
}

JobRow job_row() {
  JobRow row;
  row.id.digest.bytes.fill(0xAB);
  row.name = "convmixer-64-8-4-3.unshared.s0";
  row.state = JobState::failed;
  row.reason = "no such folder: /data/fashion-mnist";
  row.params = 42'314;
  row.flops = 2'000'000;
  row.attempts = 3;
  row.worker = "w1";
  return row;
}

TEST(Jobs, JsonAndCsvCarryTheWholeHash) {
  const std::vector<JobRow> rows{job_row()};
  const auto parsed = json::parse(written(jobs_table(rows), Format::json));
  EXPECT_EQ(parsed[0],
            json::parse(R"({"job": "abababababababababababababababababababababababababababababababab",
      "name": "convmixer-64-8-4-3.unshared.s0", "state": "failed", "priority": 0, "params": 42314, "flops": 2000000, "share_done": null, "top1": null,
      "seconds": null, "attempts": 3, "worker": "w1", "reason": "no such folder: /data/fashion-mnist"})"));
  EXPECT_EQ(written(jobs_table(rows), Format::csv),
            "job,name,state,priority,params,flops,share_done,top1,seconds,attempts,worker,reason\r\n"
            "abababababababababababababababababababababababababababababababab,convmixer-64-8-4-3.unshared.s0,"
            "failed,"
            "0,42314,2000000,,,,3,w1,no such folder: /data/fashion-mnist\r\n");
}

TEST(Jobs, ShowHowFarThoseThatRunAreAndWhyOthersWait) {
  std::vector<JobRow> rows{job_row(), job_row()};
  EXPECT_EQ(written(jobs_table(rows), Format::table).find("done"), std::string::npos);
  rows[0].state = JobState::running;
  rows[0].share_done = 0.421;
  rows[1].state = JobState::ready;
  rows[1].reason = "until a worker is free";
  const auto table = written(jobs_table(rows), Format::table);
  EXPECT_NE(table.find("42.1 %"), std::string::npos) << table;
  EXPECT_NE(table.find("until a worker is free"), std::string::npos) << table;
}

TEST(Jobs, PriorityIsShownWhereOneHasIt) {
  std::vector<JobRow> rows{job_row(), job_row()};
  EXPECT_EQ(written(jobs_table(rows), Format::table).find("priority"), std::string::npos);
  rows[1].priority = -5;
  const auto table = written(jobs_table(rows), Format::table);
  EXPECT_NE(table.find("priority"), std::string::npos) << table;
  EXPECT_NE(table.find("-5"), std::string::npos) << table;
}

TEST(StatusListing, CountsForMachinesAndASummaryForPeople) {
  SweepStatus status;
  status.id = SweepId{3};
  status.name = "tiny";
  status.submitted_at_ms = 1'000'000;
  status.counts.completed = 3;
  status.counts.failed = 1;
  status.counts.blocked = 2;
  status.counts.running = 2;
  status.work_done = 30;
  status.work_total = 60;
  status.seconds_left = 72;
  const std::vector<SweepStatus> rows{status};
  EXPECT_EQ(written(status_table(rows, 1'090'000), Format::table),
            "sweep  name    work  jobs  running  failed    left   submitted\n"
            "    3  tiny  50.0 %   3/8        2       3  1m 12s  1m 30s ago\n");
  EXPECT_EQ(json::parse(written(status_table(rows, 1'090'000), Format::json))[0],
            json::parse(R"({"id": 3, "name": "tiny", "share_done": 0.5, "total": 8, "waiting": 0, "ready": 0,
                "backoff": 0, "running": 2, "completed": 3, "diverged": 0, "failed": 1, "blocked": 2, "cancelled": 0,
                "paused": 0, "is_paused": false, "is_cancelled": false, "priority": 0, "seconds_left": 72.0, "submitted_at_ms": 1000000,
                "jobs_to_come": 0, "hint": null})"));
}

TEST(StatusListing, ALargeSweepIsBeingStored) {
  SweepStatus status;
  status.name = "large";
  status.counts.ready = 10;
  status.jobs_to_come = 90;
  status.hint = "no worker is attached";
  const std::vector<SweepStatus> rows{status};
  const auto table = written(status_table(rows, 0), Format::table);
  EXPECT_NE(table.find("0/100"), std::string::npos) << table;
  EXPECT_NE(table.find("storing 10.0 %"), std::string::npos) << table;
  const auto row = json::parse(written(status_table(rows, 0), Format::json))[0];
  EXPECT_EQ(row.at("total"), 10);
  EXPECT_EQ(row.at("jobs_to_come"), 90);
  EXPECT_EQ(row.at("hint"), "no worker is attached");
  EXPECT_EQ(progress_line(status),
            "large: 0.0 %, 0 of 10 done, 10 ready, 90 still being stored: no worker is attached");
}

TEST(StatusListing, PausedSweepsAndPrioritiesAreShownWhereThereAreAny) {
  SweepStatus status;
  status.id = SweepId{3};
  status.name = "tiny";
  status.counts.completed = 1;
  status.counts.paused = 3;
  status.paused = true;
  status.priority = 10;
  status.seconds_left = 72;
  std::vector<SweepStatus> rows{status};
  EXPECT_EQ(written(status_table(rows, 0), Format::table),
            "sweep  name    work  jobs  running  failed  paused  priority    left  submitted\n"
            "    3  tiny  25.0 %   1/4        0       0       3        10  paused        now\n");
  const auto parsed = json::parse(written(status_table(rows, 0), Format::json))[0];
  EXPECT_EQ(parsed["paused"], 3);
  EXPECT_EQ(parsed["is_paused"], true);
  EXPECT_EQ(parsed["priority"], 10);
  EXPECT_EQ(parsed["seconds_left"], nullptr);
  rows[0].counts = {};
  rows[0].counts.completed = 4;
  EXPECT_EQ(written(status_table(rows, 0), Format::table).find("paused"), std::string::npos)
      << "a sweep that is done is not held up by its pause";
}

TEST(StatusListing, ACancelledSweepSaysSo) {
  SweepStatus status;
  status.name = "tiny";
  status.counts.completed = 1;
  status.counts.cancelled = 3;
  status.cancelled = true;
  const std::vector<SweepStatus> rows{status};
  EXPECT_NE(written(status_table(rows, 0), Format::table).find("  cancelled  "), std::string::npos);
  EXPECT_EQ(json::parse(written(status_table(rows, 0), Format::json))[0].at("is_cancelled"), true);
}

TEST(StatusListing, ShareDoneWithoutPredictionCountsJobs) {
  SweepStatus status;
  EXPECT_EQ(share_done(status), 0);
  status.counts.completed = 1;
  status.counts.ready = 3;
  EXPECT_EQ(share_done(status), 0.25);
  status.work_total = 10;
  status.work_done = 11;
  EXPECT_EQ(share_done(status), 1);
}

TEST(WorkersListing, TableAndJson) {
  const std::vector<WorkerRow> rows{{"w1", "host", "0.1.0", "online", {"cpu"}, 2, 1, 4, 17, 1'000'000}};
  EXPECT_EQ(written(workers_table(rows, 1'005'000), Format::table),
            "worker  state   host  devices  busy  threads  jobs done  version    seen\n"
            "w1      online  host  cpu       1/2        4         17  0.1.0    5s ago\n");
  const auto parsed = json::parse(written(workers_table(rows, 0), Format::json))[0];
  EXPECT_EQ(parsed["busy"], 1);
  EXPECT_EQ(parsed["devices"], json::parse(R"(["cpu"])"));
}

TEST(WorkersListing, LabelsMemoryAndTheReasonOfAQuarantine) {
  WorkerRow row{"gpu1", "host", "0.1.0", "quarantined", {"cuda:0", "cuda:1"}, 4, 1, 1, 17, 1'000'000};
  row.labels = {"a100", "fast"};
  row.memory_bytes = std::int64_t{40} << 30;
  row.memory_used_bytes = std::int64_t{3} << 29;
  row.reason = "5 jobs failed in a row";
  const std::vector<WorkerRow> rows{row};
  EXPECT_EQ(
      written(workers_table(rows, 1'005'000), Format::table),
      "worker  state        host  devices         busy  threads               memory  labels     jobs done  "
      "version    seen  reason\n"
      "gpu1    quarantined  host  cuda:0, cuda:1   1/4        1  1.5 GiB of 40.0 GiB  a100 fast         17  "
      "0.1.0    5s ago  5 jobs failed in a row\n");
  const auto parsed = json::parse(written(workers_table(rows, 0), Format::json))[0];
  EXPECT_EQ(parsed["memory_bytes"], std::int64_t{40} << 30);
  EXPECT_EQ(parsed["memory_used_bytes"], std::int64_t{3} << 29);
  EXPECT_EQ(parsed["labels"], json::parse(R"(["a100", "fast"])"));
  EXPECT_EQ(parsed["reason"], "5 jobs failed in a row");
}

JobDetail detail() {
  JobDetail job;
  job.row = job_row();
  job.config = R"({"seed":0})";
  job.sweeps = {"tiny"};
  job.attempts = {{{1, 7}, "w1", "failed", "trainer said no", 1000, 3500},
                  {{2, 1}, "w1", "running", "", 4000, {}}};
  job.epochs = {{1,
                 {{Metric::loss, 2.25},
                  {Metric::top1, 40.5},
                  {Metric::top5, 90},
                  {Metric::images_per_second, 1900},
                  {Metric::seconds, 3.5},
                  {Metric::data_seconds, 0.25},
                  {Metric::forward_seconds, 1},
                  {Metric::backward_seconds, 1.5},
                  {Metric::step_seconds, 0.25},
                  {Metric::evaluation_seconds, 0.5}}},
                {2, {{Metric::loss, 2.125}, {Metric::images_per_second, 1900}, {Metric::seconds, 3}}}};
  job.result = JobResult{Outcome::completed,
                         {{Metric::top1, 89.5},
                          {Metric::top5, 99},
                          {Metric::params, 42'314},
                          {Metric::flops, 2'000'000},
                          {Metric::images_per_second, 1900},
                          {Metric::peak_bytes, 1 << 20},
                          {Metric::seconds, 12.5}},
                         {"0123456789abcdef", "12 + 6 images of 2 classes"}};
  job.artifacts = {{{}, ArtifactKind::model, 170'000}, {{}, ArtifactKind::best, 340'000}};
  return job;
}

TEST(JobReport, JsonIsOneObjectWithItsParts) {
  const auto parsed = job_to_json(detail());
  EXPECT_EQ(parsed["state"], "failed");
  EXPECT_EQ(parsed["config"], json::parse(R"({"seed": 0})"));
  EXPECT_EQ(parsed["attempts"][0], json::parse(R"({"attempt": "1.7", "worker": "w1", "state": "failed",
      "started_at_ms": 1000, "ended_at_ms": 3500, "seconds": 2.5, "error": "trainer said no"})"));
  EXPECT_EQ(parsed["attempts"][1]["ended_at_ms"], nullptr);
  EXPECT_EQ(parsed["epochs"][0]["top1"], 40.5);
  EXPECT_EQ(parsed["epochs"][0]["backward_seconds"], 1.5);
  EXPECT_EQ(parsed["epochs"][1]["top1"], nullptr);
  EXPECT_EQ(parsed["epochs"][1]["data_seconds"], nullptr);
  EXPECT_EQ(parsed["result"]["seconds"], 12.5);
  EXPECT_EQ(parsed["result"]["data"], "0123456789abcdef");
  EXPECT_EQ(parsed["artifacts"][0]["kind"], "model");
  EXPECT_EQ(parsed["artifacts"][1]["kind"], "best");
}

TEST(JobReport, SaysWhatTheJobWasTrainedOn) {
  std::ostringstream out;
  write_job_report(out, detail(), Format::table, {.width = 100});
  EXPECT_NE(out.str().find("12 + 6 images of 2 classes (0123456789abcdef)"), std::string::npos) << out.str();
}

TEST(JobReport, ADivergedJobHasNoAccuracy) {
  JobDetail job = detail();
  job.result = JobResult{Outcome::diverged,
                         {{Metric::params, 42'314},
                          {Metric::flops, 2'000'000},
                          {Metric::images_per_second, 1900},
                          {Metric::peak_bytes, 1 << 20},
                          {Metric::seconds, 12.5}}};
  const auto parsed = job_to_json(job);
  EXPECT_EQ(parsed["result"]["outcome"], "diverged");
  EXPECT_EQ(parsed["result"]["top1"], nullptr);
  EXPECT_EQ(parsed["result"]["top5"], nullptr);
}

TEST(JobReport, NarrowTerminalStillShowsTheWholeError) {
  auto job = detail();
  job.attempts[0].error = "train-images-idx3-ubyte.gz: 1000000 bytes where 26421880 were expected";
  std::ostringstream out;
  write_job_report(out, job, Format::table, {.width = 60});
  EXPECT_NE(out.str().find(job.attempts[0].error), std::string::npos) << out.str();
}

}  // namespace
}  // namespace spin::render
