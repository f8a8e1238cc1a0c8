// A trainer that learns nothing: speaks the protocol of spin-train and does what the job's configuration
// says; where that is a real job's, what SPIN_FAKE_JOB in the environment says,
// else finish.
//   {"do": "finish", "model": TEXT | "model_bytes": N, "epochs": N}  finishes; the model holds the text and
//   its inputs
//   {"do": "wait", "file": PATH}   trains until the file is there, then finishes; obeys stop
//   {"do": "hang", "checkpoints": N}  writes so many checkpoints, trains for ever and does not hear stop
//   {"do": "fork"}                 like hang, with a child of its own that sleeps
//   {"do": "crash", "checkpoints": N}  writes so many checkpoints, then dies of SIGABRT
//   {"do": "garbage"} {"do": "long line"} {"do": "fail", "message": TEXT, "cause": WORD}
// Asked with --devices, it has two GPUs; it says that it trains on what --device says.
// SIGTERM, SIGHUP and SIGINT stop a job that obeys stop, with a checkpoint, and end the process, as those of
// spin-train do; SPIN_FAKE_MORTAL=1 in the environment: they just end it.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

#include "schema/job/trainer_link.h"

namespace {

using spin::TrainerEvent;

std::string pending;
volatile std::sig_atomic_t signal_seen = 0;

void note_signal(int number) { signal_seen = number; }

[[noreturn]] void end_by(int number) {
  ::signal(number, SIG_DFL);
  ::raise(number);
  ::_exit(1);
}

void say(const TrainerEvent& event) {
  std::puts(spin::to_line(event).c_str());
  std::fflush(stdout);
}

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_by_rename(const std::string& path, const std::string& bytes) {
  std::ofstream(path + ".tmp", std::ios::binary) << bytes;
  std::filesystem::rename(path + ".tmp", path);
}

/// The next line of standard input; none within `wait_ms` (-1 = for ever). Ends the process at the end of
/// input.
std::optional<std::string> next_line(int wait_ms) {
  for (;;) {
    if (const auto end = pending.find('\n'); end != std::string::npos) {
      std::string line = pending.substr(0, end);
      pending.erase(0, end + 1);
      return line;
    }
    if (signal_seen != 0 && wait_ms < 0) end_by(signal_seen);
    // A signal that comes just before is seen within the limit.
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&input, 1, wait_ms < 0 ? 20 : wait_ms);
    if (ready <= 0 && wait_ms < 0) continue;
    if (ready <= 0) return std::nullopt;
    char block[4096];
    const auto count = ::read(STDIN_FILENO, block, sizeof block);
    if (count <= 0) std::exit(0);
    pending.append(block, static_cast<std::size_t>(count));
  }
}

void sleep_for_ever() {
  for (;;) ::pause();
}

void write_checkpoint(const spin::RunCommand& run, int epoch) {
  write_by_rename(spin::path_of(run.outputs, spin::ArtifactKind::checkpoint),
                  "checkpoint of epoch " + std::to_string(epoch));
  say(spin::CheckpointEvent{spin::path_of(run.outputs, spin::ArtifactKind::checkpoint), epoch});
}

void finish(const spin::RunCommand& run, const nlohmann::json& config) {
  const int epochs = config.value("epochs", 2);
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    say(spin::EpochEvent{{epoch, {{spin::Metric::loss, 1.0 / epoch}, {spin::Metric::top1, 50.0 + epoch}}}});
    if (epoch == epochs) break;
    write_checkpoint(run, epoch);
  }
  std::string model = config.value("model", "model");
  if (run.inputs.contains(spin::InputRole::init))
    model += "<" + read_all(spin::path_of(run.inputs, spin::InputRole::init)) + ">";
  if (run.inputs.contains(spin::InputRole::resume))
    model += "[" + read_all(spin::path_of(run.inputs, spin::InputRole::resume)) + "]";
  if (config.contains("model_bytes")) model.assign(config["model_bytes"].get<std::size_t>(), 'm');
  write_by_rename(spin::path_of(run.outputs, spin::ArtifactKind::model), model);
  say(spin::FinishedEvent{
      {spin::Outcome::completed,
       {{spin::Metric::top1, 91.5},
        {spin::Metric::top5, 99.5},
        {spin::Metric::params, 1000},
        {spin::Metric::flops, 2000},
        {spin::Metric::images_per_second, 3000},
        {spin::Metric::peak_bytes, 4000},
        {spin::Metric::seconds, 0.02}}},
      {{spin::ArtifactKind::model, spin::path_of(run.outputs, spin::ArtifactKind::model)}}});
}

