#include "schema/sweep/plan.h"

#include "schema/sweep/document.h"
#include "schema/sweep/expand.h"
#include "schema/sweep/source.h"

namespace spin {

Result<SweepPlan> plan_sweep(std::string_view file, std::string_view text,
                             const std::vector<Override>& overrides) {
  const sweep::Source source(file, overrides);
  if (text.size() > kMaxSweepFileBytes)
    return source.error("holds " + std::to_string(text.size()) + " bytes; a sweep file may hold " +
                            std::to_string(kMaxSweepFileBytes) + " (1 MiB)",
                        ErrorCode::resource_exhausted);
  SPIN_ASSIGN(const auto document, sweep::read_document(source, text));
  return sweep::expand(source, document);
}

Status check_supported(const SweepPlan& plan) {
  for (const auto& job : plan.jobs)
    if (const auto status = check_supported(job.config); !status.ok())
      return Error{status.error().code, "job " + job.name + ": " + status.error().message};
  return {};
}

}  // namespace spin
