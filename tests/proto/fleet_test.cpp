#include "proto/wire/fleet.h"

#include <functional>
#include <limits>

#include <gtest/gtest.h>

#include "tests/proto/coverage.h"
#include "tests/proto/samples.h"

namespace spin {
namespace {

using wire::from_wire;
using wire::to_wire;

template <class Wire, class Value>
Wire on_the_wire(const Value& value) {
  Wire message;
  to_wire(value, &message);
  Wire received;
  EXPECT_TRUE(received.ParseFromString(message.SerializeAsString()));
  return received;
}

template <class T>
void expect_refused(const Result<T>& result, const std::string& part) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
}

TEST(WireFleet, EveryWorkerMessageComesBackAsItWas) {
  for (const auto& value : samples::worker_messages()) {
    const auto message = on_the_wire<v1::WorkerMessage>(value);
    EXPECT_EQ(unset_fields(message), std::vector<std::string>{}) << message.DebugString();
    const auto back = from_wire(message);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, value) << message.DebugString();
  }
}

TEST(WireFleet, EveryCoordinatorMessageComesBackAsItWas) {
  for (const auto& value : samples::coordinator_messages()) {
    const auto message = on_the_wire<v1::CoordinatorMessage>(value);
    EXPECT_EQ(unset_fields(message), std::vector<std::string>{}) << message.DebugString();
    const auto back = from_wire(message);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, value) << message.DebugString();
  }
}

TEST(WireFleet, EveryFailureKindAndOutcomeComesBack) {
  for (const auto kind : {FailureKind::job_error, FailureKind::trainer_died, FailureKind::input_lost,
                          FailureKind::refused, FailureKind::permanent}) {
    const Report value = samples::report(AttemptFailed{.kind = kind, .message = "m"});
    EXPECT_EQ(*from_wire(on_the_wire<v1::Report>(value)), value);
  }
  for (const auto outcome : {Outcome::completed, Outcome::diverged}) {
    JobResult result = samples::kResult;
    result.outcome = outcome;
    auto message = on_the_wire<v1::JobResult>(result);
    result.values.keep(measured_of(outcome));
    EXPECT_EQ(*from_wire(message), result) << "a diverged job has no accuracy";
    EXPECT_EQ(*from_wire(on_the_wire<v1::JobResult>(result)), result);
  }
}

TEST(WireFleet, WhatIsOptionalMayBeMissing) {
  LeasedJob job = samples::kLeasedJob;
  job.inputs.clear();
  EXPECT_EQ(*from_wire(on_the_wire<v1::LeasedJob>(job)), job);
  const Lease lease{{job, samples::kLeasedJob}};
  EXPECT_EQ(*from_wire(on_the_wire<v1::Lease>(lease)), lease);
  const Report epoch = samples::report(EpochFinished{{1, {{Metric::loss, 2}}}});
  EXPECT_EQ(*from_wire(on_the_wire<v1::Report>(epoch)), epoch);
  const Report finished = samples::report(AttemptFinished{.result = samples::kResult, .outputs = {}});
  EXPECT_EQ(*from_wire(on_the_wire<v1::Report>(finished)), finished);
}

TEST(WireFleet, ALossThatIsNotANumberIsAllowedInProgressOnly) {
  Progress progress = samples::kProgress;
  progress.loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(from_wire(on_the_wire<v1::WorkerMessage>(WorkerMessage{progress})).ok());
  EpochMetrics epoch = samples::kEpoch;
  epoch.values.set(Metric::loss, std::numeric_limits<double>::quiet_NaN());
  expect_refused(from_wire(on_the_wire<v1::Report>(samples::report(EpochFinished{epoch}))),
                 "report.epoch has no loss");
}

TEST(WireFleet, BytesThatAreNotTextDoNotBreakTheMessage) {
  const Report report = samples::report(LogLines{{"good", std::string("bad \xff\xfe end"), "M\xC3\xBCller"}});
  const auto back = from_wire(on_the_wire<v1::Report>(report));
  ASSERT_TRUE(back.ok());
  const auto& lines = std::get<LogLines>(back->body).lines;
  EXPECT_EQ(lines[0], "good");
  EXPECT_EQ(lines[1], "bad \xEF\xBF\xBD\xEF\xBF\xBD end");
  EXPECT_EQ(lines[2], "M\xC3\xBCller");
}

