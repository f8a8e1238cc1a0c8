#pragma once

#include <torch/torch.h>

#include "schema/design/config.h"
#include "worker/trainer/convmixer.h"

namespace spin {

/// Logits of ConvMixer from the folded tensors of `network`, in double precision with loops, sums and matrix
/// products alone: an implementation that shares nothing with the trainer's. images [N, Cin, R, R] double.
torch::Tensor reference_logits(const JobConfig& config, const ConvMixer& network, Mode mode,
                               const torch::Tensor& images);

}  // namespace spin
