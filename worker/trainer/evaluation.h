#pragma once

#include <torch/torch.h>

#include "schema/base/result.h"
#include "worker/trainer/batches.h"
#include "worker/trainer/model.h"

namespace spin {

struct Accuracy {
  double top1 = 0;  ///< percent
  double top5 = 0;
};

/// How many of `labels` [N] are among the `k` highest of their row of `logits` [N, classes]; an int64 scalar
/// on the device. Where there are fewer classes than k, all count.
torch::Tensor count_in_top(const torch::Tensor& logits, const torch::Tensor& labels, std::int64_t k);

/// Over the evaluation images that can be read. data_loss where too many cannot.
Result<Accuracy> evaluate(const Model& network, const ImageData& data, const JobConfig& config,
                          int threads);

}  // namespace spin
