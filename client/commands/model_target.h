#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "client/commands/control_client.h"

namespace spin::cli {

/// A finished job that a person means.
struct ModelTarget {
  JobDetail job;
  ArtifactRef model;
  std::string why;  ///< it was chosen of several; else empty
};

/// `text`: a job as everywhere, or SWEEP/CELL: the job's name without its seed. Of a cell the seed that was
/// asked for, else of those that are done the one with the best top-1 accuracy. not_found;
/// failed_precondition with the state of what has no model.
Result<ModelTarget> find_model(ControlClient& client, const std::string& text,
                               std::optional<std::int64_t> seed);

}  // namespace spin::cli
