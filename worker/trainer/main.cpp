#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>

#include <CLI/CLI.hpp>

#include "schema/base/file.h"
#include "schema/base/standard_streams.h"
#include "schema/base/stop_signals.h"
#include "schema/base/usage.h"
#include "schema/base/version.h"
#include "worker/trainer/data_speed.h"
#include "worker/trainer/devices.h"
#include "worker/trainer/event_log.h"
#include "worker/trainer/job_runner.h"
#include "worker/trainer/openmp.h"
#include "worker/trainer/runtime.h"
#include "worker/trainer/serve.h"

namespace {

constexpr int kExitFailed = 1;
constexpr std::size_t kJobLimit = 16U << 20;

constexpr auto kExamples =
    "Examples:\n"
    "  spinctl plan sweep.yaml --job 1 > job.json\n"
    "  spin-train job.json --threads 2 --model unshared.safetensors\n"
    "  spin-train fused.json --init unshared.safetensors --checkpoint fused.ckpt\n"
    "  spin-train fused.json --resume fused.ckpt --checkpoint fused.ckpt\n"
    "  spin-train job.json --measure-data --threads 8\n"
    "  spin-train --devices\n"
    "Events go to standard output as JSON lines, a log for people to standard error.\n"
    "SIGTERM or SIGHUP, however often, or a first SIGINT (Ctrl-C) stops a job after the step in hand, which "
    "its "
    "checkpoint then holds; SIGINT after any of them ends it at once.\n"
    "Exit codes: 0 finished (also where the loss diverged), 1 the job failed, 2 usage or a bad job file.";

struct Options {
  std::string job;
  bool serve = false;
  bool measure_data = false;
  bool devices = false;
  std::string device = "cpu";
  int threads = 0;
  std::string checkpoint, resume, init, model;  ///< paths; empty = none
  spin::RunCommand command;                     ///< the rest of it
};

void declare(CLI::App& app, Options& options) {
  app.footer(kExamples);
  app.set_version_flag("--version", [] {
    return "spin " + std::string(spin::kVersion) + ", LibTorch " TORCH_VERSION ", BLAS " + spin::blas_name();
  });
  auto* serve =
      app.add_flag("--serve", options.serve, "Run the jobs that arrive as JSON lines on standard input");
  app.add_option("job", options.job,
                 "Job file: an element of `jobs` of a plan, or its config; - = standard input")
      ->excludes(serve);
  app.add_option("--device", options.device, "cpu, cuda:0, cuda:1, ...")->capture_default_str();
  app.add_option("--threads", options.threads, "CPU threads (default: one per usable core)")
      ->check(CLI::Range(1, 1024));
  app.add_flag(
         "--measure-data", options.measure_data,
         "Train nothing: read, decode and change one epoch's training images, and print how fast that went "
         "as JSON")
      ->excludes(serve);
  app.add_flag("--devices", options.devices,
               "Train nothing: print as JSON which devices this process could train on, with their memory")
      ->excludes(serve);
  const auto add_path = [&](const char* name, std::string& target, const char* what) {
    app.add_option(name, target, what)->excludes(serve);
  };
  add_path("--data", options.command.data,
           "Folder of the data set (default: the job's, or where Debian puts it)");
  add_path("--checkpoint", options.checkpoint,
           "Write a checkpoint here every --checkpoint-seconds, and where the job is stopped");
  app.add_option(
         "--checkpoint-seconds", options.command.checkpoint_seconds,
         "Time from one checkpoint to the next, within an epoch too; 0 = one at the end of every epoch")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str()
      ->excludes(serve);
  add_path("--resume", options.resume, "Go on from this checkpoint");
  add_path("--init", options.init, "Model of the unshared network that fusion starts from");
  add_path("--model", options.model, "Write the folded weights here at the end");
}

/// A shell gives `<(command)` as a descriptor that it has opened: no name leads to it.
bool is_open_descriptor(const std::string& path) {
  return path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/") || path == "/dev/stdin";
}

spin::Result<std::string> read_job(const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (!is_open_descriptor(path)) return spin::read_file(path, kJobLimit);
  std::ifstream stream(path, std::ios::binary);
  if (stream) return std::string(std::istreambuf_iterator<char>(stream), {});
  return spin::Error{spin::ErrorCode::not_found, path + ": cannot be read"};
}

int fail(int code, const std::string& message) {
  spin::log_line(message);
  return code;
}

int measure(const spin::Train& config, const std::string& folder, const spin::Runtime& runtime) {
  const auto speed = spin::measure_data(config, folder, runtime);
  if (!speed.ok()) return fail(kExitFailed, speed.error().message);
  std::cout << speed->dump() << std::endl;
  return EXIT_SUCCESS;
}

std::atomic<spin::StopRequest> stop_requested = spin::StopRequest::none;
static_assert(std::atomic<spin::StopRequest>::is_always_lock_free);
volatile std::sig_atomic_t stop_signal = 0;

/// Hosts, `timeout` and terminals that close send their signals twice or send several; a person who presses
/// Ctrl-C again does not want to wait.
void request_stop(int signal) {
  if (stop_signal == 0) stop_signal = signal;
  stop_requested = spin::StopRequest::save;
  struct sigaction ctrl_c {};  // may be ignored
  if (sigaction(SIGINT, nullptr, &ctrl_c) == 0 && ctrl_c.sa_handler == request_stop)
    std::signal(SIGINT, SIG_DFL);
}

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  action.sa_flags = SA_RESTART;
  for (const int signal : spin::stop_signals()) sigaction(signal, &action, nullptr);
}

