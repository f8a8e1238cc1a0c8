#include "worker/trainer/job_runner.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <future>
#include <new>
#include <string_view>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "schema/base/machine.h"
#include "schema/design/memory.h"
#include "worker/trainer/event_log.h"
#include "worker/trainer/job_hash.h"
#include "worker/trainer/memory.h"

namespace spin {
namespace {

constexpr std::chrono::milliseconds kStopInterval{100};  // in which a job that waits asks whether to stop
constexpr std::chrono::minutes kPatience{1};             // with data that do not come

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

Result<Task> parse_job(const std::string& text) {
  auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object())
    return Error{
        ErrorCode::invalid_argument,
        "not a JSON object: a job is an element of `jobs` from `spinctl plan --format json`, or its config"};
  const bool is_planned = json.contains("config");
  const auto beside = [&](const char* key) {
    return is_planned ? json.value(key, nlohmann::json()) : nlohmann::json();
  };
  const auto hash = beside("hash");
  const auto root = beside("root");
  if (is_planned) json = nlohmann::json(json["config"]);
  SPIN_ASSIGN(auto task, task_from_json(json));
  if (root.is_string()) place_data(task, root.get<std::string>());
  task = canonical(std::move(task));
  if (hash.is_string()) SPIN_TRY(check_job_hash(hash.get<std::string>(), task));
  return task;
}

JobRunner::JobRunner(const Runtime& runtime, EventSink sink, BadCheckpoint bad_checkpoint)
    : runtime_(runtime),
      sink_(std::move(sink)),
      bad_checkpoint_(bad_checkpoint),
      data_(std::make_shared<DataStore>(runtime.device)) {}

JobEnd JobRunner::run(const RunCommand& command, const std::atomic<StopRequest>& stop) {
  const auto result = carry_out_catching(command, stop);
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

/// A thread of its own reads, since a dead disk may hold it for ever; it is left behind, with a store that
/// holds nothing any more, where the job is to stop.
Result<std::optional<ImageData>> JobRunner::load_data(const Train& config, const RunCommand& command,
                                                      const std::atomic<StopRequest>& stop) {
  using Clock = std::chrono::steady_clock;
  std::packaged_task<Result<ImageData>()> load(
      [store = data_, dataset = config.dataset, folder = command.data] {
        return store->load(dataset, folder);
      });
  auto loaded = load.get_future();
  std::thread(std::move(load)).detach();
  const auto start = Clock::now();
  Clock::duration patience = kPatience;
  while (loaded.wait_for(kStopInterval) != std::future_status::ready) {
    if (stop.load(std::memory_order_relaxed) != StopRequest::none) {
      std::exchange(data_, std::make_shared<DataStore>(runtime_.device))->abandon();
      return std::optional<ImageData>();
    }
    const auto waited = Clock::now() - start;
    if (waited < patience) continue;
    patience *= 2;
    const auto& root = command.data.empty() ? config.dataset.root : command.data;
    log_line("waiting for data for " +
             std::to_string(std::chrono::duration_cast<std::chrono::seconds>(waited).count()) + " s in " +
             (root.empty() ? config.dataset.name : root));
  }
  SPIN_ASSIGN(auto data, loaded.get());
  for (const auto& note : data.notes) log_line(note);
  return std::optional(std::move(data));
}

Result<std::optional<FinishedEvent>> JobRunner::carry_out(const Train& config, RunCommand command,
                                                          const std::atomic<StopRequest>& stop) {
  if (runtime_.device.is_cpu()) SPIN_TRY(check_memory(training_memory(config).total(), machine_memory()));
  SPIN_ASSIGN(auto data, load_data(config, command, stop));
  if (!data) return std::optional<FinishedEvent>();
  const auto stop_request = [&stop] { return stop.load(std::memory_order_relaxed); };
  for (;;) {
    // Within the loop, so that the network that a bad checkpoint was meant for is gone before the next is
    // made.
    TrainingRun run({config, command, *data, runtime_.device, runtime_.threads, sink_, stop_request});
    const auto prepared = run.prepare();
    if (prepared.ok()) return run.run();
    if (!command.inputs.contains(InputRole::resume) || bad_checkpoint_ == BadCheckpoint::refuse)
      return prepared.error();
    // Nobody could mend it, and every further attempt would be given the same file.
    log_line("begins anew: " + prepared.error().message);
    command.inputs.erase(InputRole::resume);
  }
}

Result<std::optional<FinishedEvent>> JobRunner::carry_out_catching(const RunCommand& command,
                                                                   const std::atomic<StopRequest>& stop) {
  SPIN_ASSIGN(auto task, parse_job(command.config));
  if (!command.root.empty()) place_data(task, command.root);
  const PeakMemory peak;
  const auto memory_error = [&] {
    return out_of_memory(memory_of(task), runtime_.device.is_cpu() ? peak.bytes() : 0);
  };
  try {
    return std::visit([&](const auto& one) { return carry_out(one, command, stop); }, task);
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
