#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "schema/design/config.h"
#include "schema/design/fields.h"

namespace spin {
namespace {

void drop_what_family_lacks(Network& network) {
  const Network defaults;
  visit_network_fields([&](const Field&, auto member, auto has) {
    if (!has(network)) network.*member = defaults.*member;
  });
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
  for (const auto component : {Component::pointwise, Component::depthwise, Component::attention,
                               Component::token_mixing, Component::mlp})
    if (components.has(component)) return true;
  return false;
}

bool is_weighted(FusionStrategy strategy) {
  return strategy == FusionStrategy::scalar_weighted_mean ||
         strategy == FusionStrategy::channel_weighted_mean ||
         strategy == FusionStrategy::pointwise_convolution;
}

/// -0.0 equals 0.0 but is written differently, so it would give one job two identities.
void drop_signs_of_zeros(Train& config) {
  const auto drop = [](auto& value) {
    if constexpr (std::is_same_v<decltype(value), double&>) value += 0.0;
  };
  visit_network_fields([&](const Field&, auto member, auto) { drop(config.network.*member); });
  visit_training_fields([&](const Field&, auto member) { drop(config.training.*member); });
  if (auto& randaugment = config.training.randaugment)
    visit_randaugment_fields([&](const Field&, auto member) { drop((*randaugment).*member); });
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

}  // namespace

Dataset canonical(Dataset dataset) {
  dataset.root = tidy_path(dataset.root);
  if (dataset.root == default_dataset_root(dataset.name)) dataset.root.clear();
  if (has_id(dataset.name) && dataset.id.empty()) dataset.id = dataset.root;
  const auto all_if_above = [](std::int64_t& limit, std::int64_t images) {
    if (images > 0 && limit >= images) limit = 0;
  };
  all_if_above(dataset.train_limit, dataset.facts.train_images);
  all_if_above(dataset.eval_limit, dataset.facts.eval_images);
  return dataset;
}

Train canonical(Train config) {
  config.dataset = canonical(std::move(config.dataset));
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
