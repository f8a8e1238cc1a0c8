#include "worker/trainer/job_runner.h"

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "schema/base/machine.h"
#include "schema/design/memory.h"
#include "worker/trainer/event_log.h"
#include "worker/trainer/memory.h"

namespace spin {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// LibTorch's CPU allocator has no error type of its own, nor have pinned memory and cuBLAS.
bool is_out_of_memory(const c10::Error& error) {
  static constexpr std::array<std::string_view, 3> kTexts = {
      "can't allocate memory", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED"};
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         std::any_of(kTexts.begin(), kTexts.end(), [&](std::string_view part) {
           return std::string_view(error.what_without_backtrace()).find(part) != std::string_view::npos;
         });
}

FailureCause cause_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::not_found:
    case ErrorCode::unsupported:
      return FailureCause::permanent;
    case ErrorCode::unavailable:
      return FailureCause::disk_full;
    default:
      return FailureCause::job;
  }
}

}  // namespace

Result<JobConfig> parse_job(const std::string& text) {
  auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    return Error{
        ErrorCode::invalid_argument,
        "not a JSON object: a job is an element of `jobs` from `spinctl plan --format json`, or its config"};
  if (json.contains("config")) json = nlohmann::json(json["config"]);
  SPIN_ASSIGN(auto config, config_from_json(json));
  return canonical(std::move(config));
}

JobRunner::JobRunner(const Runtime& runtime, EventSink sink, BadCheckpoint bad_checkpoint)
    : runtime_(runtime), sink_(std::move(sink)), bad_checkpoint_(bad_checkpoint), data_(runtime.device) {}

JobEnd JobRunner::run(const RunCommand& command, const std::atomic<StopRequest>& stop) {
  const auto result = train_catching(command, stop);
  if (!result.ok()) {
    // Tested before anybody hears of the failure, or the next job would come and die with this process.
    const bool works = device_works();
    sink_(FailedEvent{result.error().message, cause_of(result.error().code), works});
    return works ? JobEnd::failed : JobEnd::device_lost;
  }
  if (!result->has_value()) {
    sink_(StoppedEvent{});
    return JobEnd::stopped;
  }
  sink_(**result);
  return JobEnd::finished;
}

Result<std::optional<FinishedEvent>> JobRunner::train(const JobConfig& config, RunCommand command,
                                                      const std::atomic<StopRequest>& stop) {
  if (runtime_.device.is_cpu()) SPIN_TRY(check_memory(training_memory(config).total(), machine_memory()));
  SPIN_ASSIGN(auto data, data_.load(config.dataset, command.data));
  const auto stop_request = [&stop] { return stop.load(std::memory_order_relaxed); };
  for (;;) {
    // Within the loop, so that the network that a bad checkpoint was meant for is gone before the next is
    // made.
    TrainingRun run({config, command, data, runtime_.device, runtime_.threads, sink_, stop_request});
    const auto prepared = run.prepare();
    if (prepared.ok()) return run.run();
    if (command.resume.empty() || bad_checkpoint_ == BadCheckpoint::refuse) return prepared.error();
    // Nobody could mend it, and every further attempt would be given the same file.
    log_line("begins anew: " + prepared.error().message);
    command.resume.clear();
  }
}

Result<std::optional<FinishedEvent>> JobRunner::train_catching(const RunCommand& command,
                                                               const std::atomic<StopRequest>& stop) {
  SPIN_ASSIGN(const auto config, parse_job(command.config));
  const PeakMemory peak;
  const auto memory_error = [&] {
    return out_of_memory(training_memory(config).total(), runtime_.device.is_cpu() ? peak.bytes() : 0);
  };
  try {
    return train(config, command, stop);
  } catch (const c10::Error& error) {
    if (is_out_of_memory(error)) return memory_error();
    return Error{ErrorCode::internal, "LibTorch: " + first_line(error.what_without_backtrace())};
  } catch (const std::bad_alloc&) {
    return memory_error();
  } catch (const std::exception& error) {
    return Error{ErrorCode::internal, first_line(error.what())};
  }
}

bool JobRunner::device_works() const {
  try {
    return torch::ones({1}, torch::TensorOptions(torch::kFloat).device(runtime_.device)).item<float>() == 1;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace spin
