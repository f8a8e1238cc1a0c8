#include "schema/job/trainer_link.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "schema/base/text.h"
#include "schema/design/json_fields.h"

namespace spin {
namespace {

using Json = nlohmann::json;

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// JSON has no NaN and no infinity: a number that is not finite travels as null and comes back as NaN.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

/// Each metric that can be measured of it (MeasuredOf) has a key of its own; no key, or null, is none.
MetricValues read_metrics(JsonFields& fields, unsigned measured_of) {
  MetricValues values;
  for (const auto& facts : kMetrics) {
    if ((facts.measured_of & measured_of) == 0) continue;
    std::optional<double> value;
    fields.read_real(facts.name.data(), value);
    if (value && !is_possible(facts, *value))
      fields.refuse(facts.name.data(), std::string(possible_text(facts)));
    if (value) values.set(facts.metric, *value);
  }
  return values;
}
void add_metrics(Json& json, const MetricValues& values) {
  values.visit([&](const MetricFacts& facts, double value) { json[facts.name.data()] = value; });
}

/// [{"is": "init", "path": "PATH"}, ...]: inputs by their role, outputs by their kind.
template <class Files>
void read_files(JsonFields& fields, const char* key, Files& files) {
  const auto* value = fields.find_optional(key);
  if (!value) return;
  if (!value->is_array()) return fields.refuse(key, "a list of files");
  for (const auto& entry : *value) {
    typename Files::key_type is{};
    std::string path;
    JsonFields file(entry, key);
    file.read("is", is);
    file.read("path", path);
    if (!file.status().ok()) return fields.refuse(file.status().error());
    files.emplace(is, std::move(path));
  }
}
template <class Files>
void add_files(Json& json, const char* key, const Files& files) {
  for (const auto& [is, path] : files) json[key].push_back({{"is", enum_name(is)}, {"path", path}});
}

/// 'TEXT', shortened, as a message shows what came on a line.
std::string excerpt(std::string_view text) {
  constexpr std::size_t kQuotedBytes = 120;
  return "'" + shortened(text, kQuotedBytes) + "'";
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

void read(JsonFields& fields, RunCommand& run) {
  fields.read("config", run.config);
  fields.read_optional("root", run.root);
  fields.read_optional("data", run.data);
  read_files(fields, "inputs", run.inputs);
  read_files(fields, "outputs", run.outputs);
  if (fields.find_optional("checkpoint_seconds"))
    fields.read_count("checkpoint_seconds", run.checkpoint_seconds);
}

void read(JsonFields& fields, StopCommand& stop) { fields.read_optional("save", stop.save); }

void read(JsonFields& fields, ReadyEvent& ready) {
  fields.read("version", ready.version);
  fields.read("libtorch", ready.libtorch);
  fields.read("blas", ready.blas);
  fields.read("device", ready.device);
  fields.read_count("threads", ready.threads);
}

void read_data(JsonFields& fields, DataState& data) {
  fields.read_optional("data", data.fingerprint);
  fields.read_optional("data_summary", data.summary);
}

void read(JsonFields& fields, StartedEvent& started) {
  fields.read_count("params", started.params);
  fields.read_count("flops", started.flops);
  fields.read_count("first_epoch", started.first_epoch);
  read_data(fields, started.data);
}

void read(JsonFields& fields, ProgressEvent& event) {
  Progress& progress = event.progress;
  fields.read_count("epoch", progress.epoch);
  fields.read_count("epochs", progress.epochs);
  fields.read_count("step", progress.step);
  fields.read_count("steps", progress.steps);
  fields.read_real("loss", progress.loss);
  fields.read_real("images_per_second", progress.images_per_second);
}

void read(JsonFields& fields, EpochEvent& event) {
  fields.read_count("epoch", event.metrics.epoch);
  event.metrics.values = read_metrics(fields, kEpoch);
}

void read(JsonFields& fields, CheckpointEvent& checkpoint) {
  fields.read("path", checkpoint.path);
  fields.read_count("epoch", checkpoint.epoch);
}

void read(JsonFields& fields, FinishedEvent& finished) {
  fields.read("outcome", finished.result.outcome);
  finished.result.values = read_metrics(fields, measured_of(finished.result.outcome));
  read_data(fields, finished.result.data);
  read_files(fields, "outputs", finished.outputs);
  if (fields.find_optional("train_images")) fields.read_count("train_images", finished.train_images);
  if (fields.find_optional("eval_images")) fields.read_count("eval_images", finished.eval_images);
}

void read(JsonFields& fields, FailedEvent& failed) {
  fields.read("message", failed.message);
  fields.read_optional("cause", failed.cause);
  fields.read_optional("device_works", failed.device_works);
}

void read(JsonFields& fields, StoppedEvent& stopped) {
  if (fields.find_optional("signal")) fields.read_count("signal", stopped.signal);
}

template <class Variant, class Message>
Result<Variant> message_from(JsonFields fields) {
  Message message;
  read(fields, message);
  SPIN_TRY(fields.status());
  return Variant(std::move(message));
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
  Json json = {{"event", "epoch"}, {"epoch", event.metrics.epoch}};
  add_metrics(json, event.metrics.values);
  return json;
}
Json write(const CheckpointEvent& event) {
  return {{"event", "checkpoint"}, {"path", event.path}, {"epoch", event.epoch}};
}
Json write(const FinishedEvent& event) {
  Json json = {{"event", "finished"},
               {"outcome", enum_name(event.result.outcome)},
               {"data", event.result.data.fingerprint},
               {"data_summary", event.result.data.summary},
               {"train_images", event.train_images},
               {"eval_images", event.eval_images}};
  add_metrics(json, event.result.values);
  add_files(json, "outputs", event.outputs);
  return json;
}
Json write(const FailedEvent& event) {
  Json json = {{"event", "failed"}, {"message", event.message}};
  if (event.cause != FailureCause::job) json["cause"] = enum_name(event.cause);
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
  add_files(json, "inputs", run.inputs);
  add_files(json, "outputs", run.outputs);
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
  const JsonFields fields(json, "command " + name, ": ");
  if (name == "run") return message_from<TrainerCommand, RunCommand>(fields);
  if (name == "stop") return message_from<TrainerCommand, StopCommand>(fields);
  return Error{ErrorCode::invalid_argument, "unknown command " + excerpt(name) + "; expected run or stop"};
}

Result<TrainerEvent> event_from_line(std::string_view line) {
  SPIN_ASSIGN(const auto opened, open_line(line, "event"));
  const auto& [json, name] = opened;
  const JsonFields fields(json, "event " + name, ": ");
  if (name == "ready") return message_from<TrainerEvent, ReadyEvent>(fields);
  if (name == "started") return message_from<TrainerEvent, StartedEvent>(fields);
  if (name == "progress") return message_from<TrainerEvent, ProgressEvent>(fields);
  if (name == "epoch") return message_from<TrainerEvent, EpochEvent>(fields);
  if (name == "checkpoint") return message_from<TrainerEvent, CheckpointEvent>(fields);
  if (name == "finished") return message_from<TrainerEvent, FinishedEvent>(fields);
  if (name == "failed") return message_from<TrainerEvent, FailedEvent>(fields);
  if (name == "stopped") return message_from<TrainerEvent, StoppedEvent>(fields);
  return Error{ErrorCode::invalid_argument,
               "unknown event " + excerpt(name) +
                   "; expected ready, started, progress, epoch, checkpoint, finished, failed or stopped"};
}

}  // namespace spin
