#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "schema/design/config.h"
#include "schema/job/views.h"

namespace spin::render {

/// A trained network outside the coordinator.
struct TakenModel {
  JobDetail job;
  Train task;  ///< of the job's configuration
  ArtifactRef file;
  std::string command;  ///< that took it out
};

/// Markdown: what the network is, what it takes, what it found, how it was made.
std::string model_card(const TakenModel& model);

}  // namespace spin::render
