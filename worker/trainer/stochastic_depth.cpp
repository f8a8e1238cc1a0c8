#include "worker/trainer/stochastic_depth.h"

namespace spin {

torch::Tensor StochasticDepth::operator()(const torch::Tensor& branch, std::int64_t images) const {
  if (drop == 0) return branch;
  const auto stays = torch::empty({images, 1}, branch.options().requires_grad(false))
                         .bernoulli_(1 - drop)
                         .div_(1 - drop);  // [N, 1]
  return (branch.reshape({images, -1}) * stays).view(branch.sizes());
}

}  // namespace spin
