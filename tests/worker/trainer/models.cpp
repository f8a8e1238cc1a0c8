#include "tests/worker/trainer/models.h"

#include "schema/design/family.h"
#include "tests/worker/trainer/fixtures.h"

namespace spin {

Train family_config(Family family) {
  auto config = tiny_config();
  config.network.family = family;
  config.network.heads = 2;
  config.network.mlp_ratio = 2;
  config.network.token_ratio = 1;
  return canonical(config);
}

Train all_shared(Train config, FusionStrategy strategy, Transform transform) {
  config.topology = Topology::from_labels({0, 0, 1, 0});
  config.components = describe(config.network.family).components;
  config.fusion = {strategy, FusionInit::random};
  config.transform = transform;
  return canonical(config);
}

void scatter(const Model& model, std::uint64_t seed) {
  torch::manual_seed(seed);
  const torch::NoGradGuard no_grad;
  for (const auto& parameter : model.parameters())
    parameter.value.add_(torch::randn_like(parameter.value), 0.3);
  for (const auto& buffer : model.buffers()) buffer.tensor.add_(torch::rand_like(buffer.tensor));
}

void to_double(Model& model) {
  for (auto& parameter : model.parameters()) parameter.value.set_data(parameter.value.to(torch::kDouble));
  model.move_to(torch::kDouble);
}

torch::Tensor random_images(const Train& config, std::int64_t count) {
  return torch::randn(
      {count, config.dataset.facts.channels, config.network.resolution, config.network.resolution});
}

}  // namespace spin
