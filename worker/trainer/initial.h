#pragma once

#include <cstdint>
#include <vector>

#include <torch/torch.h>

#include "schema/design/inventory.h"

namespace spin {

/// A float leaf on the CPU, [shape...].
torch::Tensor draw_leaf(const std::vector<std::int64_t>& shape, const Start& start, at::Generator& generator);

/// A float leaf on the CPU, [count, shape...]; each of the first dimension is drawn as one of its own would
/// be.
torch::Tensor draw_stack(std::int64_t count, std::vector<std::int64_t> shape, const Start& start,
                         at::Generator& generator);

}  // namespace spin