TEST(WireFleet, TextOfAFailureAndOfALogIsBounded) {
  const Report failed = samples::report(AttemptFailed{FailureKind::job_error, std::string(1 << 20, 'x')});
  EXPECT_EQ(std::get<AttemptFailed>(from_wire(on_the_wire<v1::Report>(failed))->body).message.size(), 4000U);
  const Report log = samples::report(LogLines{{std::string(1 << 20, 'x'), std::string(4096, 'y')}});
  const auto lines = std::get<LogLines>(from_wire(on_the_wire<v1::Report>(log))->body).lines;
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].size(), 4096U);
  EXPECT_EQ(lines[1], std::string(4096, 'y')) << "what is within the bound comes as it is";
}

struct Rejection {
  const char* what;
  std::function<void(v1::WorkerMessage&)> spoil;
  const char* message_part;
};

class WireFleetRejects : public testing::TestWithParam<Rejection> {};

v1::WorkerMessage hello_message() { return on_the_wire<v1::WorkerMessage>(WorkerMessage{samples::kHello}); }
void set_report(v1::WorkerMessage& message, const ReportBody& body) {
  message.Clear();
  to_wire(WorkerMessage{SequencedReport{1, samples::report(body)}}, &message);
}

TEST_P(WireFleetRejects, WithTheFieldInTheMessage) {
  auto message = hello_message();
  ASSERT_TRUE(from_wire(message).ok());
  GetParam().spoil(message);
  expect_refused(from_wire(message), GetParam().message_part);
}

