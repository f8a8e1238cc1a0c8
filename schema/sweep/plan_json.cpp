#include <array>
#include <charconv>
#include <ostream>

#include <nlohmann/json.hpp>

#include "schema/design/config_text.h"
#include "schema/design/names.h"
#include "schema/sweep/plan.h"

namespace spin {
namespace {

using nlohmann::json;

/// One JSON object, key by key: a plan of a million jobs has no time for a tree of each.
class ObjectText {
 public:
  explicit ObjectText(std::size_t bytes) { text_.reserve(bytes); }

  /// `value` is JSON already.
  void add(std::string_view key, std::string_view value) {
    text_ += text_.empty() ? '{' : ',';
    ((text_ += '"') += key) += "\":";
    text_ += value;
  }
  void add(std::string_view key, std::int64_t value) { add(key, std::to_string(value)); }
  std::string take() {
    text_ += '}';
    return std::move(text_);
  }

 private:
  std::string text_;
};

std::string in_quotes(std::string_view plain) { return ('"' + std::string(plain)) += '"'; }

std::string list_of(const std::vector<int>& numbers) {
  std::string text;
  text.reserve(4 * numbers.size() + 2);
  std::array<char, 16> digits{};
  for (const int number : numbers) {
    text += text.empty() ? '[' : ',';
    text.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
  }
  return text.empty() ? "[]" : text += ']';
}

std::string list_of(const std::vector<JobInput>& inputs) {
  std::string text;
  for (const auto& input : inputs) (text += text.empty() ? '[' : ',') += in_quotes(input.job.hex());
  return text.empty() ? "[]" : text += ']';
}

/// Which shared network a cell is a plain counterpart of; null for all others.
std::string text_of(const Baseline* baseline) {
  if (!baseline) return "null";
  return json{{"by", enum_name(baseline->by)},
              {"of", baseline->of},
              {"params_ratio", baseline->params_ratio},
              {"flops_ratio", baseline->flops_ratio}}
      .dump();
}

}  // namespace

std::string job_to_json(const PlannedJob& job, const Cell& cell, std::string_view config) {
  constexpr std::size_t kFrameBytes = 1024;
  const auto size = size_of(job.task);
  const auto& root = dataset_of(job.task).root;
  ObjectText object(config.size() + kFrameBytes);
  object.add("name", in_quotes(name_of(cell, seed_of(job.task))));  // letters, digits, - _ . alone
  object.add("hash", in_quotes(job.id.hex()));
  object.add("seed", seed_of(job.task));
  object.add("params", cell.cost.params);
  object.add("flops", cell.cost.flops);
  object.add("trained_params", size.trained_params);
  object.add("activation_bytes", size.activation_bytes);
  object.add("training_bytes", size.peak_bytes);
  object.add("checkpoint_bytes", size.checkpoint_bytes);
  object.add("groups", list_of(groups_of(job.task)));
  object.add("depends_on", list_of(job.inputs));
  object.add("baseline", text_of(cell.baseline.get()));
  object.add("root", root.empty() ? "\"\"" : json(root).dump());
  object.add("config", config);
  return object.take();
}

void write_plan_json(const SweepPlan& plan, std::ostream& out) {
  ConfigText text;
  const char* separator = "\n  ";
  out << "{\"sweep\": " << json(plan.name).dump() << ",\n \"jobs\": [";
  for (const auto& job : plan.jobs) {
    out << separator << job_to_json(job, plan.cell_of(job), text.of(job.task));
    separator = ",\n  ";
  }
  const json totals = {{"jobs", plan.jobs.size()},
                       {"cells", plan.cells.size()},
                       {"left_out_by_exclude", plan.left_out_by_exclude},
                       {"left_out_by_limits", plan.left_out_by_limits}};
  out << "],\n \"totals\": " << totals.dump() << ",\n \"notes\": " << json(plan.notes).dump() << "}\n";
}

}  // namespace spin
