#include "client/render/model_card.h"

#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "client/render/facts.h"
#include "client/render/numbers.h"
#include "schema/design/config_json.h"
#include "schema/design/family.h"
#include "schema/design/names.h"

namespace spin::render {
namespace {

using nlohmann::json;

std::string value_text(const json& value) {
  if (value.is_null()) return "none";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

void add_settings(Facts& facts, const json& settings) {
  for (const auto& [key, value] : settings.items()) facts.emplace_back(key, value_text(value));
}

Facts network_facts(const TakenModel& model) {
  const auto& task = model.task;
  const auto norm = describe(task.network.family).norm;
  Facts facts;
  add_settings(facts, network_to_json(task.network));
  facts.emplace_back("norm", norm == Norm::batch ? "BatchNorm" : "LayerNorm");
  facts.emplace_back("norm eps", fmt::format("{}", epsilon_of(norm)));
  facts.emplace_back("group of each layer", fmt::format("{} ({})", fmt::join(task.topology.layers(), " "),
                                                        counted(task.topology.group_count(), "group")));
  const std::vector<std::string> shared = sharing_to_json(task.topology, task.components).at("components");
  facts.emplace_back("a group shares",
                     shared.empty() ? "nothing" : fmt::format("{}", fmt::join(shared, ", ")));
  facts.emplace_back("transform", transform_label(task.transform));
  facts.emplace_back("fusion", fusion_label(task.fusion));
  facts.emplace_back("params", std::to_string(model.job.row.params));
  facts.emplace_back("FLOPs", std::to_string(model.job.row.flops));
  return facts;
}

std::string size_text(const Train& task, const KnownDataset& known) {
  const int size = task.network.resolution;
  auto text = fmt::format("{} x {} pixels", size, size);
  if (known.format == DatasetFormat::image_folder)
    return fmt::format("{}: the centre of an image whose shorter side was scaled to {}", text, size * 8 / 7);
  return size == task.dataset.facts.resolution ? text : text + ", which images are scaled to";
}

Facts input_facts(const Train& task) {
  const auto& set = task.dataset;
  Facts facts{{"data set", title_of(set)}, {"classes", std::to_string(set.facts.classes)}};
  facts.emplace_back("channels", set.facts.channels == 1 ? "1 (gray)" : "3 (red, green, blue)");
  const auto* known = find_dataset(set.name);
  if (known == nullptr) return facts;
  facts.emplace_back("size", size_text(task, *known));
  facts.emplace_back("mean", fmt::format("{}", fmt::join(known->pixels.mean, ", ")));
  facts.emplace_back("deviation", fmt::format("{}", fmt::join(known->pixels.deviation, ", ")));
  return facts;
}

Facts result_facts(const TakenModel& model) {
  Facts facts;
  if (model.job.result) add_result(facts, *model.job.result);
  facts.emplace_back("seed", std::to_string(model.task.seed));
  facts.emplace_back("epochs", std::to_string(model.task.training.epochs));
  return facts;
}

Facts recipe_facts(const Train& task) {
  Facts facts;
  add_settings(facts, training_to_json(task.training));
  const auto limit = [&facts](const char* name, std::int64_t images) {
    if (images > 0) facts.emplace_back(name, fmt::format("the first {}", images));
  };
  limit("training images", task.dataset.train_limit);
  limit("evaluation images", task.dataset.eval_limit);
  return facts;
}

Facts file_facts(const TakenModel& model) {
  return {{"job", model.job.row.id.hex()},
          {"sweeps", fmt::format("{}", fmt::join(model.job.sweeps, ", "))},
          {"model.safetensors", byte_size(model.file.bytes)},
          {"SHA-256", model.file.id.hex()}};
}

constexpr const char* kInput = R"(
Planes [N, channels, height, width], each channel x = (byte / 255 - mean) / deviation.
)";

constexpr const char* kTensors = R"(
## Tensors

fp32, folded: what layers share stands once, fusion is worked out. PART.INDEX.KIND is a tensor of a block, where INDEX is
the layer, or its group where the group shares that tensor; outside the blocks it is PART.KIND. PART.LAYER.transform.weight
and .bias change the group's weight for that layer. `load.py` reads them, and runs the network; `python3-torch` suffices.
)";

/// A line for each section.
std::string json_text(const json& config) {
  std::string text;
  for (const auto& [key, value] : config.items())
    text += fmt::format("{}  {}: {}", text.empty() ? "{\n" : ",\n", json(key).dump(), value.dump());
  return text + "\n}\n";
}

std::string made_by(const TakenModel& model) {
  std::string again = "spin-train job.json --model model.safetensors";
  if (has_id(model.task.dataset.name)) again += " --data FOLDER";
  if (model.task.init_from)
    again += fmt::format(" --init unshared.safetensors   # the model of job {}", model.task.init_from->hex());
  return fmt::format(
      "\n## Made by\n\n    {}\n\nTraining again, `job.json` being what stands below:\n\n    "
      "{}\n\n```json\n{}```\n",
      model.command, again, json_text(config_to_json(model.task)));
}

void write_section(std::ostream& out, const char* title, const Facts& facts) {
  out << "\n## " << title << "\n\n";
  write_table(out, facts_table(facts), Format::markdown, {});
}

}  // namespace

std::string model_card(const TakenModel& model) {
  std::ostringstream out;
  out << "# " << model.job.row.name << "\n\n";
  write_table(out, facts_table(file_facts(model)), Format::markdown, {});
  write_section(out, "Result", result_facts(model));
  write_section(out, "Network", network_facts(model));
  write_section(out, "Input", input_facts(model.task));
  out << kInput;
  write_section(out, "Recipe", recipe_facts(model.task));
  out << kTensors << made_by(model);
  return out.str();
}

}  // namespace spin::render