int run_one(Options& options, const spin::Runtime& runtime) {
  auto text = read_job(options.job);
  if (!text.ok()) return fail(spin::kExitUsage, text.error().message);
  const auto task = spin::parse_job(*text);
  if (!task.ok()) return fail(spin::kExitUsage, options.job + ": " + task.error().message);
  if (options.measure_data) return measure(std::get<spin::Train>(*task), options.command.data, runtime);
  options.command.config = *text;
  const auto add = [](auto& files, auto key, const std::string& path) {
    if (!path.empty()) files.emplace(key, path);
  };
  add(options.command.inputs, spin::InputRole::resume, options.resume);
  add(options.command.inputs, spin::InputRole::init, options.init);
  add(options.command.outputs, spin::ArtifactKind::checkpoint, options.checkpoint);
  add(options.command.outputs, spin::ArtifactKind::model, options.model);
  stop_on_signals();
  spin::JobRunner runner(runtime, spin::emit);
  switch (runner.run(options.command, stop_requested)) {
    case spin::JobEnd::finished:
      return EXIT_SUCCESS;
    case spin::JobEnd::failed:
    case spin::JobEnd::device_lost:
      return kExitFailed;
    case spin::JobEnd::stopped:
      break;
  }
  std::signal(stop_signal, SIG_DFL);
  std::raise(stop_signal);  // who waits for this process sees why it ended
  return kExitFailed;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("spin-train trains one job of a sweep, or with --serve job after job.", "spin-train");
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return spin::usage_exit(app, error, spin::log_line);
  }
  if (options.devices) {
    std::cout << spin::describe_devices().dump(2) << std::endl;
    return std::cout ? EXIT_SUCCESS : kExitFailed;
  }
  if (options.job.empty() && !options.serve)
    return fail(spin::kExitUsage,
                "no job file; `spin-train job.json` runs one, `spin-train --help` shows examples");
  if (options.serve) spin::block_stop_signals();
  spin::fit_openmp(argv);
  const auto runtime = spin::prepare_runtime(options.device, options.threads);
  if (!runtime.ok()) return fail(spin::kExitUsage, runtime.error().message);
  if (runtime->device.is_cpu() && spin::is_reference_blas(runtime->blas))
    spin::log_line(
        "warning: LibTorch runs on the reference BLAS, some 20 times slower; "
        "`apt install libopenblas0-openmp` replaces it");
  if (!options.serve) return run_one(options, *runtime);
  spin::serve(*runtime, {std::string(spin::kVersion), runtime->libtorch, runtime->blas, options.device,
                         runtime->threads});
}

}  // namespace

int main(int argc, char** argv) {
  spin::open_standard_streams();
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return fail(kExitFailed, error.what());
  }
}
