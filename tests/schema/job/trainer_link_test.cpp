#include "schema/job/trainer_link.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace spin {
namespace {

RunCommand full_run() {
  return RunCommand{R"({"seed":1,"name":"a \"quoted\" name"})",
                    "/named",
                    "/data",
                    {{InputRole::resume, "/s/r"}, {InputRole::init, "/s/i"}},
                    {{ArtifactKind::checkpoint, "/s/c"}, {ArtifactKind::model, "/s/m"}}};
}

std::vector<TrainerEvent> every_event() {
  Progress progress;
  progress.epoch = 2;
  progress.epochs = 9;
  progress.step = 5'000'000'000;
  progress.steps = 6'000'000'000;
  progress.loss = 0.1;
  progress.images_per_second = 1e5 / 3;
  return {ReadyEvent{"0.1.0", "1.13.1", "OpenBLAS", "cuda:0", 4},
          StartedEvent{123, 456'000'000'000, 3, {"ab", "4 files"}},
          ProgressEvent{progress},
          EpochEvent{EpochMetrics{4,
                                  {{Metric::loss, 1.0 / 3},
                                   {Metric::top1, 91.25},
                                   {Metric::top5, 99.5},
                                   {Metric::images_per_second, 2000.125},
                                   {Metric::seconds, 3.5},
                                   {Metric::data_seconds, 0.1},
                                   {Metric::forward_seconds, 0.2},
                                   {Metric::backward_seconds, 0.3},
                                   {Metric::step_seconds, 0.4},
                                   {Metric::evaluation_seconds, 0.5}}}},
          EpochEvent{EpochMetrics{
              5, {{Metric::loss, 1.0 / 3}, {Metric::images_per_second, 2000.125}, {Metric::seconds, 3.5}}}},
          CheckpointEvent{"/tmp/with space/ü.safetensors", 7},
          FinishedEvent{JobResult{Outcome::completed,
                                  {{Metric::top1, 91.5},
                                   {Metric::top5, 99.75},
                                   {Metric::params, 1000},
                                   {Metric::flops, 2000},
                                   {Metric::images_per_second, 3000.5},
                                   {Metric::peak_bytes, 1 << 30},
                                   {Metric::seconds, 12.25}},
                                  {"ab", "4 files"}},
                        {{ArtifactKind::model, "/s/m"}},
                        60'000,
                        9'998},
          FinishedEvent{JobResult{Outcome::diverged,
                                  {{Metric::params, 1000},
                                   {Metric::flops, 2000},
                                   {Metric::images_per_second, 3000.5},
                                   {Metric::peak_bytes, 1 << 30},
                                   {Metric::seconds, 12.25}}},
                        {}},
          FailedEvent{"line one\nline two \"quoted\" \x01"},
          FailedEvent{"no data", FailureCause::permanent},
          FailedEvent{"no room", FailureCause::disk_full, /*device_works=*/false},
          StoppedEvent{},
          StoppedEvent{15}};
}

TEST(TrainerLink, CommandsComeBackAsTheyWere) {
  for (const TrainerCommand& command :
       {TrainerCommand(full_run()), TrainerCommand(RunCommand{"{}", "", "", {}, {}}),
        TrainerCommand(RunCommand{"{}", "", "", {}, {}, 0}), TrainerCommand(StopCommand{}),
        TrainerCommand(StopCommand{false})}) {
    const auto read = command_from_line(to_line(command));
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(*read == command) << to_line(command);
  }
}

TEST(TrainerLink, EventsComeBackAsTheyWere) {
  for (const TrainerEvent& event : every_event()) {
    const std::string line = to_line(event);
    const auto read = event_from_line(line);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_TRUE(*read == event) << line;
  }
}

TEST(TrainerLink, AMessageIsOneLine) {
  for (const TrainerEvent& event : every_event()) EXPECT_EQ(to_line(event).find('\n'), std::string::npos);
  EXPECT_EQ(to_line(TrainerCommand(full_run())).find('\n'), std::string::npos);
}

TEST(TrainerLink, AMetricThatIsNoNumberWasNotMeasured) {
  EpochMetrics metrics;
  metrics.epoch = 1;
  metrics.values.set(Metric::loss, std::numeric_limits<double>::infinity());
  const std::string line = to_line(TrainerEvent(EpochEvent{metrics}));
  EXPECT_EQ(line.find("loss"), std::string::npos) << line;
  for (const auto& text : {line, std::string(R"({"event":"epoch","epoch":1,"loss":null})")}) {
    const auto read = event_from_line(text);
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_FALSE(std::get<EpochEvent>(*read).metrics.values[Metric::loss].has_value());
  }
}

TEST(TrainerLink, BytesThatAreNotUtf8AreReplacedRatherThanThrown) {
  const auto read = event_from_line(to_line(TrainerEvent(FailedEvent{"bad \xff byte"})));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(std::get<FailedEvent>(*read).message, "bad \xef\xbf\xbd byte");
}

TEST(TrainerLink, UnknownKeysAreLeftToLaterVersions) {
  const auto read = event_from_line(R"({"event":"checkpoint","path":"/p","epoch":1,"extra":[1,2]})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(std::get<CheckpointEvent>(*read).epoch, 1);
}

struct Reject {
  std::string line;
  std::string names;  ///< what the message must name
};

TEST(TrainerLink, BrokenEventsAreRefusedWithTheFieldAtFault) {
  const std::vector<Reject> rejects = {
      {"", "not a JSON object"},
      {"Segmentation fault", "Segmentation fault"},
      {"[1,2]", "not a JSON object"},
      {R"({"event":"epoch")", "not a JSON object"},
      {R"({"epoch":1})", "'event'"},
      {R"({"event":7})", "'event'"},
      {R"({"event":"dance"})", "'dance'"},
      {R"({"event":"checkpoint","epoch":1})", "path: is missing"},
      {R"({"event":"checkpoint","path":3,"epoch":1})", "path: 3 is not text"},
      {R"({"event":"checkpoint","path":"p","epoch":1.5})", "epoch: 1.5 is not a whole number"},
      {R"({"event":"checkpoint","path":"p","epoch":-1})",
       "epoch: -1 is not a whole number that is not negative"},
      {R"({"event":"checkpoint","path":"p","epoch":3000000000})", "epoch: 3000000000 is not"},
      {R"({"event":"started","params":18446744073709551615,"flops":1,"first_epoch":1})",
       "params: 18446744073709551615 is not"},
      {R"({"event":"epoch","epoch":1,"loss":"x","top1":1,"top5":1,"images_per_second":1,"seconds":1})",
       "event epoch: loss: \"x\" is not a number"},
      {R"({"event":"finished","outcome":"great","top1":1,"top5":1,"params":1,"flops":1,"images_per_second":1,)"
       R"("peak_bytes":1,"seconds":1})",
       "outcome: \"great\" is not one of completed | diverged"},
      {R"({"event":"finished","outcome":"completed","top1":-1})", "top1: -1 is not a number of 0 or more"},
      {R"({"event":"finished","outcome":"completed","params":1.5})",
       "params: 1.5 is not a whole number from 0 to 2^53"},
      {R"({"event":"finished","outcome":"completed","flops":1e300})", "flops: 1e+300 is not a whole number"},
  };
  for (const auto& reject : rejects) {
    const auto read = event_from_line(reject.line);
    ASSERT_FALSE(read.ok()) << reject.line;
    EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(read.error().message.find(reject.names), std::string::npos) << read.error().message;
  }
}

TEST(TrainerLink, BrokenCommandsAreRefusedWithTheFieldAtFault) {
  const std::vector<Reject> rejects = {
      {"run", "not a JSON object"},
      {R"({"command":"walk"})", "'walk'"},
      {R"({"command":"run"})", "config: is missing"},
      {R"({"command":"run","config":{"seed":1}})", "command run: config: {\"seed\":1} is not text"},
      {R"({"command":"run","config":"{}","inputs":{}})", "inputs: {} is not a list of files"},
      {R"({"command":"run","config":"{}","inputs":[{"is":"init","path":false}]})",
       "inputs.path: false is not text"},
      {R"({"command":"run","config":"{}","inputs":[{"is":"teacher","path":"t"}]})",
       "inputs.is: \"teacher\" is not one of resume | init"},
  };
  for (const auto& reject : rejects) {
    const auto read = command_from_line(reject.line);
    ASSERT_FALSE(read.ok()) << reject.line;
    EXPECT_NE(read.error().message.find(reject.names), std::string::npos) << read.error().message;
  }
}

TEST(TrainerLink, EveryLineCutShortIsRefused) {
  const std::string line = to_line(every_event()[5]);
  for (std::size_t length = 0; length < line.size(); ++length) {
    EXPECT_FALSE(event_from_line(line.substr(0, length)).ok()) << line.substr(0, length);
  }
}

}  // namespace
}  // namespace spin
