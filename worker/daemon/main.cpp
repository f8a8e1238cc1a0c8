#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "proto/wire/library.h"
#include "schema/base/device.h"
#include "schema/base/last_words.h"
#include "schema/base/log_format.h"
#include "schema/base/machine.h"
#include "schema/base/paths.h"
#include "schema/base/program_path.h"
#include "schema/base/standard_streams.h"
#include "schema/base/text.h"
#include "schema/base/unix_socket.h"
#include "schema/base/usage.h"
#include "schema/base/version.h"
#include "schema/sweep/requirements.h"
#include "worker/daemon/daemon.h"
#include "worker/daemon/device_offers.h"

namespace {

namespace fs = std::filesystem;
using spin::daemon::Options;

constexpr const char* kExamples = R"(
Examples:
  spin-worker                                    one job at a time on the CPU, for this user's spind
  spin-worker --slots 4 --threads 2              four jobs at a time, two threads each
  spin-worker --device cuda:all --data /data     a job on each GPU of this host, data sets under /data
  spin-worker --device cuda:0,cuda:1 --slots 4 --label a100 --memory 36GiB
                                                 jobs that ask for a100; several small ones share each GPU
  spin-worker --connect unix:/run/spin/sock      for the spind that listens there
  spin-worker --connect head.example.org:7443 --tls-cert gpu1.pem --tls-key gpu1.key --tls-ca ca.pem
                                                 for the spind on another host

SIGTERM, SIGHUP and SIGINT stop: running jobs save after the step in hand, their checkpoints are uploaded, and the
jobs go on elsewhere from there at no cost. `spinctl drain NAME`, or --on-term drain, lets them finish first.
Exit codes: 0 asked to stop; 1 the disk of the state folder failed, or the device cannot be opened; 2 bad input, or the
coordinator refuses this worker.)";

struct CommandLine {
  Options options;
  std::string device = "cpu", state, on_term = "stop", log_level = "info";
  std::int64_t memory_bytes = 0;  ///< of each device; 0 = what it has
  bool exit_with_parent = false;
};

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "worker";
}

/// The same for each start on this host with these devices, so that a restarted worker is known again:
/// "host" where it has the host to itself, "host-cuda-0-1".
std::string default_name(const std::string& device) {
  std::string name = host_name();
  if (device == "cpu" || device == spin::kAllGpus) return name;
  const auto devices = spin::parse_devices(device);  // checked when it was given
  bool has_cuda = false;
  for (const spin::Device& one : *devices) {
    const bool is_cuda = one.kind == spin::Device::Kind::cuda;
    if (!is_cuda || !std::exchange(has_cuda, true)) name += std::string("-") + to_string(one.kind);
    if (is_cuda) name += "-" + std::to_string(one.index);
  }
  return name;
}

/// Refuses what is no name of at most `longest` bytes.
CLI::Validator name_of_at_most(std::size_t longest) {
  return CLI::Validator(
      [longest](const std::string& text) {
        return spin::is_name(text, longest) ? "" : "'" + text + "': " + spin::name_rule(longest);
      },
      "");
}

