// The command queue, and spin-train as a process: jobs by hand and jobs on a pipe.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_folder.h"
#include "tests/worker/trainer/fixtures.h"
#include "tests/worker/trainer/trainer_process.h"
#include "worker/trainer/command_queue.h"

namespace spin {
namespace {

TEST(CommandQueue, StopGoesToTheRunningJobOrElseToTheFirstThatWaits) {
  CommandQueue queue;
  const auto run = to_line(TrainerCommand(RunCommand{"{}", "", "", {}, {}}));
  const auto stop = to_line(TrainerCommand(StopCommand{}));
  queue.push_line(stop);  // nothing runs: ignored
  queue.push_line(run);
  (void)queue.pop();
  EXPECT_EQ(queue.stop(), StopRequest::none);
  queue.push_line(run);
  queue.push_line(stop);
  EXPECT_EQ(queue.stop(), StopRequest::save);
  (void)queue.pop();
  EXPECT_EQ(queue.stop(), StopRequest::none);  // the first one's stop is not the second one's
  queue.push_line("nonsense");
  EXPECT_TRUE(std::holds_alternative<Error>(queue.pop()));
  queue.push_line(run);
  queue.push_line(run);
  queue.push_line(stop);
  (void)queue.pop();
  EXPECT_EQ(queue.stop(), StopRequest::save);
  (void)queue.pop();
  EXPECT_EQ(queue.stop(), StopRequest::none);
  queue.push_line(to_line(TrainerCommand(StopCommand{false})));
  EXPECT_EQ(queue.stop(), StopRequest::discard);
}

class TrainerBinary : public ::testing::Test {
 protected:
  void SetUp() override { write_dataset(folder_ / "data", 48, 20); }

  std::string write_job(const Train& config) {
    const auto path = folder_ / "job.json";
    write_bytes(path, "{\"name\": \"a job\", \"config\": " + config_text(config) + "}");
    return path.string();
  }
  std::string run_line(const Train& config, const std::string& data = "data") {
    RunCommand command;
    command.config = config_text(config);
    command.data = (folder_ / data).string();
    command.outputs[ArtifactKind::model] = (folder_ / "model").string();
    return to_line(TrainerCommand(command));
  }
  /// The last event of a job.
  static std::optional<TrainerEvent> last_event(TrainerProcess& trainer) {
    while (const auto event = trainer.read_event())
      if (event->index() >= TrainerEvent(FinishedEvent{}).index()) return event;
    return std::nullopt;
  }
  static Train endless() {
    auto config = tiny_config();
    config.training.epochs = 100'000;
    return config;
  }
  TempFolder folder_;
};

TEST_F(TrainerBinary, RunsAJobByHand) {
  const auto job = write_job(tiny_config());
  TrainerProcess trainer({job, "--data", (folder_ / "data").string(), "--threads", "1", "--model",
                          (folder_ / "model").string(), "--checkpoint", (folder_ / "checkpoint").string(),
                          "--checkpoint-seconds", "0"});
  std::optional<TrainerEvent> last;
  while (const auto line = trainer.read_line()) {
    const auto event = event_from_line(*line);
    ASSERT_TRUE(event.ok()) << event.error().message;
    last = *event;
  }
  EXPECT_EQ(trainer.wait(), 0);
  ASSERT_TRUE(last && std::holds_alternative<FinishedEvent>(*last));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "model"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "checkpoint"));
}

TEST_F(TrainerBinary, ReadsAJobFromStandardInput) {
  for (const std::string name : {"-", "/dev/stdin"}) {
    TrainerProcess trainer({name, "--data", (folder_ / "data").string(), "--threads", "1"});
    trainer.send(config_text(tiny_config()));
    trainer.close_input();
    const auto event = last_event(trainer);
    ASSERT_TRUE(event && std::holds_alternative<FinishedEvent>(*event)) << name;
    EXPECT_EQ(trainer.wait(), 0);
  }
}