/// The stop that came before the file.
std::optional<spin::StopCommand> wait_for(const std::string& file) {
  while (!std::filesystem::exists(file)) {
    if (signal_seen != 0) return spin::StopCommand{true};
    const auto line = next_line(5);
    if (!line) continue;
    const auto command = spin::command_from_line(*line);
    if (command.ok() && std::holds_alternative<spin::StopCommand>(*command))
      return std::get<spin::StopCommand>(*command);
  }
  return std::nullopt;
}

void wait_or_stop(const spin::RunCommand& run, const nlohmann::json& config) {
  const auto stop = wait_for(config.at("file"));
  if (!stop) return finish(run, config);
  if (stop->save) write_checkpoint(run, 0);
  say(spin::StoppedEvent{signal_seen});
  if (signal_seen != 0) end_by(signal_seen);
}

nlohmann::json what_to_do(const std::string& config) {
  auto given = nlohmann::json::parse(config);
  if (given.contains("do")) return given;
  const char* instead = std::getenv("SPIN_FAKE_JOB");
  return instead != nullptr ? nlohmann::json::parse(instead) : nlohmann::json{{"do", "finish"}};
}

void run_job(const spin::RunCommand& run) {
  const auto config = what_to_do(run.config);
  const auto what = config.at("do").get<std::string>();
  std::fprintf(stderr, "job: %s\n", what.c_str());
  say(spin::StartedEvent{1000, 2000, 1});
  spin::Progress progress;
  progress.epoch = progress.epochs = 1;
  progress.step = progress.steps = 10;
  say(spin::ProgressEvent{progress});
  if (what == "finish") return finish(run, config);
  if (what == "fail") {
    std::fprintf(stderr, "failing now\n");
    const auto cause = config.value("cause", "job");
    return say(spin::FailedEvent{config.at("message").get<std::string>(),
                                 cause == "permanent"   ? spin::FailureCause::permanent
                                 : cause == "disk full" ? spin::FailureCause::disk_full
                                                        : spin::FailureCause::job});
  }
  if (what == "wait") return wait_or_stop(run, config);
  if (what == "garbage") std::puts("Hello, world");
  if (what == "long line") std::puts(std::string(2 << 20, 'x').c_str());
  std::fflush(stdout);
  for (int epoch = 1; epoch <= config.value("checkpoints", 0); ++epoch) write_checkpoint(run, epoch);
  if (what == "crash") {
    std::fprintf(stderr, "about to crash \xff");
    ::raise(SIGABRT);
  }
  if (what == "fork" && ::fork() == 0) sleep_for_ever();
  sleep_for_ever();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--devices") {
    std::puts(R"({"libtorch": "none", "cuda": true, "devices": [{"device": "cpu", "memory_bytes": 1000},
      {"device": "cuda:0", "name": "one", "memory_bytes": 2000},
      {"device": "cuda:1", "name": "two", "memory_bytes": 3000}]})");
    return 0;
  }
  if (argc < 2 || std::string(argv[1]) != "--serve") return 2;
  if (std::getenv("SPIN_FAKE_MORTAL") == nullptr)
    for (const int number : {SIGTERM, SIGHUP, SIGINT}) ::signal(number, note_signal);
  std::string device = "no device";
  for (int i = 2; i + 1 < argc; ++i)
    if (std::string(argv[i]) == "--device") device = argv[i + 1];
  say(spin::ReadyEvent{"0.1.0", "none", "none", device, 1});
  for (;;) {
    const auto command = spin::command_from_line(*next_line(-1));
    if (!command.ok()) return 3;
    if (const auto* run = std::get_if<spin::RunCommand>(&*command)) run_job(*run);
  }
}
