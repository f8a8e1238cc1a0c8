#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <torch/torch.h>

#include "schema/base/result.h"
#include "schema/design/training.h"
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

/// Images that are evaluated at a time.
std::int64_t evaluation_batch_size(torch::Device device, const Train& config);

/// Over all of `batches`, which lie on `device`. Nothing where `should_stop`, asked before each batch, said
/// so. Errors are the batches' own.
Result<std::optional<Accuracy>> evaluate(const Model& network, BatchStream& batches, torch::Device device,
                                         Precision precision, const std::function<bool()>& should_stop);

}  // namespace spin
