#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "schema/design/config.h"

namespace spin {

/// What a tensor of a block is for. A vector is a bias or an affine parameter of a norm.
enum class TensorRole { weight, vector, statistics };

/// A tensor that every block of a network has.
struct BlockTensor {
  std::string_view name;               ///< "pointwise.weight"
  std::optional<Component> component;  ///< shared with it; none = each layer's own
  TensorRole role = TensorRole::weight;
  std::int64_t out = 0;       ///< output channels, the first dimension
  std::int64_t elements = 0;  ///< of one layer
};

/// What training one image keeps from the forward to the backward pass, in elements.
struct SavedActivations {
  std::int64_t block = 0;
  std::int64_t outside = 0;
  std::int64_t largest = 0;  ///< largest single tensor of a block
};

/// The tensors and the work of a network, before sharing. FLOPs are multiply-accumulates as the paper counts
/// them.
struct Inventory {
  std::vector<BlockTensor> block;
  std::int64_t outside_params = 0;      ///< embedding, tokens, positions, last norm, head
  std::int64_t outside_statistics = 0;  ///< running means and variances
  std::int64_t block_flops = 0;
  std::int64_t outside_flops = 0;
  SavedActivations saved;
};

/// Of a configuration that validate() accepts. Valid on this thread until it asks for another network: cells
/// that differ in their training follow each other, and each asks several times.
const Inventory& inventory_of(const JobConfig& config);

}  // namespace spin
