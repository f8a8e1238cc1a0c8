#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "schema/design/config.h"
#include "worker/trainer/arithmetic.h"
#include "worker/trainer/network_weights.h"
#include "worker/trainer/stochastic_depth.h"

namespace spin {

/// A network of one family with weights shared by a topology, fused by a strategy and transformed by layer.
/// Its tensors are those of its inventory; a parameter of every block is one leaf, [n, ...].
class Model {
 public:
  virtual ~Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  /// Leaves, in the order of the layout of checkpoints.
  [[nodiscard]] std::vector<Parameter> parameters() const { return store_.parameters(); }
  /// Running statistics of the norms.
  [[nodiscard]] std::vector<NamedTensor> buffers() const { return store_.buffers(); }
  /// Moves what is not a parameter to another device or element type.
  void move_to(const torch::TensorOptions& options) { store_.move_to(options); }

  /// Fused and transformed once, in the parameters' precision even under autocast; pass the result to any
  /// number of forward calls. In training, once a step.
  [[nodiscard]] Weights weights() const;
  /// images [N, Cin, R, R] -> logits [N, classes].
  [[nodiscard]] virtual torch::Tensor forward(const torch::Tensor& images, const Weights& weights,
                                              Mode mode) const = 0;

  /// The plain shared network: no original weights, no fusion coefficients; its transforms stay. On the CPU.
  [[nodiscard]] std::vector<NamedTensor> folded() const { return store_.folded(); }
  /// Fills everything but the fusion's coefficients from a file of the unshared network, or, for a network
  /// without fusion, of the same network. data_loss names the tensor that is missing or has another shape.
  Status load(const TensorFile& file, const std::string& file_name) { return store_.load(file, file_name); }

 protected:
  explicit Model(const Train& config);

  [[nodiscard]] const Network& network() const { return network_; }
  /// How a block's branches are left out in `mode`.
  [[nodiscard]] StochasticDepth stochastic_depth(std::size_t layer, Mode mode) const;
  [[nodiscard]] const NetworkWeights& store() const { return store_; }

 private:
  Network network_;
  double stochastic_depth_;  // of the last block
  NetworkWeights store_;
};

/// Initial values depend on the configuration alone.
std::unique_ptr<Model> make_model(const Train& config);

}  // namespace spin
