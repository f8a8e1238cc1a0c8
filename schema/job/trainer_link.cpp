#include "schema/job/trainer_link.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "schema/job/line_fields.h"

namespace spin {
namespace {

using Json = nlohmann::json;

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// JSON has no NaN and no infinity: a number that is not finite travels as null and comes back as NaN.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

constexpr std::array<std::string_view, 3> kCauses = {"job", "permanent", "disk full"};

Result<TrainerEvent> read_failed(LineFields fields) {
  FailedEvent failed;
  failed.message = fields.text("message");
  const std::string cause = fields.optional_text("cause");
  const auto* const known = std::find(kCauses.begin(), kCauses.end(), cause);
  if (known != kCauses.end())
    failed.cause = static_cast<FailureCause>(known - kCauses.begin());
  else if (!cause.empty())
    fields.refuse("cause", "job, permanent or disk full");
  failed.device_works = fields.flag_or("device_works", true);
  return fields.finish<TrainerEvent>(std::move(failed));
}

Result<TrainerEvent> read_stopped(LineFields fields) {
  const StoppedEvent stopped{fields.small_or("signal", 0)};
  return fields.finish<TrainerEvent>(stopped);
}

/// Parses one line into an object and takes the string that says what it is.
Result<std::pair<Json, std::string>> open_line(std::string_view line, const char* key) {
  Json json = Json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return Error{ErrorCode::invalid_argument,
                 "not a JSON object on one line: " + excerpt(line) + "; expected {\"" + key + "\": ...}"};
  }
  const auto kind = json.find(key);
  if (kind == json.end() || !kind->is_string()) {
    return Error{ErrorCode::invalid_argument, std::string("no string '") + key + "' in " + excerpt(line)};
  }
  std::string name = kind->get<std::string>();
  return std::pair{std::move(json), std::move(name)};
}

Result<TrainerCommand> read_run(LineFields fields) {
  RunCommand run;
  run.config = fields.text("config");
  run.root = fields.optional_text("root");
  run.data = fields.optional_text("data");
  run.checkpoint = fields.optional_text("checkpoint");
  run.model = fields.optional_text("model");
  run.resume = fields.optional_text("resume");
  run.init = fields.optional_text("init");
  if (fields.has("checkpoint_seconds")) run.checkpoint_seconds = fields.small("checkpoint_seconds");
  return fields.finish<TrainerCommand>(std::move(run));
}

Result<TrainerCommand> read_stop(LineFields fields) {
  const StopCommand stop{fields.flag_or("save", true)};
  return fields.finish<TrainerCommand>(stop);
}

Result<TrainerEvent> read_ready(LineFields fields) {
  ReadyEvent ready;
  ready.version = fields.text("version");
  ready.libtorch = fields.text("libtorch");
  ready.blas = fields.text("blas");
  ready.device = fields.text("device");
  ready.threads = fields.small("threads");
  return fields.finish<TrainerEvent>(std::move(ready));
}

Result<TrainerEvent> read_progress(LineFields fields) {
  Progress progress;
  progress.epoch = fields.small("epoch");
  progress.epochs = fields.small("epochs");
  progress.step = fields.count("step");
  progress.steps = fields.count("steps");
  progress.loss = fields.real("loss");
  progress.images_per_second = fields.real("images_per_second");
  return fields.finish<TrainerEvent>(ProgressEvent{progress});
}

Result<TrainerEvent> read_epoch(LineFields fields) {
  EpochMetrics metrics;
  metrics.epoch = fields.small("epoch");
  metrics.loss = fields.real("loss");
  metrics.top1 = fields.optional_real("top1");
  metrics.top5 = fields.optional_real("top5");
  metrics.images_per_second = fields.real("images_per_second");
  metrics.seconds = fields.real("seconds");
  metrics.data_seconds = fields.optional_real("data_seconds");
  metrics.forward_seconds = fields.optional_real("forward_seconds");
  metrics.backward_seconds = fields.optional_real("backward_seconds");
  metrics.step_seconds = fields.optional_real("step_seconds");
  metrics.evaluation_seconds = fields.optional_real("evaluation_seconds");
  return fields.finish<TrainerEvent>(EpochEvent{metrics});
}

DataState read_data(LineFields& fields) {
  return {fields.optional_text("data"), fields.optional_text("data_summary")};
}

Result<TrainerEvent> read_finished(LineFields fields) {
  FinishedEvent finished;
  const std::string outcome = fields.text("outcome");
  if (outcome == "diverged") {
    finished.result.outcome = Outcome::diverged;
  } else if (!outcome.empty() && outcome != "completed") {
    fields.refuse("outcome", "completed or diverged");
  }
  finished.result.top1 = fields.optional_real("top1");
  finished.result.top5 = fields.optional_real("top5");
  finished.result.params = fields.count("params");
  finished.result.flops = fields.count("flops");
  finished.result.images_per_second = fields.real("images_per_second");
  finished.result.peak_bytes = fields.count("peak_bytes");
  finished.result.seconds = fields.real("seconds");
  finished.result.data = read_data(fields);
  finished.model = fields.optional_text("model");
  finished.train_images = fields.optional_count("train_images");
  finished.eval_images = fields.optional_count("eval_images");
  return fields.finish<TrainerEvent>(std::move(finished));
}

Json write(const ReadyEvent& event) {
  return {{"event", "ready"},   {"version", event.version}, {"libtorch", event.libtorch},
          {"blas", event.blas}, {"device", event.device},   {"threads", event.threads}};
}
Json write(const StartedEvent& event) {
  return {{"event", "started"},
          {"params", event.params},
          {"flops", event.flops},
          {"first_epoch", event.first_epoch},
          {"data", event.data.fingerprint},
          {"data_summary", event.data.summary}};
}
Json write(const ProgressEvent& event) {
  const Progress& progress = event.progress;
  return {{"event", "progress"},
          {"epoch", progress.epoch},
          {"epochs", progress.epochs},
          {"step", progress.step},
          {"steps", progress.steps},
          {"loss", number(progress.loss)},
          {"images_per_second", number(progress.images_per_second)}};
}
Json write(const EpochEvent& event) {
  const EpochMetrics& metrics = event.metrics;
  return {{"event", "epoch"},
          {"epoch", metrics.epoch},
          {"loss", number(metrics.loss)},
          {"top1", number(metrics.top1)},
          {"top5", number(metrics.top5)},
          {"images_per_second", number(metrics.images_per_second)},
          {"seconds", number(metrics.seconds)},
          {"data_seconds", number(metrics.data_seconds)},
          {"forward_seconds", number(metrics.forward_seconds)},
          {"backward_seconds", number(metrics.backward_seconds)},
          {"step_seconds", number(metrics.step_seconds)},
          {"evaluation_seconds", number(metrics.evaluation_seconds)}};
}
Json write(const CheckpointEvent& event) {
  return {{"event", "checkpoint"}, {"path", event.path}, {"epoch", event.epoch}};
}
Json write(const FinishedEvent& event) {
  const JobResult& result = event.result;
  Json json = {{"event", "finished"},
               {"outcome", result.outcome == Outcome::diverged ? "diverged" : "completed"},
               {"top1", number(result.top1)},
               {"top5", number(result.top5)},
               {"params", result.params},
               {"flops", result.flops},
               {"images_per_second", number(result.images_per_second)},
               {"peak_bytes", result.peak_bytes},
               {"seconds", number(result.seconds)},
               {"data", result.data.fingerprint},
               {"data_summary", result.data.summary},
               {"train_images", event.train_images},
               {"eval_images", event.eval_images}};
  if (!event.model.empty()) json["model"] = event.model;
  return json;
}
Json write(const FailedEvent& event) {
  Json json = {{"event", "failed"}, {"message", event.message}};
  if (event.cause != FailureCause::job) json["cause"] = kCauses[static_cast<std::size_t>(event.cause)];
  if (!event.device_works) json["device_works"] = false;
  return json;
}
Json write(const StoppedEvent& event) {
  Json json = Json::object({{"event", "stopped"}});
  if (event.signal != 0) json["signal"] = event.signal;
  return json;
}

Json write(const RunCommand& run) {
  Json json = {{"command", "run"}, {"config", run.config}};
  const auto add = [&json](const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
  };
  add("root", run.root);
  add("data", run.data);
  add("checkpoint", run.checkpoint);
  add("model", run.model);
  add("resume", run.resume);
  add("init", run.init);
  if (run.checkpoint_seconds != kCheckpointSeconds) json["checkpoint_seconds"] = run.checkpoint_seconds;
  return json;
}
Json write(const StopCommand& stop) {
  Json json = Json::object({{"command", "stop"}});
  if (!stop.save) json["save"] = false;
  return json;
}

}  // namespace

