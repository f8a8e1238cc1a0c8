#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/design/config.h"

namespace spin {

/// What a tensor is for. `weight` is what convolutions and linear layers multiply with: it decays, may be
/// transformed and is fused with coefficients. `vector` is a bias, a norm's parameter, a token or a scale: it
/// is fused as the plain mean by every strategy but choose_first. The last two are running statistics of a
/// BatchNorm and no parameters.
enum class TensorRole { weight, vector, mean, variance };

inline bool is_parameter(TensorRole role) { return role == TensorRole::weight || role == TensorRole::vector; }

/// How a tensor starts.
struct Start {
  enum class Kind {
    constant,
    uniform,  ///< evenly from [-value, value]
    normal,   ///< around 0 with deviation `value`, cut at +-2: what ViT and ConvNeXt call trunc_normal_
  };
  Kind kind = Kind::constant;
  double value = 0;
};

/// One tensor of a network, before sharing. In files a tensor outside the blocks is NAME.KIND and that of a
/// block NAME.I.KIND, where I is the layer, or the group where the network shares it.
struct TensorSpec {
  std::string_view name;            ///< "pointwise"
  std::string_view kind;            ///< "weight", "norm.bias"; empty where the name says all
  std::vector<std::int64_t> shape;  ///< output channels first
  TensorRole role = TensorRole::weight;
  Start start;
  std::optional<Component> component = {};  ///< shared with it; none = each layer's own

  [[nodiscard]] std::int64_t out() const { return shape.front(); }
  [[nodiscard]] std::int64_t elements() const;
  [[nodiscard]] std::string file_name() const;
  [[nodiscard]] std::string file_name(std::size_t index) const;  ///< of a tensor of a block
};

/// Whether the layers of a group use one tensor.
bool is_shared(const TensorSpec& tensor, const Train& config);
/// Whether the layers after the first of their group transform it.
bool is_transformed(const TensorSpec& tensor, const Train& config);

/// What training one image keeps from the forward to the backward pass, in elements.
struct SavedActivations {
  std::int64_t block = 0;
  std::int64_t outside = 0;
  std::int64_t largest = 0;  ///< largest single tensor of a block
};

/// The tensors and the work of a network, before sharing. Tensors stand in the order in which initial values
/// are drawn and checkpoints hold them. FLOPs are multiply-accumulates as the paper counts them.
struct Inventory {
  std::vector<TensorSpec> before;  ///< of the embedding
  std::vector<TensorSpec> block;   ///< every block has these
  std::vector<TensorSpec> after;   ///< of the last norm and the head
  std::int64_t block_flops = 0;
  std::int64_t outside_flops = 0;
  SavedActivations saved;

  [[nodiscard]] std::int64_t outside_params() const;
  [[nodiscard]] std::int64_t outside_statistics() const;
};

/// Of a configuration that validate() accepts. Valid on this thread until it asks for another network: cells
/// that differ in their training follow each other, and each asks several times.
const Inventory& inventory_of(const Train& config);

}  // namespace spin
