#include "worker/trainer/checkpoint.h"

#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "worker/trainer/tensor_file.h"

namespace spin {
namespace {

using nlohmann::json;

constexpr auto kCheckpointFormat = "spin-checkpoint-1";
constexpr auto kModelFormat = "spin-model-1";
constexpr auto kFirstMoment = "optimizer.first_moment";
constexpr auto kSecondMoment = "optimizer.second_moment";
constexpr auto kCpuGenerator = "generator.cpu";
constexpr auto kDeviceGenerator = "generator.device";

torch::Tensor generator_state(torch::Device device) {
  return at::globalContext().defaultGenerator(device).get_state();
}

json state_to_json(const RunState& state) {
  return {{"epoch", state.epoch},
          {"step", state.step},
          {"images", state.images},
          {"train_seconds", state.train_seconds},
          {"seconds", state.seconds},
          {"last",
           {{"epoch", state.last.epoch},
            {"loss", state.last.loss},
            {"top1", state.last.top1},
            {"top5", state.last.top5},
            {"images_per_second", state.last.images_per_second},
            {"seconds", state.last.seconds}}}};
}

Result<RunState> state_from_json(const std::string& text, const std::string& file) {
  try {
    const auto value = json::parse(text);
    const auto& last = value.at("last");
    RunState state{value.at("epoch"),         value.at("step"),    value.at("images"),
                   value.at("train_seconds"), value.at("seconds"), {}};
    state.last = {
        last.at("epoch"),  last.at("loss"), last.at("top1"), last.at("top5"), last.at("images_per_second"),
        last.at("seconds")};
    return state;
  } catch (const json::exception&) {
    return Error{ErrorCode::data_loss, file + ": its run state cannot be read"};
  }
}

/// The first setting that differs, as a sentence; empty where none does.
std::string first_difference(const json& theirs, const json& ours) {
  const auto patch = json::diff(theirs, ours);
  if (patch.empty()) return {};
  const json::json_pointer pointer(patch.front().at("path").get<std::string>());
  const auto show = [&](const json& value) {
    return value.contains(pointer) ? value.at(pointer).dump() : std::string("nothing");
  };
  auto path = pointer.to_string().substr(1);
  for (auto& c : path)
    if (c == '/') c = '.';
  return path + " is " + show(theirs) + " there and " + show(ours) + " here";
}

Result<TensorFile> read_as(const std::filesystem::path& path, std::string_view format,
                           const std::string& what) {
  SPIN_ASSIGN(auto file, read_tensor_file(path));
  if (const auto found = file.text("format"); found != format)
    return Error{ErrorCode::data_loss, path.string() + ": not " + what + " of spin: its format is '" + found +
                                           "', '" + std::string(format) + "' was expected"};
  return file;
}

std::vector<NamedTensor> state_tensors(const RunParts& run) {
  std::vector<NamedTensor> list;
  for (const auto& parameter : run.network.parameters()) list.push_back({parameter.name, parameter.value});
  for (auto& buffer : run.network.buffers()) list.push_back(std::move(buffer));
  list.push_back({kFirstMoment, run.optimizer.first_moment()});
  list.push_back({kSecondMoment, run.optimizer.second_moment()});
  return list;
}

Status restore_generator(const TensorFile& file, const char* name, torch::Device device,
                         const std::string& where) {
  auto state = generator_state(device);
  SPIN_TRY(copy_checked(file.find(name), state, where + ": '" + name + "'"));
  auto generator = at::globalContext().defaultGenerator(device);
  generator.set_state(state);
  return {};
}

}  // namespace

Status save_checkpoint(const std::filesystem::path& path, const json& config, const RunParts& run,
                       const RunState& state) {
  TensorFile file;
  file.metadata = {
      {"format", kCheckpointFormat}, {"config", config.dump()}, {"state", state_to_json(state).dump()}};
  file.tensors = state_tensors(run);
  file.tensors.push_back({kCpuGenerator, generator_state(torch::kCPU)});
  if (run.device.is_cuda()) file.tensors.push_back({kDeviceGenerator, generator_state(run.device)});
  return write_tensor_file(path, file);
}

Result<RunState> load_checkpoint(const std::filesystem::path& path, const json& config, const RunParts& run) {
  SPIN_ASSIGN(const auto file, read_as(path, kCheckpointFormat, "a checkpoint"));
  const auto theirs = json::parse(file.text("config"), nullptr, /*allow_exceptions=*/false);
  if (!theirs.is_object())
    return Error{ErrorCode::data_loss, path.string() + ": its configuration cannot be read"};
  if (const auto difference = first_difference(theirs, config); !difference.empty())
    return Error{ErrorCode::failed_precondition,
                 path.string() + ": a checkpoint of another job: " + difference};
  SPIN_ASSIGN(const auto state, state_from_json(file.text("state"), path.string()));
  for (const auto& [name, tensor] : state_tensors(run))
    SPIN_TRY(copy_checked(file.find(name), tensor, path.string() + ": tensor '" + name + "'"));
  SPIN_TRY(restore_generator(file, kCpuGenerator, torch::kCPU, path.string()));
  // A checkpoint that a CPU wrote goes on on a GPU too, with the random numbers of its seed.
  if (run.device.is_cuda() && file.find(kDeviceGenerator).defined())
    SPIN_TRY(restore_generator(file, kDeviceGenerator, run.device, path.string()));
  run.optimizer.set_steps(state.step);
  return state;
}

Status save_model(const std::filesystem::path& path, const json& config, const Model& network) {
  return write_tensor_file(path, {{{"format", kModelFormat}, {"config", config.dump()}}, network.folded()});
}

Status load_initial_weights(const std::filesystem::path& path, const JobConfig& config, Model& network) {
  SPIN_ASSIGN(const auto file, read_as(path, kModelFormat, "a model"));
  const auto theirs = json::parse(file.text("config"), nullptr, /*allow_exceptions=*/false);
  if (!theirs.is_object() || !theirs.contains("network") || !theirs.contains("dataset"))
    return Error{ErrorCode::data_loss, path.string() + ": its configuration cannot be read"};
  const auto ours = config_to_json(config);
  if (const auto difference =
          first_difference({{"network", theirs["network"]}}, {{"network", ours["network"]}});
      !difference.empty())
    return Error{ErrorCode::failed_precondition,
                 path.string() +
                     ": fusion starts from the same network without sharing, this is another: " + difference};
  return network.load(file, path.string());
}

}  // namespace spin
