#pragma once

#include <torch/torch.h>

namespace spin {

/// `labels` [N] int64 in which round(share * N), chosen by `seed`, were set to a class drawn uniformly from
/// all `classes`, their own included (SPIN, Appendix F.1). On the device of `labels`, which stay as they are.
torch::Tensor add_label_noise(const torch::Tensor& labels, std::int64_t classes, double share,
                              std::int64_t seed);

}  // namespace spin
