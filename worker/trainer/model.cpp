#include "worker/trainer/model.h"

#include "worker/trainer/convmixer.h"
#include "worker/trainer/convnext.h"
#include "worker/trainer/deit.h"
#include "worker/trainer/mlp_mixer.h"

namespace spin {

Model::Model(const Train& config)
    : network_(config.network), stochastic_depth_(config.training.stochastic_depth), store_(config) {}

StochasticDepth Model::stochastic_depth(std::size_t layer, Mode mode) const {
  return mode == Mode::train ? StochasticDepth::of_block(layer, network_.depth, stochastic_depth_)
                             : StochasticDepth();
}

Weights Model::weights() const {
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  return store_.by_layer(store_.fused());
}

std::unique_ptr<Model> make_model(const Train& config) {
  switch (config.network.family) {
    case Family::convmixer:
      return std::make_unique<ConvMixer>(config);
    case Family::convnext:
      return std::make_unique<ConvNext>(config);
    case Family::deit:
      return std::make_unique<Deit>(config);
    case Family::mlp_mixer:
      return std::make_unique<MlpMixer>(config);
  }
  return nullptr;
}

}  // namespace spin
