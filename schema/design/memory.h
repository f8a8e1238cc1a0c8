#pragma once

#include <cstdint>

#include "schema/design/config.h"

namespace spin {

/// What training a job holds on its device at the peak of a step, in bytes; without the data set and what the
/// libraries need themselves. A prediction: it follows what an eager framework keeps for the backward pass.
struct TrainingMemory {
  std::int64_t parameters = 0;  ///< as trained, 32 bits each, the averaged and the best ones included
  std::int64_t gradients = 0;
  std::int64_t optimizer = 0;    ///< moments and scratch space
  std::int64_t activations = 0;  ///< kept from forward to backward, for the images of one pass
  std::int64_t workspace = 0;    ///< gradients of activations on their way, fused and transformed weights
  [[nodiscard]] std::int64_t total() const {
    return parameters + gradients + optimizer + activations + workspace;
  }
  bool operator==(const TrainingMemory&) const = default;
};

/// Of a configuration that validate() accepts. One pass takes batch_size / accumulation images.
TrainingMemory training_memory(const Train& config);

/// Tensors of a checkpoint: parameters, optimizer state, norm statistics, the averaged and the best weights.
/// Without names, settings and generator states: some kilobytes.
std::int64_t checkpoint_bytes(const Train& config);

}  // namespace spin
