#include "worker/trainer/job_runner.h"

#include <exception>
#include <new>
#include <utility>

#include <nlohmann/json.hpp>

namespace spin {
namespace {

constexpr auto kMemoryAdvice =
    "out of memory; a smaller training.batch_size or network, or a worker with more memory, would do";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Error from_torch(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  // LibTorch's CPU allocator has no error type of its own.
  if (text.find("can't allocate memory") != std::string::npos)
    return {ErrorCode::resource_exhausted, kMemoryAdvice};
  return {ErrorCode::internal, "LibTorch: " + first_line(text)};
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
  SPIN_TRY(check_supported(config));
  return config;
}

JobRunner::JobRunner(const Runtime& runtime, EventSink sink)
    : device_(runtime.device), threads_(runtime.threads), sink_(std::move(sink)), data_(runtime.device) {}

JobEnd JobRunner::run(const RunCommand& command, const std::atomic<bool>& stop) {
  const auto result = train_catching(command, stop);
  if (!result.ok()) {
    sink_(FailedEvent{result.error().message});
    return JobEnd::failed;
  }
  if (!result->has_value()) {
    sink_(StoppedEvent{});
    return JobEnd::stopped;
  }
  sink_(**result);
  return JobEnd::finished;
}

Result<std::optional<FinishedEvent>> JobRunner::train(const RunCommand& command,
                                                      const std::atomic<bool>& stop) {
  SPIN_ASSIGN(auto config, parse_job(command.config));
  SPIN_ASSIGN(auto data, data_.load(config.dataset, command.data));
  TrainingRun run({std::move(config), command, std::move(data), device_, threads_, sink_, stop});
  SPIN_TRY(run.prepare());
  return run.run();
}

Result<std::optional<FinishedEvent>> JobRunner::train_catching(const RunCommand& command,
                                                               const std::atomic<bool>& stop) {
  try {
    return train(command, stop);
  } catch (const c10::OutOfMemoryError&) {
    return Error{ErrorCode::resource_exhausted, kMemoryAdvice};
  } catch (const c10::Error& error) {
    return from_torch(error);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::resource_exhausted, kMemoryAdvice};
  } catch (const std::exception& error) {
    return Error{ErrorCode::internal, first_line(error.what())};
  }
}

bool JobRunner::device_works() const {
  try {
    return torch::ones({1}, torch::TensorOptions(torch::kFloat).device(device_)).item<float>() == 1;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace spin
