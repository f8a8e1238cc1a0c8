#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "schema/design/memory.h"
#include "schema/sweep/plan.h"

// An input is a sweep file, and behind it as many overrides as lines that begin with "--set ".

namespace spin {
namespace {

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::cerr << "broken promise: " << what << std::endl;
  std::abort();
}

struct Input {
  std::string_view text;
  std::vector<Override> overrides;
};

/// None where an override is refused.
std::optional<Input> input_of(std::string_view bytes) {
  constexpr std::string_view kMark = "\n--set ";
  Input input;
  auto at = bytes.find(kMark);
  input.text = at == std::string_view::npos ? bytes : bytes.substr(0, at + 1);
  while (at != std::string_view::npos) {
    const auto begin = at + kMark.size();
    at = bytes.find(kMark, begin);
    const auto parsed = parse_override(bytes.substr(begin, at == std::string_view::npos ? at : at - begin));
    if (!parsed.ok()) return std::nullopt;
    input.overrides.push_back(*parsed);
  }
  return input;
}

void check_refusal(const Error& error) {
  require(error.code == ErrorCode::invalid_argument || error.code == ErrorCode::resource_exhausted ||
              error.code == ErrorCode::unsupported,
          "a file is refused as bad, too large or not served: " + error.message);
  require(error.message.starts_with("s.yaml:") || error.message.starts_with("--set "),
          "an error names its place: " + error.message);
}

/// A plan of many jobs costs seconds to look at in full.
constexpr std::size_t kJobsLookedAt = 50;

void check_plan(const SweepPlan& plan) {
  require(static_cast<std::int64_t>(plan.jobs.size()) <= kMaxSweepJobs,
          "a sweep stays within its limit of jobs");
  for (std::size_t i = 0; i < plan.jobs.size() && i < kJobsLookedAt; ++i) {
    const auto& job = plan.jobs[i];
    require(validate(train_of(job)).ok(), "a planned job is valid");
    require(canonical(job.task) == job.task, "a planned job is canonical");
    require(job_id(job.task) == job.id, "a job's identity is that of its configuration");
    const auto read = config_from_json(nlohmann::json::parse(config_to_json(train_of(job)).dump()));
    require(read.ok() && *read == train_of(job), "a configuration survives its JSON");
    require(job.cell >= 0 && static_cast<std::size_t>(job.cell) < plan.cells.size(), "a job has a cell");
    const auto& cost = plan.cells[static_cast<std::size_t>(job.cell)].cost;
    require(cost.params > 0 && cost.flops > 0, "a network has parameters and work");
    require(training_memory(train_of(job)).total() > 0 && checkpoint_bytes(train_of(job)) > 0,
            "training takes memory");
  }
}

/// Without holding them, the same jobs come in the same order, or the same refusal.
void check_streamed(const Input& input, const Result<SweepPlan>& planned) {
  std::size_t seen = 0;
  const auto visit = [&](const PlannedJob& job, const Cell&, const CanonicalText&) {
    if (planned.ok())
      require(seen < planned->jobs.size() && planned->jobs[seen].id == job.id,
              "jobs come in the order of the plan");
    ++seen;
    return Status();
  };
  const auto totals = visit_jobs("s.yaml", input.text, input.overrides, visit);
  require(totals.ok() == planned.ok(), "a file is planned both ways or not at all");
  if (planned.ok())
    require(seen == planned->jobs.size(), "every job comes");
  else
    require(totals.error().message == planned.error().message, "a refusal says the same both ways");
}

}  // namespace
}  // namespace spin

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = spin::input_of({reinterpret_cast<const char*>(data), size});
  if (!input) return -1;
  const auto planned = spin::plan_sweep("s.yaml", input->text, input->overrides);
  if (planned.ok())
    spin::check_plan(*planned);
  else
    spin::check_refusal(planned.error());
  spin::check_streamed(*input, planned);
  return 0;
}
