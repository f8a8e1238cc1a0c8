#pragma once

#include <nlohmann/json.hpp>

#include "schema/design/config.h"

// The sections of the canonical JSON of a configuration, each a pure function of what it holds. ConfigText
// puts them together.

namespace spin {

/// Raised whenever the meaning of a key changes; older configurations are then refused.
inline constexpr int kConfigVersion = 3;

/// Stands before the canonical JSON in what is hashed to a job's identity.
inline constexpr char kIdentityVersion[] = "spin-job-v3\n";

nlohmann::json dataset_to_json(const Dataset& dataset);
nlohmann::json network_to_json(const Network& network);
nlohmann::json sharing_to_json(const Topology& topology, Components components);
nlohmann::json transform_to_json(const Transform& transform);
nlohmann::json fusion_to_json(const Fusion& fusion);
nlohmann::json training_to_json(const Training& training);

}  // namespace spin
