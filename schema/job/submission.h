#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/base/ids.h"

namespace spin {

/// A sweep whose place another of its name has taken.
struct ReplacedSweep {
  SweepId sweep;
  std::int64_t jobs_cancelled = 0;  ///< those that the other has too go on
  bool operator==(const ReplacedSweep&) const = default;
};

/// What became of a sweep that was handed in.
struct Submitted {
  SweepId sweep;
  std::string name;
  std::int64_t jobs = 0;
  std::int64_t jobs_new = 0;  ///< the others were known already, from this or another sweep
  std::vector<ReplacedSweep> replaced{};
  std::vector<std::string> notes{};  ///< a sentence each: unfinished jobs whose data are read elsewhere now
};

/// How far a submission has come.
struct SubmitProgress {
  std::int64_t planned = 0;  ///< jobs: found until now, or all of the sweep once some are stored
  std::int64_t stored = 0;   ///< jobs that are durable and may run
};

}  // namespace spin
