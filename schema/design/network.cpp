#include "schema/design/network.h"

#include <cmath>

#include "schema/design/family.h"

namespace spin {

std::string network_label(const Network& network, int native_resolution) {
  std::string label = std::to_string(network.channels) + "/" + std::to_string(network.depth);
  if (describe(network.family).is_labelled_by_patch_and_kernel)
    label += "/" + std::to_string(network.patch) + "/" + std::to_string(network.kernel);
  if (network.resolution != native_resolution) label += "@" + std::to_string(network.resolution);
  return label;
}

int positions(const Network& network) {
  const int side = network.resolution / network.patch;
  return side * side;
}

int hidden_channels(const Network& network) {
  return static_cast<int>(std::lround(network.channels * network.mlp_ratio));
}

int hidden_tokens(const Network& network) {
  return static_cast<int>(std::lround(network.channels * network.token_ratio));
}

}  // namespace spin
