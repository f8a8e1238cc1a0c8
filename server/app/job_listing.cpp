#include "server/app/job_listing.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace spin {
namespace {

constexpr std::size_t kPageRows = 1000;

}  // namespace

Status list_jobs(Reader& reader, SweepId sweep, const Annotate& annotate,
                 const std::function<bool(const JobRow&)>& each) {
  std::vector<JobRow> page;
  Status annotated;
  const auto hand_out = [&] {
    const auto rows = annotate(std::exchange(page, {}));
    if (!rows.ok()) annotated = rows.error();
    return rows.ok() && std::all_of(rows->begin(), rows->end(), each);
  };
  SPIN_TRY(reader.jobs(sweep, [&](const JobRow& row) {
    page.push_back(row);
    return page.size() < kPageRows || hand_out();
  }));
  if (annotated.ok() && !page.empty()) hand_out();
  return annotated;
}

Result<JobDetail> show_job(Reader& reader, const std::string& job, const Annotate& annotate) {
  SPIN_ASSIGN(const core::JobKey key, reader.find_job(job));
  SPIN_ASSIGN(JobDetail detail, reader.job(key));
  if (const auto slash = job.find('/'); slash != std::string::npos) {
    SPIN_ASSIGN(const SweepId sweep, reader.find_sweep(job.substr(0, slash)));
    SPIN_ASSIGN(detail.row.name, reader.job_name(sweep, key));
  }
  SPIN_ASSIGN(auto rows, annotate({detail.row}));
  detail.row = std::move(rows.front());
  return detail;
}

}  // namespace spin
