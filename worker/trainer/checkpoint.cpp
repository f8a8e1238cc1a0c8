#include "worker/trainer/checkpoint.h"

#include <set>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "worker/trainer/tensor_file.h"

namespace spin {
namespace {

using nlohmann::json;

constexpr auto kCheckpointFormat = "spin-checkpoint-4";
constexpr auto kModelFormat = "spin-model-1";
constexpr auto kCpuGenerator = "generator.cpu";
constexpr auto kDeviceGenerator = "generator.device";

torch::Tensor generator_state(torch::Device device) {
  return at::globalContext().defaultGenerator(device).get_state();
}

json state_to_json(const RunState& state) {
  const auto& begun = state.begun;
  const auto& phases = begun.phases;
  json value = {{"epoch", state.epoch},
                {"step", state.step},
                {"train_seconds", state.train_seconds},
                {"seconds", state.seconds},
                {"data", state.data},
                {"begun",
                 {{"loss_sum", begun.loss_sum},
                  {"train_seconds", begun.train_seconds},
                  {"data_seconds", phases.data},
                  {"forward_seconds", phases.forward},
                  {"backward_seconds", phases.backward},
                  {"step_seconds", phases.step}}}};
  if (state.kept)
    value["kept"] = {{"epoch", state.kept->epoch}, {"top1", state.kept->top1}, {"top5", state.kept->top5}};
  return value;
}

Result<RunState> state_from_json(const std::string& text, const std::string& file) {
  try {
    const auto value = json::parse(text);
    const auto& begun = value.at("begun");
    RunState state;
    state.epoch = value.at("epoch");
    state.step = value.at("step");
    state.train_seconds = value.at("train_seconds");
    state.seconds = value.at("seconds");
    state.data = value.at("data");
    state.begun = {begun.at("loss_sum"),
                   begun.at("train_seconds"),
                   {begun.at("data_seconds"), begun.at("forward_seconds"), begun.at("backward_seconds"),
                    begun.at("step_seconds")}};
    if (const auto kept = value.find("kept"); kept != value.end())
      state.kept = Evaluated{kept->at("epoch"), kept->at("top1"), kept->at("top5")};
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

/// Fills `state` from the file, which holds these tensors and the generators' only.
Status restore_tensors(const TensorFile& file, const std::vector<NamedTensor>& state,
                       const std::string& where) {
  std::set<std::string_view> known{kCpuGenerator, kDeviceGenerator};
  for (const auto& [name, tensor] : state) {
    SPIN_TRY(copy_checked(file.find(name), tensor, where + ": tensor '" + name + "'"));
    known.insert(name);
  }
  for (const auto& entry : file.tensors)
    if (!known.contains(entry.name))
      return Error{ErrorCode::data_loss,
                   where + ": tensor '" + entry.name + "' is there, and this job has none of that name"};
  return {};
}

Status restore_generator(const TensorFile& file, const char* name, torch::Device device,
                         const std::string& where) {
  auto state = generator_state(device);
  SPIN_TRY(copy_checked(file.find(name), state, where + ": '" + name + "'"));
  auto generator = at::globalContext().defaultGenerator(device);
  generator.set_state(state);
  return {};
}

/// Fusion starts from the same network trained on the same data.
json what_fusion_starts_from(const json& config) {
  return {{"network", config["network"]}, {"dataset", {{"name", config["dataset"]["name"]}}}};
}

}  // namespace

Status save_checkpoint(const std::filesystem::path& path, const json& config, const Learner& learner,
                       torch::Device device, const RunState& state) {
  TensorFile file;
  file.metadata = {
      {"format", kCheckpointFormat}, {"config", config.dump()}, {"state", state_to_json(state).dump()}};
  file.tensors = learner.state();
  file.tensors.push_back({kCpuGenerator, generator_state(torch::kCPU)});
  if (device.is_cuda()) file.tensors.push_back({kDeviceGenerator, generator_state(device)});
  return write_tensor_file(path, file);
}

Result<RunState> load_checkpoint(const std::filesystem::path& path, const json& config, Learner& learner,
                                 torch::Device device) {
  SPIN_ASSIGN(const auto file, read_as(path, kCheckpointFormat, "a checkpoint"));
  const auto theirs = json::parse(file.text("config"), nullptr, /*allow_exceptions=*/false);
  if (!theirs.is_object())
    return Error{ErrorCode::data_loss, path.string() + ": its configuration cannot be read"};
  if (const auto difference = first_difference(theirs, config); !difference.empty())
    return Error{ErrorCode::failed_precondition,
                 path.string() + ": a checkpoint of another job: " + difference};
  SPIN_ASSIGN(const auto state, state_from_json(file.text("state"), path.string()));
  SPIN_TRY(restore_tensors(file, learner.state(), path.string()));
  SPIN_TRY(restore_generator(file, kCpuGenerator, torch::kCPU, path.string()));
  // A checkpoint that a CPU wrote goes on on a GPU too, with the random numbers of its seed.
  if (device.is_cuda() && file.find(kDeviceGenerator).defined())
    SPIN_TRY(restore_generator(file, kDeviceGenerator, device, path.string()));
  learner.set_steps(state.step);
  return state;
}

Status save_model(const std::filesystem::path& path, const json& config, const Model& network) {
  return write_tensor_file(path, {{{"format", kModelFormat}, {"config", config.dump()}}, network.folded()});
}

Status load_initial_weights(const std::filesystem::path& path, const Train& config, Model& network) {
  SPIN_ASSIGN(const auto file, read_as(path, kModelFormat, "a model"));
  const auto theirs = json::parse(file.text("config"), nullptr, /*allow_exceptions=*/false);
  if (!theirs.is_object() || !theirs.contains("network") || !theirs.contains("dataset") ||
      !theirs["dataset"].contains("name"))
    return Error{ErrorCode::data_loss, path.string() + ": its configuration cannot be read"};
  const auto ours = config_to_json(config);
  if (const auto difference =
          first_difference(what_fusion_starts_from(theirs), what_fusion_starts_from(ours));
      !difference.empty())
    return Error{ErrorCode::failed_precondition,
                 path.string() +
                     ": fusion starts from the same network without sharing, this is another: " + difference};
  return network.load(file, path.string());
}

}  // namespace spin
