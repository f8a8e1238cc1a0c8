#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "schema/base/ids.h"
#include "schema/base/result.h"
#include "schema/design/dataset.h"
#include "schema/design/fusion.h"
#include "schema/design/network.h"
#include "schema/design/sharing.h"
#include "schema/design/training.h"
#include "schema/design/transform.h"

namespace spin {

/// The task of training a network: all that decides what comes out, and where its data lie, which does not
/// and is not compared. Two jobs with equal tasks are the same job.
struct Train {
  Dataset dataset;
  Network network;
  Topology topology;
  Components components;  ///< empty where the topology is unshared
  Transform transform;
  Fusion fusion;
  Training training;
  std::int64_t seed = 0;
  std::optional<JobId> init_from;  ///< the unshared network's job, for fusion from pretrained weights
  bool operator==(const Train&) const = default;
};

/// Rewrites a configuration to the one spelling of its network: no components, transform or fusion without a
/// shared group; no transform or fusion coefficients without a shared weight; no transform group without a
/// transform; no pretrained start without fusion.
Train canonical(Train config);
/// The part of it that is about data: one spelling of the root, an id where there is to be one, no limits
/// that limit nothing.
Dataset canonical(Dataset dataset);

/// Canonical JSON, as a tree: sorted keys, every default filled in, only the keys that the family has.
/// Without dataset.root, which is no part of what a job is.
nlohmann::json config_to_json(const Train& config);
/// Inverse; invalid_argument names the key, the value and what would be accepted. Unknown keys are refused.
Result<Train> config_from_json(const nlohmann::json& json);

/// Impossible combinations (a rate above the depth, channels not divisible, patch larger than the image,
/// ...). The message starts with the dotted path of the setting at fault: "network.patch: ...".
Status validate(const Train& config);
/// The part of it that looks at the training, of a configuration whose rest has passed.
Status validate_training(const Train& config);

}  // namespace spin
