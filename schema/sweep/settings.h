#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "schema/design/config.h"

namespace spin::sweep {

/// A whole number that the sweep file has not given.
inline constexpr int kNotGiven = std::numeric_limits<int>::min();

struct DatasetSettings {
  std::string name;
  std::string root;
  std::string id;
  std::int64_t train_limit = 0;
  std::int64_t eval_limit = 0;
  int resolution = kNotGiven;  ///< default of network.resolution
  int classes = kNotGiven;     ///< of an imagefolder or synthetic data
  bool operator==(const DatasetSettings&) const = default;
};

struct SharingSettings {
  std::optional<Mapping> mapping;
  std::optional<int> rate;
  Distribution distribution = Distribution::uniform;
  std::int64_t seed = 0;
  std::optional<std::string> groups;
  std::optional<std::vector<int>> layers;
  std::optional<Components> components;
  bool operator==(const SharingSettings&) const = default;
};

/// The settings of one point of the design space as a sweep file writes them.
struct PointSettings {
  PointSettings();

  DatasetSettings dataset;
  Network network;  ///< whole numbers start as kNotGiven
  SharingSettings sharing;
  Transform transform;
  Fusion fusion;
  Training training;
  /// What `pretrain:` changes in the training of the unshared network, in order.
  std::vector<std::function<void(Training&)>> pretrain;
};

/// Fills in what follows from other settings: resolution, mapping, components, the family's own defaults.
void fill_defaults(PointSettings& settings);

/// The configuration that filled-in settings ask for, without seed and init_from. Errors,
/// invalid_argument, are worded as those of validate().
Result<Train> config_of(const PointSettings& settings);

/// The sharing that filled-in settings ask for.
SharingRequest sharing_request(const SharingSettings& sharing);

/// Training of the unshared network that fusion starts from.
Training pretrain_training(const PointSettings& settings);

}  // namespace spin::sweep
