#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/render/style.h"
#include "schema/job/views.h"

// What people see of a sweep that runs, as lines of text.

namespace spin::render {

/// "3 of 8 done, 2 running, 3 waiting, 1 failed".
std::string counts_text(const StateCounts& counts);

/// A bar of `width` columns, filled up to `share` (0 to 1).
std::string bar(double share, std::size_t width, const Style& style);

/// Counts, the overall bar with the share done and the time left, and a bar for each running job: at most
/// `max_lines` lines, each at most style.width columns (0: 100).
std::vector<std::string> progress_lines(const SweepStatus& status, const Style& style, std::size_t max_lines);

/// The same in one line: "fashion-mnist: 42.1 %, 3 of 8 done, 2 running, 1m 12s left".
std::string progress_line(const SweepStatus& status, Charset charset = Charset::utf8);

/// What became of a job: "completed  NAME  top-1 89.12 %, 12s", "failed  NAME: reason".
std::string job_line(const JobRow& row, const Style& style);

/// Finds what is worth telling between two listings of a sweep's jobs.
class JobChanges {
 public:
  /// Rows that have just become final, or have failed an attempt, in the order given. Of the first listing
  /// only what went wrong, for what was done before is no news.
  std::vector<JobRow> update(const std::vector<JobRow>& rows);

 private:
  struct Seen {
    JobState state = JobState::waiting;
    int attempts = 0;
  };
  std::unordered_map<JobId, Seen> seen_;
};

}  // namespace spin::render
