#include "client/render/plan_listing.h"

#include <memory>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "client/render/cells.h"
#include "schema/design/names.h"

namespace spin::render {
namespace {

using Names = std::unordered_map<JobId, std::string>;

Names names_of(const SweepPlan& plan) {
  Names names;
  names.reserve(plan.jobs.size());
  for (const auto& job : plan.jobs) names.emplace(job.id, plan.name_of(job));
  return names;
}

/// People see names, machines hashes.
TableCell dependencies(const PlannedJob& job, const Names& names) {
  std::vector<std::string> hashes;
  std::string text;
  for (const auto& [role, id] : job.inputs) {
    hashes.push_back(id.hex());
    const auto known = names.find(id);
    text += (text.empty() ? "" : ", ") + (known == names.end() ? id.short_hex() : known->second);
  }
  return {std::move(text), std::move(hashes), Tone::muted};
}

/// "depth baseline of 64/8/4/3 sequential 2: params +1.2 %, FLOPs -0.3 %".
std::string remark(const Baseline* baseline) {
  if (!baseline) return {};
  return fmt::format("{} baseline of {}: params {:+.1f} %, FLOPs {:+.1f} %", enum_name(baseline->by),
                     baseline->of, 100 * (baseline->params_ratio - 1), 100 * (baseline->flops_ratio - 1));
}

TableCell bytes_cell(std::int64_t bytes) { return {byte_size(bytes), bytes, Tone::plain}; }

Row plan_row(const SweepPlan& plan, const PlannedJob& job, const Names& names) {
  const auto& groups = groups_of(job.task);
  const auto& cell = plan.cell_of(job);
  const auto size = size_of(job.task);
  return {text_cell(names.at(job.id)),
          value_cell(job.id.hex()),
          value_cell(seed_of(job.task)),
          quantity_cell(cell.cost.params),
          quantity_cell(cell.cost.flops),
          value_cell(size.trained_params),
          value_cell(size.activation_bytes),
          bytes_cell(size.peak_bytes),
          value_cell(size.checkpoint_bytes),
          {fmt::format("{}/{}", std::set(groups.begin(), groups.end()).size(), groups.size()), groups,
           Tone::plain},
          dependencies(job, names),
          optional_text_cell(remark(cell.baseline.get()), Tone::muted)};
}

}  // namespace

Table plan_table(const SweepPlan& plan) {
  const auto names = std::make_shared<const Names>(names_of(plan));
  const auto row = [&plan, names](std::size_t i) { return plan_row(plan, plan.jobs[i], *names); };
  return {{{.key = "name", .title = "job", .shrink = 1, .min_width = 20, .cut = Cut::middle},
           {.key = "hash", .title = "", .audience = Audience::machines},
           {.key = "seed", .title = "", .audience = Audience::machines},
           {.key = "params", .title = "params", .align = Align::right},
           {.key = "flops", .title = "FLOPs", .align = Align::right},
           {.key = "trained_params", .title = "", .audience = Audience::machines},
           {.key = "activation_bytes", .title = "", .audience = Audience::machines},
           {.key = "training_bytes", .title = "memory", .align = Align::right, .rank = 3},
           {.key = "checkpoint_bytes", .title = "", .audience = Audience::machines},
           {.key = "groups", .title = "groups/layers", .align = Align::right, .rank = 2},
           {.key = "depends_on",
            .title = "depends on",
            .shrink = 2,
            .min_width = 12,
            .cut = Cut::middle,
            .rank = 1,
            .drop_if = ""},
           {.key = "baseline", .title = "baseline", .shrink = 3, .min_width = 20, .rank = 2, .drop_if = ""}},
          plan.jobs.size(),
          row};
}

std::string plan_summary(const PlanTotals& totals) {
  std::string text = fmt::format("{} in {}", counted(totals.jobs, "job"), counted(totals.cells, "cell"));
  if (totals.left_out_by_exclude > 0)
    text += fmt::format("; {} left out by exclude", counted(totals.left_out_by_exclude, "cell"));
  if (totals.left_out_by_limits > 0)
    text += fmt::format("; {} left out by limits", counted(totals.left_out_by_limits, "cell"));
  return text;
}

}  // namespace spin::render