void add_options(CLI::App& app, CommandLine& line) {
  Options& options = line.options;
  const auto device = [](const std::string& text) {
    const auto checked = spin::check_device_list(text);
    return checked.ok() ? "" : checked.error().message;
  };
  app.add_option("--connect", options.connect.text,
                 "Coordinator, unix:PATH or HOST:PORT (default: this user's spind)")
      ->envname("SPIN_CONNECT")
      ->type_name("ADDRESS");
  spin::net::add_tls_options(app, options.connect.tls);
  app.add_option("--slots", options.slots, "Jobs at a time on each device")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--device", line.device, "cpu or cuda:K, several with commas, or cuda:all for every GPU")
      ->check(device)
      ->capture_default_str();
  app.add_option("--threads", options.threads,
                 "Threads per slot (default: usable cores / slots of all devices)")
      ->check(CLI::Range(1, 4096));
  app.add_option("--label", options.labels,
                 "A word that jobs may ask for, e.g. a100; may be given several times")
      ->expected(1, static_cast<int>(spin::kMaxLabels))
      ->allow_extra_args(false)
      ->check(name_of_at_most(spin::kMaxLabelBytes));
  app.add_option("--memory", line.memory_bytes,
                 "Memory of each device for its jobs, e.g. 20GiB (default: the GPU's, or nine tenths of the "
                 "machine's)")
      ->transform(CLI::AsSizeValue(false));
  app.add_option("--name", options.name,
                 "Unique among live workers (default: the host's name; with GPUs that are named, these too)")
      ->check(name_of_at_most(200));
  app.add_option("--data", options.data, "Folder of data sets (default: what the jobs say)")
      ->check(CLI::ExistingDirectory);
  app.add_option("--trainer", options.trainer,
                 "Trainer program (default: spin-train beside this one, else in PATH)");
  app.add_option("--state", line.state,
                 "Folder of outbox, cache and scratch files (default: ~/.local/state/spin/worker-NAME)");
  app.add_option("--checkpoint-seconds", options.checkpoint_seconds,
                 "Time from one checkpoint of a job to the next, within an epoch too; each is uploaded but "
                 "those that come while one is still on its way; 0 = one at the end of every epoch")
      ->check(CLI::Range(0, 86'400))
      ->capture_default_str();
  app.add_option(
         "--on-term", line.on_term,
         "What SIGTERM does: stop (running jobs save and go on elsewhere), or drain (they finish first; "
         "the next SIGTERM stops)")
      ->check(CLI::IsMember({"stop", "drain"}))
      ->capture_default_str();
  app.add_option("--save-seconds", options.save_seconds,
                 "Most time that a job takes to save, from the step in hand on, before its trainer is killed")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  app.add_option("--cache-bytes", options.cache_bytes, "Limit of the artifact cache, e.g. 20GiB")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  app.add_option("--ready-fd", options.ready_fd,
                 "Descriptor that gets a newline once the coordinator has answered")
      ->check(CLI::Range(0, 1 << 20));
  app.add_flag("--exit-with-parent", line.exit_with_parent,
               "End at once when the process that started this one ends");
  app.add_option("--log-level", line.log_level, "debug, info, warn or error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  app.set_version_flag("--version", std::string("spin-worker ") + std::string(spin::kVersion));
  app.footer(kExamples);
}

spin::Status fill_defaults(CommandLine& line) {
  Options& options = line.options;
  if (line.on_term == "drain") options.on_term = spin::daemon::OnTerm::drain;
  if (options.connect.text.empty()) options.connect.text = spin::find_own_coordinator();
  if (options.name.empty()) options.name = default_name(line.device);
  std::sort(options.labels.begin(), options.labels.end());
  options.labels.erase(std::unique(options.labels.begin(), options.labels.end()), options.labels.end());
  if (options.trainer.empty()) {
    SPIN_ASSIGN(options.trainer, spin::find_program("spin-train"));
  }
  SPIN_ASSIGN(options.devices, spin::daemon::device_offers(line.device, options.trainer));
  std::string unknown;
  for (spin::DeviceOffer& offer : options.devices) {
    if (line.memory_bytes > 0) offer.memory_bytes = line.memory_bytes;
    if (offer.memory_bytes == 0) unknown += (unknown.empty() ? "" : ", ") + offer.device;
  }
  if (!unknown.empty()) {
    spdlog::warn(
        "the memory of {} is not known: jobs come one at a time on each device, whatever --slots says; "
        "--memory says how much there is",
        unknown);
    options.slots = 1;
  }
  if (options.threads == 0) {
    const int all_slots = options.slots * static_cast<int>(options.devices.size());
    options.threads = std::max(1, spin::usable_cores() / all_slots);
  }
  options.state = line.state.empty()
                      ? spin::default_database_path().parent_path() / ("worker-" + options.name)
                      : fs::absolute(line.state);
  return {};
}

spin::Status prepare_process(CommandLine& line) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a limit of the size of files is a disk that is full, for trainers too
  if (line.exit_with_parent) {
    line.options.parent_pid = ::getppid();
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != line.options.parent_pid) {
      return spin::Error{spin::ErrorCode::unavailable, "the process that started this worker has ended"};
    }
  }
  const int fd = line.options.ready_fd;
  if (fd >= 0 && ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return spin::Error{spin::ErrorCode::invalid_argument,
                       "--ready-fd " + std::to_string(fd) + " is not open"};
  }
  return {};
}

int run(CommandLine line) {
  if (const auto prepared = prepare_process(line); !prepared.ok()) {
    spdlog::error("{}", prepared.error().message);
    return spin::kExitUsage;
  }
  if (const auto filled = fill_defaults(line); !filled.ok()) {
    spdlog::error("{}", filled.error().message);
    // A device that cannot be opened now may be another time; a new start is worth it.
    return filled.error().code == spin::ErrorCode::unavailable ? 1 : spin::kExitUsage;
  }
  auto daemon = spin::daemon::Daemon::open(std::move(line.options));
  if (!daemon.ok()) {
    spdlog::error("{}", daemon.error().message);
    return daemon.error().code == spin::ErrorCode::internal ? 1 : spin::kExitUsage;
  }
  return (*daemon)->run();
}

}  // namespace

int main(int argc, char** argv) {
  spin::open_standard_streams();
  spin::say_last_words("spin-worker");
  // It would write a line for each handshake that fails while the worker waits; the worker says why once.
  spin::wire::hush_grpc();
  CLI::App app("Leases jobs from a coordinator and trains them with spin-train.", "spin-worker");
  CommandLine line;
  line.options.threads = 0;
  add_options(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return spin::usage_exit(app, error, [](const std::string& complaint) {
      std::cerr << "spin-worker: " + spin::printable(complaint) + "\n";
    });
  }
  auto logger = spdlog::stderr_color_mt("spin-worker");
  logger->set_formatter(spin::printable_log("[%Y-%m-%d %H:%M:%S.%e] [%n] [%^%l%$] %v"));
  spdlog::set_default_logger(std::move(logger));
  spdlog::set_level(spdlog::level::from_str(line.log_level));
  try {
    return run(std::move(line));
  } catch (const std::exception& error) {
    spdlog::critical("{}", error.what());
    return 1;
  }
}
