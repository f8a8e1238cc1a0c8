#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/torch.h>

#include "schema/design/training.h"
#include "worker/trainer/parameters.h"
#include "worker/trainer/tensor_file.h"

namespace spin {

/// Changes flat parameters by their gradients. The parameters outlive it.
class FlatOptimizer {
 public:
  virtual ~FlatOptimizer() = default;
  /// `momentum` is sgd's, or adamw's first beta.
  virtual void step(double learning_rate, double momentum) = 0;
  /// The tensors that a checkpoint holds, each [n] in the layout of the parameters, shared with the
  /// optimizer.
  [[nodiscard]] virtual std::vector<NamedTensor> state() const = 0;
  /// Steps that the state has seen.
  virtual void set_steps(std::int64_t steps) = 0;
};

/// adamw: Loshchilov and Hutter's Adam with decoupled weight decay; the second beta is 0.999.
/// sgd: torch.optim.SGD's, with Nesterov's look-ahead where there is momentum; weight decay is added to the
/// gradient. Only the parameters that decay do so.
std::unique_ptr<FlatOptimizer> make_optimizer(const Training& training, FlatParameters& parameters);

}  // namespace spin
