#include <algorithm>
#include <string_view>

#include "schema/design/config.h"

namespace spin {
namespace {

void drop_what_family_lacks(Network& network) {
  const Network defaults;
  const bool convmixer = network.family == Family::convmixer;
  const bool deit = network.family == Family::deit;
  if (!convmixer) network.pointwise_residual = defaults.pointwise_residual;
  if (network.family != Family::convnext) network.layer_scale = defaults.layer_scale;
  if (convmixer) network.mlp_ratio = defaults.mlp_ratio;
  if (deit) {
    network.kernel = defaults.kernel;
    network.activation = defaults.activation;
  } else {
    network.heads = defaults.heads;
  }
}

void drop_what_recipe_ignores(Training& training) {
  const Training defaults;
  if (training.schedule != Schedule::one_cycle) training.cycle_momentum = defaults.cycle_momentum;
  if (training.schedule != Schedule::one_cycle || training.warmup_epochs > 0)
    training.pct_start = defaults.pct_start;
  if (training.schedule == Schedule::one_cycle_linear) training.warmup_epochs = defaults.warmup_epochs;
  if (!training.cycle_momentum) {
    training.base_momentum = defaults.base_momentum;
    training.max_momentum = defaults.max_momentum;
  }
  if (training.optimizer != Optimizer::sgd || training.cycle_momentum) training.momentum = defaults.momentum;
  if (training.optimizer != Optimizer::adamw) training.eps = defaults.eps;
  if (training.random_erasing == 0) training.random_erasing_mode = defaults.random_erasing_mode;
  if (training.crop != Crop::padded) training.crop_padding = defaults.crop_padding;
  if (training.crop != Crop::random_resized) training.crop_scale = defaults.crop_scale;
}

/// Biases and norms are neither transformed nor fused with coefficients.
bool shares_weights(Components components) {
  for (const auto component :
       {Component::pointwise, Component::depthwise, Component::attention, Component::mlp})
    if (components.has(component)) return true;
  return false;
}

bool is_weighted(FusionStrategy strategy) {
  return strategy == FusionStrategy::scalar_weighted_mean ||
         strategy == FusionStrategy::channel_weighted_mean ||
         strategy == FusionStrategy::pointwise_convolution;
}

/// -0.0 equals 0.0 but is written differently, so it would give one job two identities.
void drop_signs_of_zeros(JobConfig& config) {
  auto& training = config.training;
  auto& network = config.network;
  for (double* value : {&network.layer_scale,     &network.mlp_ratio,
                        &network.dropout,         &training.lr,
                        &training.weight_decay,   &training.warmup_epochs,
                        &training.clip_grad_norm, &training.label_smoothing,
                        &training.mixup,          &training.cutmix,
                        &training.random_erasing, &training.label_noise,
                        &training.momentum,       &training.ema,
                        &training.flip,           &training.eps,
                        &training.pct_start,      &training.base_momentum,
                        &training.max_momentum,   &training.stochastic_depth})
    *value += 0.0;
  if (training.randaugment) training.randaugment->magnitude_std += 0.0;
}

/// One spelling of a path: no //, no /./ and no / at its end. `..` stays, because behind a link it leads
/// elsewhere than its text says.
std::string tidy_path(std::string_view path) {
  std::string tidied = path.starts_with('/') ? "/" : "";
  while (!path.empty()) {
    const auto part = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(part.size() + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (!tidied.empty() && tidied.back() != '/') tidied += '/';
    tidied += part;
  }
  return tidied;
}

void tidy(Dataset& dataset) {
  dataset.root = tidy_path(dataset.root);
  if (dataset.root == default_dataset_root(dataset.name)) dataset.root.clear();
  const auto all_if_above = [](std::int64_t& limit, std::int64_t images) {
    if (images > 0 && limit >= images) limit = 0;
  };
  all_if_above(dataset.train_limit, dataset.facts.train_images);
  all_if_above(dataset.eval_limit, dataset.facts.eval_images);
}

}  // namespace

JobConfig canonical(JobConfig config) {
  tidy(config.dataset);
  drop_signs_of_zeros(config);
  drop_what_family_lacks(config.network);
  drop_what_recipe_ignores(config.training);
  if (config.components.empty()) config.topology = Topology::unshared(config.topology.depth());
  if (config.topology.is_unshared()) {
    config.components = Components();
    config.transform = Transform();
    config.fusion = Fusion();
  }
  if (!shares_weights(config.components)) {
    config.transform = Transform();
    if (is_weighted(config.fusion.strategy)) config.fusion.strategy = FusionStrategy::mean;
  }
  if (config.transform.kind == TransformKind::none) config.transform = Transform();
  if (config.fusion.strategy == FusionStrategy::none) config.fusion = Fusion();
  if (config.fusion == Fusion() || config.fusion.init != FusionInit::pretrained) config.init_from.reset();
  return config;
}

}  // namespace spin
