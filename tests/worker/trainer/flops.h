#pragma once

#include <cstdint>
#include <functional>

namespace spin {

/// Multiply-accumulates of the convolutions, linear layers and batched matrix products that `work` runs on
/// this thread, plus 2 per output element of BatchNorm and 5 of LayerNorm, as the paper counts. Measured on
/// the tensors of LibTorch's operations. Calls do not nest.
std::int64_t count_flops(const std::function<void()>& work);

}  // namespace spin
