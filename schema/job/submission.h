#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/base/ids.h"
#include "schema/design/dataset.h"

namespace spin {

/// A sweep whose place another of its name has taken.
struct ReplacedSweep {
  SweepId sweep;
  std::int64_t jobs_cancelled = 0;  ///< those that the other has too go on
  bool operator==(const ReplacedSweep&) const = default;
};

/// A data set as whoever submits a sweep sees it.
struct DataSeen {
  std::string dataset;  ///< title_of() it
  DataState state;
  bool operator==(const DataSeen&) const = default;
};

/// What becomes of jobs that are done already.
enum class Retrain {
  refuse,   ///< they count, and a sweep is refused of which some were trained on other data
  keep,     ///< they count, whatever their data
  changed,  ///< those that were trained on other data are trained anew
  all,      ///< all are trained anew
};

/// How a sweep is handed in.
struct SubmissionOptions {
  bool replace = false;  ///< takes the place of a live sweep of its name
  Retrain retrain = Retrain::refuse;
  std::vector<DataSeen> data{};  ///< those in sight of whoever submits
};

/// What became of a sweep that was handed in.
struct Submitted {
  SweepId sweep;
  std::string name;
  std::int64_t jobs = 0;
  std::int64_t jobs_new = 0;  ///< the others were known already, from this or another sweep
  std::vector<ReplacedSweep> replaced{};
  std::int64_t jobs_retrained = 0;   ///< were done, and are trained anew
  std::vector<std::string> notes{};  ///< a sentence each: unfinished jobs whose data are read elsewhere now
};

/// How far a submission has come.
struct SubmitProgress {
  std::int64_t planned = 0;  ///< jobs: found until now, or all of the sweep once some are stored
  std::int64_t stored = 0;   ///< jobs that are durable and may run
};

}  // namespace spin
