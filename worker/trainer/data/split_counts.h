#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/design/dataset.h"

namespace spin {

/// How many images a split has, and where.
struct SplitCount {
  std::int64_t found = 0;  ///< in the files
  std::int64_t used = 0;   ///< by this job: found, or fewer where a limit says so
  std::string where;       ///< folder or file
};

/// For the job's log: what it trains on and what judges it, and a warning where a split of a published data
/// set has not the number of images that it was published with, nor a limit asked for a part.
std::vector<std::string> describe_splits(const Dataset& dataset, const SplitCount& train,
                                         const SplitCount& eval);

}  // namespace spin
