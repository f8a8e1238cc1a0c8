#include "schema/design/memory.h"

#include <algorithm>

#include "schema/design/cost.h"
#include "schema/design/inventory.h"

namespace spin {
namespace {

constexpr std::int64_t kFloatBytes = 4;

/// a * b, or a bound far above any machine's memory: batch and network are limited apart, not together.
std::int64_t product(std::int64_t a, std::int64_t b) {
  constexpr double kBound = 1e18;
  return static_cast<double>(a) * static_cast<double>(b) < kBound ? a * b : static_cast<std::int64_t>(kBound);
}

/// Moments that an optimizer keeps for each parameter.
std::int64_t moments(Optimizer optimizer) { return optimizer == Optimizer::adamw ? 2 : 1; }

/// Further copies of parameters and norm statistics: averaged, best.
std::int64_t further_copies(const Training& training) {
  return (training.ema > 0 ? 1 : 0) + (training.keep == Keep::best ? 1 : 0);
}

/// Weights that layers compute with and that are no parameters themselves, with their gradients.
std::int64_t derived_weights(const Inventory& all, const Train& config) {
  const bool fuses = config.fusion.strategy != FusionStrategy::none;
  const bool transforms = config.transform.kind != TransformKind::none;
  std::int64_t elements = 0;
  for (const auto& tensor : all.block) {
    if (tensor.role != TensorRole::weight || !is_shared(tensor, config)) continue;
    if (fuses) elements += (config.topology.depth() + config.topology.group_count()) * tensor.elements();
    if (transforms) elements += (config.topology.depth() - config.topology.group_count()) * tensor.elements();
  }
  return 2 * elements;
}

}  // namespace

TrainingMemory training_memory(const Train& config) {
  const auto& all = inventory_of(config);
  const auto params = trained_params(config);
  const auto& training = config.training;
  const std::int64_t images = training.batch_size / training.accumulation;
  const std::int64_t element_bytes = training.precision == Precision::bf16 ? 2 : kFloatBytes;

  TrainingMemory memory;
  memory.parameters = (1 + further_copies(training)) * params * kFloatBytes;
  memory.gradients = params * kFloatBytes;
  memory.optimizer = (moments(training.optimizer) + 1) * params * kFloatBytes;
  memory.activations =
      product(images * element_bytes, all.saved.outside + config.network.depth * all.saved.block);
  // The gradient that arrives, the one that leaves, and a temporary of the largest operation.
  memory.workspace =
      product(images * element_bytes, 3 * all.saved.largest) + derived_weights(all, config) * kFloatBytes;
  return memory;
}

std::int64_t checkpoint_bytes(const Train& config) {
  const auto params = trained_params(config);
  const auto weights = params + norm_statistics(config);
  return (weights + moments(config.training.optimizer) * params + further_copies(config.training) * weights) *
         kFloatBytes;
}

}  // namespace spin
