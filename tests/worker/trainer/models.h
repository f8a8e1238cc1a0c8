#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "schema/design/family.h"
#include "worker/trainer/model.h"

namespace spin {

inline constexpr std::array kStrategies{
    FusionStrategy::choose_first,          FusionStrategy::mean,
    FusionStrategy::scalar_weighted_mean,  FusionStrategy::channel_weighted_mean,
    FusionStrategy::pointwise_convolution,
};
inline std::vector<Family> all_families() {
  std::vector<Family> all;
  for (const auto* description : kFamilies) all.push_back(description->family);
  return all;
}

/// A small network of a family, unshared: four layers of 8 channels on 28 x 28 images.
Train family_config(Family family);
/// `config` with layers {0,0,1,0}, every component of the family shared, and the fusion and transform given.
Train all_shared(Train config, FusionStrategy strategy = FusionStrategy::none, Transform transform = {});

/// Gives every parameter and statistic a value of its own, so that nothing is tested at 0 or 1.
void scatter(const Model& model, std::uint64_t seed);
void to_double(Model& model);
/// [N, Cin, R, R] float.
torch::Tensor random_images(const Train& config, std::int64_t count);

}  // namespace spin