std::string to_line(const TrainerCommand& command) {
  return std::visit([](const auto& value) { return dump(write(value)); }, command);
}

std::string to_line(const TrainerEvent& event) {
  return std::visit([](const auto& value) { return dump(write(value)); }, event);
}

Result<TrainerCommand> command_from_line(std::string_view line) {
  SPIN_ASSIGN(const auto opened, open_line(line, "command"));
  const auto& [json, name] = opened;
  if (name == "run") return read_run(LineFields(json, "command run"));
  if (name == "stop") return read_stop(LineFields(json, "command stop"));
  return Error{ErrorCode::invalid_argument, "unknown command " + excerpt(name) + "; expected run or stop"};
}

Result<TrainerEvent> event_from_line(std::string_view line) {
  SPIN_ASSIGN(const auto opened, open_line(line, "event"));
  const auto& [json, name] = opened;
  LineFields fields(json, "event " + name);
  if (name == "ready") return read_ready(fields);
  if (name == "started") {
    StartedEvent started{fields.count("params"), fields.count("flops"), fields.small("first_epoch"),
                         read_data(fields)};
    return fields.finish<TrainerEvent>(started);
  }
  if (name == "progress") return read_progress(fields);
  if (name == "epoch") return read_epoch(fields);
  if (name == "checkpoint") {
    CheckpointEvent checkpoint{fields.text("path"), fields.small("epoch")};
    return fields.finish<TrainerEvent>(std::move(checkpoint));
  }
  if (name == "finished") return read_finished(fields);
  if (name == "failed") return read_failed(fields);
  if (name == "stopped") return read_stopped(fields);
  return Error{ErrorCode::invalid_argument,
               "unknown event " + excerpt(name) +
                   "; expected ready, started, progress, epoch, checkpoint, finished, failed or stopped"};
}

}  // namespace spin
