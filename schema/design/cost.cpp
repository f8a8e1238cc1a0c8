#include "schema/design/cost.h"

#include "schema/design/names.h"

namespace spin {
namespace {

/// ConvMixer C/D/P/K: patch convolution, activation, BatchNorm; D blocks of depthwise KxK and pointwise 1x1,
/// each with bias, activation and BatchNorm; global average pool; linear head with bias.
Cost convmixer_cost(const JobConfig& config) {
  const std::int64_t c = config.network.channels;
  const std::int64_t depth = config.network.depth;
  const std::int64_t places = positions(config.network);
  const std::int64_t classes = config.dataset.facts.classes;
  const std::int64_t patch_weights =
      std::int64_t{config.dataset.facts.channels} * config.network.patch * config.network.patch * c;
  const std::int64_t depthwise_weights = std::int64_t{config.network.kernel} * config.network.kernel * c;
  const std::int64_t pointwise_weights = c * c;
  const auto copies = [&](Component component) {
    return config.components.has(component) ? std::int64_t{config.topology.group_count()} : depth;
  };

  Cost cost;
  cost.params = patch_weights + c + 2 * c;
  cost.params += copies(Component::depthwise) * depthwise_weights;
  cost.params += copies(Component::pointwise) * pointwise_weights;
  cost.params += copies(Component::bias) * 2 * c;
  cost.params += copies(Component::bn) * 2 * 2 * c;
  cost.params += c * classes + classes;

  const std::int64_t batch_norm_flops = 2 * c * places;
  cost.flops = patch_weights * places + batch_norm_flops;
  cost.flops += depth * ((depthwise_weights + pointwise_weights) * places + 2 * batch_norm_flops);
  cost.flops += c * classes;
  return cost;
}

}  // namespace

Result<Cost> cost_of(const JobConfig& config) {
  if (config.network.family != Family::convmixer)
    return Error{ErrorCode::unsupported,
                 "not supported yet: network.family " + std::string(enum_name(config.network.family))};
  if (config.transform.kind != TransformKind::none)
    return Error{ErrorCode::unsupported,
                 "not supported yet: transform.kind " + std::string(enum_name(config.transform.kind))};
  return convmixer_cost(config);
}

}  // namespace spin
