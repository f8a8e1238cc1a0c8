#include "schema/sweep/plan.h"

#include "schema/sweep/document.h"
#include "schema/sweep/expand.h"
#include "schema/sweep/plan_builder.h"
#include "schema/sweep/source.h"

namespace spin {

namespace {

Result<sweep::Document> read(const sweep::Source& source, std::string_view text) {
  if (text.size() > kMaxSweepFileBytes)
    return source.error("holds " + std::to_string(text.size()) + " bytes; a sweep file may hold " +
                            std::to_string(kMaxSweepFileBytes) + " (1 MiB)",
                        ErrorCode::resource_exhausted);
  return sweep::read_document(source, text);
}

}  // namespace

Result<SweepPlan> plan_sweep(std::string_view file, std::string_view text,
                             const std::vector<Override>& overrides) {
  const sweep::Source source(file, overrides);
  SPIN_ASSIGN(const auto document, read(source, text));
  sweep::PlanBuilder builder(document);
  SPIN_TRY(sweep::expand(source, document, builder));
  return builder.take();
}

Result<PlanTotals> visit_jobs(std::string_view file, std::string_view text,
                              const std::vector<Override>& overrides, const JobVisitor& visit) {
  const sweep::Source source(file, overrides);
  SPIN_ASSIGN(const auto document, read(source, text));
  sweep::PlanBuilder builder(document, visit);
  SPIN_TRY(sweep::expand(source, document, builder));
  return builder.totals();
}

}  // namespace spin
