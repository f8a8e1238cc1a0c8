#include "client/commands/model_target.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "client/render/numbers.h"
#include "schema/job/names.h"

namespace spin::cli {
namespace {

constexpr std::string_view kSeedMark = ".s";

/// The seed's digits in the name of a job of the cell; nothing where it is of another one.
std::string_view seed_in(std::string_view name, std::string_view cell) {
  if (!name.starts_with(cell)) return {};
  name.remove_prefix(cell.size());
  if (!name.starts_with(kSeedMark)) return {};
  name.remove_prefix(kSeedMark.size());
  return name.find_first_not_of("0123456789") == std::string_view::npos ? name : std::string_view{};
}

/// What would make a job of this state have a model.
std::string advice_for(JobState state, const std::string& sweep, const std::string& name) {
  switch (state) {
    case JobState::waiting:
    case JobState::ready:
    case JobState::backoff:
    case JobState::running:
      return fmt::format("`spinctl watch {}` shows when it is done", sweep);
    case JobState::paused:
      return fmt::format("`spinctl resume {}/{}` lets it go on", sweep, name);
    case JobState::failed:
    case JobState::blocked:
    case JobState::cancelled:
      return fmt::format("`spinctl job {0}/{1}` says why, `spinctl retry {0}/{1}` trains it after all", sweep,
                         name);
    case JobState::diverged:
      return "its loss was no longer finite, and what diverges leaves none";
    case JobState::completed:
      break;
  }
  return "`spinctl submit FILE --retrain=all` trains it anew";
}

Error no_model(const JobRow& row, const std::string& sweep) {
  return {ErrorCode::failed_precondition,
          fmt::format("{} has no model: it is {}; {}", row.name, enum_name(row.state),
                      advice_for(row.state, sweep, row.name))};
}

Result<ModelTarget> finished(JobDetail job, std::string why) {
  const auto model = artifact_in(job.artifacts, ArtifactKind::model);
  if (job.row.state != JobState::completed || !model)
    return no_model(job.row, job.sweeps.empty() ? "SWEEP" : job.sweeps.front());
  return ModelTarget{std::move(job), *model, std::move(why)};
}

/// Seeds of the cell, in the order of the sweep.
Result<std::vector<JobRow>> seeds_of(ControlClient& client, const std::string& sweep,
                                     const std::string& cell) {
  SPIN_ASSIGN(auto rows, client.jobs(sweep));
  std::erase_if(rows, [&cell](const JobRow& row) { return seed_in(row.name, cell).empty(); });
  return rows;
}

/// "2 running, 1 failed".
std::string states_of(const std::vector<JobRow>& rows) {
  StateCounts counts;
  for (const auto& row : rows) ++counts[row.state];
  std::string text;
  for (const auto& facts : kJobStates)
    if (counts.*facts.count > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts.*facts.count, facts.name);
  return text;
}

Result<ModelTarget> best_of(ControlClient& client, const std::string& sweep, const std::string& cell,
                            const std::vector<JobRow>& rows) {
  const JobRow* best = nullptr;
  std::int64_t done = 0;
  for (const auto& row : rows) {
    if (row.state != JobState::completed) continue;
    ++done;
    if (best == nullptr || row.top1.value_or(-1) > best->top1.value_or(-1)) best = &row;
  }
  if (best == nullptr && rows.size() == 1) return no_model(rows.front(), sweep);
  if (best == nullptr)
    return Error{ErrorCode::failed_precondition,
                 fmt::format("no seed of {} is done: {}", cell, states_of(rows))};
  auto why = fmt::format("seed {} has the best top-1 of the {} done, {} %", seed_in(best->name, cell),
                         render::counted(done, "seed"), render::fixed(best->top1.value_or(0), 2));
  SPIN_ASSIGN(auto job, client.job(sweep + "/" + best->name));
  return finished(std::move(job), std::move(why));
}

}  // namespace

Result<ModelTarget> find_model(ControlClient& client, const std::string& text,
                               std::optional<std::int64_t> seed) {
  const auto slash = text.find('/');
  if (seed && slash == std::string::npos)
    return Error{ErrorCode::invalid_argument, "--seed chooses a job of a cell; give that as SWEEP/CELL"};
  auto job = client.job(seed ? fmt::format("{}{}{}", text, kSeedMark, *seed) : text);
  if (job.ok()) return finished(std::move(*job), "");
  if (seed || slash == std::string::npos || job.error().code != ErrorCode::not_found) return job.error();
  const auto cell = text.substr(slash + 1);
  const auto sweep = text.substr(0, slash);
  SPIN_ASSIGN(const auto rows, seeds_of(client, sweep, cell));
  if (rows.empty()) return job.error();
  return best_of(client, sweep, cell, rows);
}

}  // namespace spin::cli