TEST_F(TrainerBinary, ExitCodesTellUsageFromFailure) {
  const auto job = write_job(tiny_config());
  const auto exit_code = [](const std::vector<std::string>& arguments) {
    TrainerProcess trainer(arguments);
    trainer.close_input();
    while (trainer.read_line()) {
    }
    return trainer.wait();
  };
  EXPECT_EQ(exit_code({}), 2);
  EXPECT_EQ(exit_code({"--no-such-option"}), 2);
  EXPECT_EQ(exit_code({"/no/such/job.json"}), 2);
  EXPECT_EQ(exit_code({job, "--serve"}), 2);
  EXPECT_EQ(exit_code({job, "--device", "tpu"}), 2);
  EXPECT_EQ(exit_code({job, "--device", "cuda:99"}), 2);
  EXPECT_EQ(exit_code({job, "--threads", "-1"}), 2);
  write_bytes(folder_ / "bad.json", "{\"network\": 1}");
  EXPECT_EQ(exit_code({(folder_ / "bad.json").string()}), 2);
  EXPECT_EQ(exit_code({job, "--data", "/nowhere"}), 1);
  const auto fifo = (folder_ / "fifo").string();
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(exit_code({fifo}), 2) << "never opened, or it would wait for a writer";
  EXPECT_EQ(exit_code({job, "--data", (folder_ / "data").string(), "--resume", fifo}), 1);
  EXPECT_EQ(exit_code({"--help"}), 0);
  EXPECT_EQ(exit_code({"--version"}), 0);
}

TEST_F(TrainerBinary, ServesJobAfterJobAndStopsOne) {
  TrainerProcess trainer({"--serve", "--threads", "2"});
  const auto ready = trainer.read_event();
  ASSERT_TRUE(ready && std::holds_alternative<ReadyEvent>(*ready));
  EXPECT_EQ(std::get<ReadyEvent>(*ready).threads, 2);
  EXPECT_FALSE(std::get<ReadyEvent>(*ready).blas.empty());

  trainer.send(run_line(tiny_config()));
  auto event = last_event(trainer);
  ASSERT_TRUE(event && std::holds_alternative<FinishedEvent>(*event));
  EXPECT_EQ(path_of(std::get<FinishedEvent>(*event).outputs, ArtifactKind::model),
            (folder_ / "model").string());

  trainer.send(run_line(tiny_config(), "no-such-folder"));
  event = last_event(trainer);
  ASSERT_TRUE(event && std::holds_alternative<FailedEvent>(*event));
  trainer.send("not a command");
  event = last_event(trainer);
  ASSERT_TRUE(event && std::holds_alternative<FailedEvent>(*event));

  trainer.send(run_line(endless()));
  event = trainer.read_event();
  ASSERT_TRUE(event && std::holds_alternative<StartedEvent>(*event));
  trainer.send(to_line(TrainerCommand(StopCommand{})));
  event = last_event(trainer);
  ASSERT_TRUE(event && std::holds_alternative<StoppedEvent>(*event));

  trainer.send(run_line(tiny_config()));
  event = last_event(trainer);
  ASSERT_TRUE(event && std::holds_alternative<FinishedEvent>(*event));
  trainer.close_input();
  EXPECT_EQ(trainer.wait(), 0);
}

TEST_F(TrainerBinary, EndOfInputEndsItInTheMiddleOfAJob) {
  TrainerProcess trainer({"--serve", "--threads", "1"});
  ASSERT_TRUE(trainer.read_event());
  trainer.send(run_line(endless()));
  const auto event = trainer.read_event();
  ASSERT_TRUE(event && std::holds_alternative<StartedEvent>(*event));
  trainer.close_input();
  EXPECT_EQ(trainer.wait(), 0);
}

TEST_F(TrainerBinary, TwoRunsGiveTheSameModel) {
  TrainerProcess trainer({"--serve", "--threads", "2"});
  std::vector<std::string> models;
  for (int i = 0; i < 2; ++i) {
    trainer.send(run_line(tiny_config()));
    ASSERT_TRUE(last_event(trainer));
    models.push_back(read_bytes(folder_ / "model"));
  }
  EXPECT_EQ(models[0], models[1]);
}

}  // namespace
}  // namespace spin
