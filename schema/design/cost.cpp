#include "schema/design/cost.h"

#include "schema/design/inventory.h"

namespace spin {
namespace {

/// Copies of a tensor in the folded network.
std::int64_t copies(const TensorSpec& tensor, const Train& config) {
  return is_shared(tensor, config) ? config.topology.group_count() : config.topology.depth();
}

/// Layers after the first of their group: those that carry a transform.
std::int64_t later_layers(const Train& config) {
  return config.topology.depth() - config.topology.group_count();
}

/// a [out, group] and b [out] of each later layer (SPIN, Eq. 1 and Table 2).
std::int64_t transform_params(const Inventory& all, const Train& config) {
  std::int64_t params = 0;
  for (const auto& tensor : all.block)
    if (is_transformed(tensor, config))
      params += later_layers(config) * (tensor.out() * config.transform.group + tensor.out());
  return params;
}

/// Coefficients by layer (SPIN, Section 3.2).
std::int64_t fusion_coefficients(const TensorSpec& tensor, const Train& config) {
  if (tensor.role != TensorRole::weight) return 0;
  const std::int64_t depth = config.topology.depth();
  switch (config.fusion.strategy) {
    case FusionStrategy::none:
    case FusionStrategy::choose_first:
    case FusionStrategy::mean:
      return 0;
    case FusionStrategy::scalar_weighted_mean:
      return depth;
    case FusionStrategy::channel_weighted_mean:
      return depth * tensor.out();
    case FusionStrategy::pointwise_convolution:
      return depth * tensor.out() * tensor.out();
  }
  return 0;
}

}  // namespace

Cost cost_of(const Train& config) {
  const auto& all = inventory_of(config);
  Cost cost;
  cost.params = all.outside_params() + transform_params(all, config);
  cost.flops = all.outside_flops + config.topology.depth() * all.block_flops;
  for (const auto& tensor : all.block) {
    if (is_parameter(tensor.role)) cost.params += copies(tensor, config) * tensor.elements();
    if (is_transformed(tensor, config))
      cost.flops += later_layers(config) * tensor.elements() * config.transform.group;
  }
  return cost;
}

std::int64_t trained_params(const Train& config) {
  const auto& all = inventory_of(config);
  const bool fuses = config.fusion.strategy != FusionStrategy::none;
  std::int64_t params = all.outside_params() + transform_params(all, config);
  for (const auto& tensor : all.block) {
    if (!is_parameter(tensor.role)) continue;
    const bool originals = fuses && is_shared(tensor, config);
    params += (originals ? config.topology.depth() : copies(tensor, config)) * tensor.elements();
    if (originals) params += fusion_coefficients(tensor, config);
  }
  return params;
}

std::int64_t norm_statistics(const Train& config) {
  const auto& all = inventory_of(config);
  std::int64_t elements = all.outside_statistics();
  for (const auto& tensor : all.block)
    if (!is_parameter(tensor.role)) elements += copies(tensor, config) * tensor.elements();
  return elements;
}

}  // namespace spin
