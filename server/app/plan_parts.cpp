#include "server/app/plan_parts.h"

#include <optional>
#include <utility>

namespace spin {
namespace {

constexpr std::int64_t kAskEvery = 4096;  // jobs

/// Gathers jobs with their cells.
class Part {
 public:
  /// Of the plan's jobs from `first_job`.
  explicit Part(std::int64_t first_job) { begin(first_job); }

  [[nodiscard]] bool is_full() const { return part_.jobs.size() == kPartJobs; }
  [[nodiscard]] bool is_empty() const { return part_.jobs.empty(); }
  void add(const PlannedJob& job, const Cell& cell, const CanonicalText& config) {
    if (part_.jobs.empty()) part_.first_cell = job.cell;
    if (part_.jobs.empty() || job.cell != part_.jobs.back().cell) part_.cells.push_back(cell);
    part_.add({job.id, job.cell, seed_of(job.task), job.inputs}, config.parts());
  }
  /// What was gathered; the next one follows it.
  PlanPart take() {
    PlanPart full = std::move(part_);
    begin(full.first_job + std::ssize(full.jobs));
    return full;
  }

 private:
  void begin(std::int64_t first_job) {
    part_ = PlanPart();
    part_.first_job = first_job;
    part_.jobs.reserve(kPartJobs);
  }

  PlanPart part_;
};

/// All jobs of a plan that is large.
Result<PlanTotals> digest(const SweepFile& source, core::PlanDigest& full_plan,
                          const std::function<bool(std::int64_t)>& go_on,
                          const std::function<void(const JobId&)>& see) {
  return visit_ids(source, [&](const JobId& id) -> Status {
    full_plan.add(id);
    see(id);
    if (full_plan.jobs % kAskEvery == 0 && !go_on(full_plan.jobs))
      return Error{ErrorCode::unavailable, "the submission was broken off; nothing of it was stored"};
    return {};
  });
}

/// Those of cells that are stored go ahead of the last jobs, in parts of their own; the sweep is complete
/// with the last jobs alone. A restart in between begins with the first of them again.
Status take_comparisons(const std::vector<Comparison>& all, PlanPart& last,
                        const std::function<Status(PlanPart)>& take) {
  PlanPart part;
  part.first_job = last.first_job;
  for (const Comparison& comparison : all) {
    if (comparison.cell >= last.first_cell) {
      last.comparisons.push_back(comparison);
      continue;
    }
    part.comparisons.push_back(comparison);
    if (part.comparisons.size() < kPartComparisons) continue;
    SPIN_TRY(take(part));
    part.comparisons.clear();
  }
  return part.comparisons.empty() ? Status() : take(std::move(part));
}

}  // namespace

Result<PlanStart> plan_start(const SweepFile& source, const std::function<bool(std::int64_t)>& go_on,
                             const std::function<void(const JobId&)>& see) {
  auto first = std::make_shared<FirstPart>();
  SPIN_ASSIGN(static_cast<PlanHeader&>(*first), plan_header(source.file, source.text, source.overrides));
  PlanStart start;
  Part part(0);
  bool is_full = false;
  auto totals =
      visit_jobs(source.file, source.text, source.overrides,
                 [&](const PlannedJob& job, const Cell& cell, const CanonicalText& config) -> Status {
                   is_full = part.is_full();
                   if (is_full) return Error{ErrorCode::resource_exhausted, "more than a part"};
                   part.add(job, cell, config);
                   start.full_plan.add(job.id);
                   see(job.id);
                   return {};
                 });
  if (is_full) {
    start.full_plan = {};
    totals = digest(source, start.full_plan, go_on, see);
  }
  if (!totals.ok()) return totals.error();
  static_cast<PlanPart&>(*first) = part.take();
  first->data = std::move(totals->data);
  first->comparisons = std::move(totals->comparisons);
  first->left_out_by_exclude = totals->left_out_by_exclude;
  first->left_out_by_limits = totals->left_out_by_limits;
  start.first = std::move(first);
  return start;
}

Status plan_rest(const SweepFile& source, std::int64_t stored, const std::function<bool()>& go_on,
                 const std::function<Status(PlanPart)>& take) {
  Part part(stored);
  std::int64_t seen = 0;
  const auto visit = [&](const PlannedJob& job, const Cell& cell, const CanonicalText& config) -> Status {
    if (seen % kAskEvery == 0 && !go_on()) return Error{ErrorCode::unavailable, "broken off"};
    if (seen++ < stored) return {};
    if (part.is_full()) SPIN_TRY(take(part.take()));
    part.add(job, cell, config);
    return {};
  };
  SPIN_ASSIGN(const auto totals, visit_jobs(source.file, source.text, source.overrides, visit));
  if (part.is_empty()) return {};
  PlanPart last = part.take();
  SPIN_TRY(take_comparisons(totals.comparisons, last, take));
  return take(std::move(last));
}

}  // namespace spin
