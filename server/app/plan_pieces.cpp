#include "server/app/plan_pieces.h"

#include <optional>
#include <utility>

namespace spin {
namespace {

constexpr std::int64_t kAskEvery = 4096;  // jobs

/// Gathers jobs with their cells.
class Piece {
 public:
  /// Of the plan's jobs from `first_job`.
  explicit Piece(std::int64_t first_job) { piece_.first_job = first_job; }

  [[nodiscard]] bool is_full() const { return piece_.jobs.size() == kPieceJobs; }
  [[nodiscard]] bool is_empty() const { return piece_.jobs.empty(); }
  void add(const PlannedJob& job, const Cell& cell) {
    if (piece_.jobs.empty()) piece_.first_cell = job.cell;
    if (piece_.jobs.empty() || job.cell != piece_.jobs.back().cell) piece_.cells.push_back(cell);
    piece_.jobs.push_back(job);
  }
  /// What was gathered; the next one follows it.
  PlanPiece take() {
    PlanPiece next;
    next.first_job = piece_.first_job + static_cast<std::int64_t>(piece_.jobs.size());
    return std::exchange(piece_, std::move(next));
  }

 private:
  PlanPiece piece_;
};

/// All jobs of a plan that is large.
Result<PlanTotals> mark(const SweepFile& source, core::PlanMark& whole,
                        const std::function<bool(std::int64_t)>& go_on,
                        const std::function<void(const JobId&)>& see) {
  return visit_ids(source, [&](const JobId& id) -> Status {
    whole.add(id);
    see(id);
    if (whole.jobs % kAskEvery == 0 && !go_on(whole.jobs))
      return Error{ErrorCode::unavailable, "the submission was broken off; nothing of it was stored"};
    return {};
  });
}

/// Those of cells that are stored go ahead of the last jobs, in pieces of their own; the sweep is whole with
/// the last jobs alone. A restart in between begins with the first of them again.
Status take_comparisons(const std::vector<Comparison>& all, PlanPiece& last,
                        const std::function<Status(PlanPiece)>& take) {
  PlanPiece piece;
  piece.first_job = last.first_job;
  for (const Comparison& comparison : all) {
    if (comparison.cell >= last.first_cell) {
      last.comparisons.push_back(comparison);
      continue;
    }
    piece.comparisons.push_back(comparison);
    if (piece.comparisons.size() < kPieceComparisons) continue;
    SPIN_TRY(take(piece));
    piece.comparisons.clear();
  }
  return piece.comparisons.empty() ? Status() : take(std::move(piece));
}

}  // namespace

Result<PlanStart> plan_start(const SweepFile& source, const std::function<bool(std::int64_t)>& go_on,
                             const std::function<void(const JobId&)>& see) {
  auto first = std::make_shared<SweepPlan>();
  SPIN_ASSIGN(static_cast<PlanHeader&>(*first), plan_header(source.file, source.text, source.overrides));
  PlanStart start;
  Piece piece(0);
  bool is_full = false;
  auto totals = visit_jobs(source.file, source.text, source.overrides,
                           [&](const PlannedJob& job, const Cell& cell, std::string_view) -> Status {
                             is_full = piece.is_full();
                             if (is_full) return Error{ErrorCode::resource_exhausted, "more than a piece"};
                             piece.add(job, cell);
                             start.whole.add(job.id);
                             see(job.id);
                             return {};
                           });
  if (is_full) {
    start.whole = {};
    totals = mark(source, start.whole, go_on, see);
  }
  if (!totals.ok()) return totals.error();
  static_cast<PlanPiece&>(*first) = piece.take();
  first->data = std::move(totals->data);
  first->comparisons = std::move(totals->comparisons);
  first->left_out_by_exclude = totals->left_out_by_exclude;
  first->left_out_by_limits = totals->left_out_by_limits;
  start.first = std::move(first);
  return start;
}

Status plan_rest(const SweepFile& source, std::int64_t stored, const std::function<bool()>& go_on,
                 const std::function<Status(PlanPiece)>& take) {
  Piece piece(stored);
  std::int64_t seen = 0;
  const auto visit = [&](const PlannedJob& job, const Cell& cell, std::string_view) -> Status {
    if (seen % kAskEvery == 0 && !go_on()) return Error{ErrorCode::unavailable, "broken off"};
    if (seen++ < stored) return {};
    if (piece.is_full()) SPIN_TRY(take(piece.take()));
    piece.add(job, cell);
    return {};
  };
  SPIN_ASSIGN(const auto totals, visit_jobs(source.file, source.text, source.overrides, visit));
  if (piece.is_empty()) return {};
  PlanPiece last = piece.take();
  SPIN_TRY(take_comparisons(totals.comparisons, last, take));
  return take(std::move(last));
}

}  // namespace spin