const Rejection kRejections[] = {
    {"NoBody", [](auto& m) { m.Clear(); }, "no body"},
    {"EmptyName", [](auto& m) { m.mutable_hello()->clear_name(); }, "hello.name"},
    {"ControlCharacterInName", [](auto& m) { m.mutable_hello()->set_name("a\033[31m"); }, "hello.name"},
    {"LongName", [](auto& m) { m.mutable_hello()->set_name(std::string(201, 'n')); }, "201 bytes"},
    {"EmptyVersion", [](auto& m) { m.mutable_hello()->clear_version(); }, "hello.version"},
    {"NoSlots", [](auto& m) { m.mutable_hello()->set_slots(0); }, "hello.slots is 0"},
    {"NegativeSlots", [](auto& m) { m.mutable_hello()->set_slots(-2); }, "hello.slots is -2"},
    {"TooManySlots", [](auto& m) { m.mutable_hello()->set_slots(1 << 30); }, "at most 4096"},
    {"TooManySlotsOfAllDevices", [](auto& m) { m.mutable_hello()->set_slots(2049); },
     "hello.slots is 2049 on each of 2 device(s)"},
    {"NoDevices", [](auto& m) { m.mutable_hello()->clear_devices(); }, "hello.devices is empty"},
    {"TooManyDevices",
     [](auto& m) {
       for (int i = 2; i <= 256; ++i)
         m.mutable_hello()->add_devices()->set_device("cuda:" + std::to_string(i));
     },
     "hello.devices are 257"},
    {"NamelessDevice", [](auto& m) { m.mutable_hello()->mutable_devices(1)->clear_device(); },
     "hello.devices has 0 bytes"},
    {"ADeviceTwice", [](auto& m) { m.mutable_hello()->mutable_devices(1)->set_device("cuda:0"); },
     "hello.devices names cuda:0 twice"},
    {"NegativeMemory", [](auto& m) { m.mutable_hello()->mutable_devices(1)->set_memory_bytes(-1); },
     "hello.devices.memory_bytes is -1"},
    {"ControlCharacterInADeviceThatIsHeld",
     [](auto& m) { m.mutable_hello()->mutable_held(0)->set_devices(0, "cuda\n"); }, "hello.held"},
    {"CreditsOfTooManyDevices",
     [](auto& m) {
       for (int i = 0; i <= 256; ++i) m.mutable_credits()->add_free(1);
     },
     "credits.free are 257"},
    {"NoThreads", [](auto& m) { m.mutable_hello()->set_threads(0); }, "hello.threads"},
    {"NegativeCredits", [](auto& m) { m.mutable_credits()->add_free(-1); }, "credits.free is -1"},
    {"ProgressWithoutAttempt", [](auto& m) { m.mutable_progress()->set_epoch(1); }, "progress.attempt"},
    {"ReportWithoutJob", [](auto& m) { m.mutable_report()->mutable_started(); }, "SHA-256 has 0 bytes"},
    {"ReportWithShortJob",
     [](auto& m) {
       set_report(m, AttemptStarted{});
       m.mutable_report()->set_job("short");
     },
     "SHA-256 has 5 bytes"},
    {"ReportWithoutAttempt",
     [](auto& m) {
       set_report(m, AttemptStarted{});
       m.mutable_report()->clear_attempt();
     },
     "report.attempt"},
    {"ReportWithoutBody",
     [](auto& m) {
       set_report(m, AttemptStarted{});
       m.mutable_report()->clear_body();
     },
     "report has no body"},
    {"EpochZero", [](auto& m) { set_report(m, EpochFinished{}); }, "epoch.epoch is 0"},
    {"CheckpointThatIsAModel",
     [](auto& m) {
       set_report(m, CheckpointStored{samples::kModel, 1});
     },
     "report.checkpoint.artifact.kind"},
    {"CheckpointOfNoEpoch",
     [](auto& m) {
       set_report(m, CheckpointStored{samples::kCheckpoint, -1});
     },
     "report.checkpoint.epoch is -1"},
    {"CheckpointWithoutArtifact",
     [](auto& m) {
       set_report(m, CheckpointStored{samples::kCheckpoint, 1});
       m.mutable_report()->mutable_checkpoint()->clear_artifact();
     },
     "SHA-256"},
    {"ArtifactOfNegativeSize",
     [](auto& m) {
       set_report(m, CheckpointStored{samples::kCheckpoint, 1});
       m.mutable_report()->mutable_checkpoint()->mutable_artifact()->set_bytes(-5);
     },
     "artifact.bytes is -5"},
    {"ArtifactOfUnknownKind",
     [](auto& m) {
       set_report(m, CheckpointStored{samples::kCheckpoint, 1});
       m.mutable_report()->mutable_checkpoint()->mutable_artifact()->set_kind("teacher");
     },
     "artifact.kind is 'teacher'; accepted are checkpoint | model | best"},
    {"FinishedWithoutResult",
     [](auto& m) {
       set_report(m, AttemptFinished{samples::kResult, {}});
       m.mutable_report()->mutable_finished()->clear_result();
     },
     "report.finished.result"},
    {"FinishedWithoutOutcome",
     [](auto& m) {
       set_report(m, AttemptFinished{samples::kResult, {}});
       m.mutable_report()->mutable_finished()->mutable_result()->clear_outcome();
     },
     "result.outcome is 0"},
    {"ResultWithNegativeParams",
     [](auto& m) {
       set_report(m, AttemptFinished{samples::kResult, {}});
       m.mutable_report()->mutable_finished()->mutable_result()->mutable_values(2)->set_value(-1);
     },
     "result.params is -1"},
    {"ResultWithHalfAParameter",
     [](auto& m) {
       set_report(m, AttemptFinished{samples::kResult, {}});
       m.mutable_report()->mutable_finished()->mutable_result()->mutable_values(2)->set_value(1.5);
     },
     "result.params is 1.5"},
    {"ResultThatIsNotANumber",
     [](auto& m) {
       set_report(m, AttemptFinished{samples::kResult, {}});
       m.mutable_report()->mutable_finished()->mutable_result()->mutable_values(0)->set_value(
           std::numeric_limits<double>::quiet_NaN());
     },
     "result.top1"},
    {"TwoModels",
     [](auto& m) {
       set_report(m, AttemptFinished{samples::kResult, {samples::kModel, samples::kModel}});
     },
     "report.finished.outputs has two of kind model"},
    {"CheckpointAsAnOutput",
     [](auto& m) {
       set_report(m, AttemptFinished{samples::kResult, {samples::kCheckpoint}});
     },
     "report.finished.outputs has a checkpoint"},
    {"ModelOfAJobThatDiverged",
     [](auto& m) {
       JobResult diverged = samples::kResult;
       diverged.outcome = Outcome::diverged;
       set_report(m, AttemptFinished{diverged, {samples::kModel}});
     },
     "report.finished.outputs has a model"},
    {"TokenWithoutSequence",
     [](auto& m) {
       set_report(m, AttemptStarted{});
       m.mutable_report()->mutable_attempt()->clear_sequence();
     },
     "report.attempt.sequence is 0; 1 or more is accepted"},
    {"MoreMemoryThanSumsCanHold",
     [](auto& m) { m.mutable_hello()->mutable_devices(0)->set_memory_bytes(std::int64_t{1} << 62); },
     "at most 64 TiB is accepted"},
    {"NegativeBootEpoch",
     [](auto& m) { m.mutable_hello()->mutable_held(0)->mutable_attempt()->set_boot_epoch(-1); },
     "hello.held.boot_epoch is -1"},
    {"EmptyTokenInHeartbeat", [](auto& m) { m.mutable_heartbeat()->add_running(); },
     "heartbeat.running.boot_epoch is 0"},
    {"TooManyHeld",
     [](auto& m) {
       for (int i = m.hello().held_size(); i <= 65'536; ++i)
         to_wire(samples::kToken, m.mutable_hello()->add_held()->mutable_attempt());
     },
     "hello.held are 65537; at most 65536 are accepted"},
    {"TooManyRunning",
     [](auto& m) {
       for (int i = 0; i <= 65'536; ++i)
         to_wire(samples::kToken, m.mutable_heartbeat()->add_running()->mutable_attempt());
     },
     "heartbeat.running are 65537"},
    {"TooManyLogLines", [](auto& m) { set_report(m, LogLines{std::vector<std::string>(1001, "x")}); },
     "report.log.lines are 1001; at most 1000 are accepted"},
    {"UnknownFailureKind",
     [](auto& m) {
       set_report(m, AttemptFailed{FailureKind::job_error, "x"});
       m.mutable_report()->mutable_failed()->set_kind(v1::FAILURE_KIND_UNSPECIFIED);
     },
     "report.failed.kind is 0"},
};
INSTANTIATE_TEST_SUITE_P(All, WireFleetRejects, testing::ValuesIn(kRejections),
                         [](const auto& param) { return param.param.what; });

TEST(WireFleet, AProblemIsShortened) {
  v1::WorkerMessage message;
  message.mutable_heartbeat()->set_problem(std::string(100'000, 'x'));
  const auto heartbeat = from_wire(message);
  ASSERT_TRUE(heartbeat.ok());
  EXPECT_LE(std::get<Heartbeat>(*heartbeat).problem.size(), 1'000U);
}

TEST(WireFleet, TheWorkerRejectsWhatACoordinatorMayNotSend) {
  v1::CoordinatorMessage message;
  expect_refused(from_wire(message), "no body");
  message.mutable_welcome()->set_lease_ms(0);
  expect_refused(from_wire(message), "welcome.lease_ms");
  message.mutable_stop();
  expect_refused(from_wire(message), "stop.attempt");
  message.Clear();
  to_wire(CoordinatorMessage{samples::kLease}, &message);
  message.mutable_lease()->mutable_jobs(0)->clear_config();
  expect_refused(from_wire(message), "lease.config");
  message.Clear();
  to_wire(CoordinatorMessage{samples::kLease}, &message);
  message.mutable_lease()->mutable_jobs(0)->clear_attempt();
  expect_refused(from_wire(message), "lease.attempt");
  message.Clear();
  to_wire(CoordinatorMessage{samples::kLease}, &message);
  message.mutable_lease()->mutable_jobs(0)->mutable_inputs(0)->set_role("teacher");
  expect_refused(from_wire(message), "lease.inputs.role is 'teacher'; accepted are resume | init");
  message.mutable_lease()->mutable_jobs(0)->mutable_inputs(0)->set_role("init");
  expect_refused(from_wire(message), "lease.inputs.artifact.kind is checkpoint; model is accepted");
  message.mutable_lease()->clear_jobs();
  expect_refused(from_wire(message), "lease.jobs is empty");
}

TEST(WireFleet, ADigestHas32Bytes) {
  const Digest digest = samples::digest(3);
  EXPECT_EQ(*wire::digest_from_wire(wire::digest_to_wire(digest)), digest);
  expect_refused(wire::digest_from_wire(std::string(31, 'x')), "31 bytes");
  expect_refused(wire::digest_from_wire(std::string(64, 'a')), "64 bytes");
}

}  // namespace
}  // namespace spin
