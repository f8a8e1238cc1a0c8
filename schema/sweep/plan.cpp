#include "schema/sweep/plan.h"

#include <utility>

#include "schema/sweep/document.h"
#include "schema/sweep/expand.h"
#include "schema/sweep/plan_builder.h"
#include "schema/sweep/source.h"

namespace spin {

namespace {

/// Most layers over all jobs of a plan that is held: their topologies then fill 256 MiB.
constexpr std::int64_t kMaxLayers = std::int64_t{64} << 20;

Result<sweep::Document> read(const sweep::Source& source, std::string_view text) {
  if (text.size() > kMaxSweepFileBytes)
    return source.error("holds " + std::to_string(text.size()) + " bytes; a sweep file may hold " +
                            std::to_string(kMaxSweepFileBytes) + " (1 MiB)",
                        ErrorCode::resource_exhausted);
  return sweep::read_document(source, text);
}

PlanHeader header_of(const sweep::Document& document) {
  return {document.name,
          document.description,
          document.priority,
          document.max_attempts,
          static_cast<int>(document.seeds.size()),
          document.requirements};
}

template <class Visitor>
Result<PlanTotals> visit(const sweep::Source& source, const sweep::Document& document,
                         const Visitor& visitor) {
  sweep::PlanBuilder builder(document, visitor);
  SPIN_TRY(sweep::expand(source, document, builder));
  return builder.take_totals();
}

/// Keeps what it is shown.
class Collector {
 public:
  explicit Collector(const sweep::Source& source) : source_(source) {}

  Status take(const PlannedJob& job, const Cell& cell, SweepPlan& plan) {
    layers_ += std::ssize(groups_of(job.task));
    if (layers_ > kMaxLayers)
      return source_.error("its jobs have more than " + std::to_string(kMaxLayers) +
                               " layers together, which is the limit; split the sweep",
                           ErrorCode::resource_exhausted);
    if (static_cast<std::size_t>(job.cell) == plan.cells.size()) plan.cells.push_back(cell);
    plan.jobs.push_back(job);
    return {};
  }

 private:
  const sweep::Source& source_;
  std::int64_t layers_ = 0;
};

}  // namespace

void PlanPart::add(PartJob job, const ConfigParts& config) {
  for (std::size_t i = 0; i < config.size(); ++i) {
    const bool is_of_the_last = !jobs.empty() && texts[jobs.back().config[i]] == config[i];
    job.config[i] = is_of_the_last ? jobs.back().config[i] : static_cast<std::uint32_t>(texts.size());
    if (!is_of_the_last) texts.emplace_back(config[i]);
  }
  jobs.push_back(std::move(job));
}

std::string PlanPart::config_of(const PartJob& job) const {
  std::string config;
  for (const auto index : job.config) config += texts[index];
  return config;
}

Result<SweepPlan> plan_sweep(std::string_view file, std::string_view text,
                             const std::vector<Override>& overrides) {
  const sweep::Source source(file, overrides);
  SPIN_ASSIGN(const auto document, read(source, text));
  SweepPlan plan;
  static_cast<PlanHeader&>(plan) = header_of(document);
  Collector collector(source);
  SPIN_ASSIGN(const auto totals,
              visit(source, document, JobVisitor([&](const auto& job, const auto& cell, const auto&) {
                      return collector.take(job, cell, plan);
                    })));
  for (const auto& comparison : totals.comparisons)
    plan.cells[static_cast<std::size_t>(comparison.cell)].unshared_cell = comparison.unshared_cell;
  plan.data = totals.data;
  plan.left_out_by_exclude = totals.left_out_by_exclude;
  plan.left_out_by_limits = totals.left_out_by_limits;
  plan.notes = totals.notes;
  return plan;
}

Result<PlanHeader> plan_header(std::string_view file, std::string_view text,
                               const std::vector<Override>& overrides) {
  const sweep::Source source(file, overrides);
  SPIN_ASSIGN(const auto document, read(source, text));
  return header_of(document);
}

Result<PlanTotals> visit_jobs(std::string_view file, std::string_view text,
                              const std::vector<Override>& overrides, const JobVisitor& visit_job) {
  const sweep::Source source(file, overrides);
  SPIN_ASSIGN(const auto document, read(source, text));
  return visit(source, document, visit_job);
}

Result<PlanTotals> visit_ids(const SweepFile& file, const IdVisitor& visit_id) {
  const sweep::Source source(file.file, file.overrides);
  SPIN_ASSIGN(const auto document, read(source, file.text));
  return visit(source, document, visit_id);
}

}  // namespace spin
