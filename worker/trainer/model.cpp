#include "worker/trainer/model.h"

#include "worker/trainer/convmixer.h"
#include "worker/trainer/convnext.h"
#include "worker/trainer/deit.h"
#include "worker/trainer/flops.h"

namespace spin {

Model::Model(const JobConfig& config)
    : network_(config.network),
      stochastic_depth_(config.training.stochastic_depth),
      image_channels_(config.dataset.facts.channels),
      store_(config) {}

StochasticDepth Model::stochastic_depth(std::size_t layer, Mode mode) const {
  return mode == Mode::train ? StochasticDepth::of_block(layer, network_.depth, stochastic_depth_)
                             : StochasticDepth();
}

Weights Model::weights() const {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  return store_.by_layer(store_.fused());
}

Cost Model::cost() const {
  const torch::NoGradGuard no_grad;
  Cost cost;
  for (const auto& entry : folded()) cost.params += entry.tensor.numel();
  for (const auto& entry : buffers()) cost.params -= entry.tensor.numel();
  // Fusion is folded away, so it costs nothing; transforms are part of the network.
  const auto fused = store_.fused();
  const auto image = torch::zeros({1, image_channels_, network_.resolution, network_.resolution},
                                  parameters().front().value.options().requires_grad(false));
  cost.flops = count_flops([&] { (void)forward(image, store_.by_layer(fused), Mode::evaluate); });
  return cost;
}

std::unique_ptr<Model> make_model(const JobConfig& config) {
  switch (config.network.family) {
    case Family::convmixer:
      return std::make_unique<ConvMixer>(config);
    case Family::convnext:
      return std::make_unique<ConvNext>(config);
    case Family::deit:
      return std::make_unique<Deit>(config);
  }
  return nullptr;
}

}  // namespace spin
