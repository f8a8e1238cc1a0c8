#include "schema/design/config_json.h"

#include "schema/design/names.h"

namespace spin {

using nlohmann::json;

json dataset_to_json(const Dataset& dataset) {
  return {{"name", dataset.name},
          {"root", dataset.root},
          {"train_limit", dataset.train_limit},
          {"eval_limit", dataset.eval_limit},
          {"channels", dataset.facts.channels},
          {"classes", dataset.facts.classes},
          {"resolution", dataset.facts.resolution}};
}

json network_to_json(const Network& network) {
  json out = {{"family", enum_name(network.family)},
              {"channels", network.channels},
              {"depth", network.depth},
              {"patch", network.patch},
              {"resolution", network.resolution},
              {"dropout", network.dropout}};
  switch (network.family) {
    case Family::convmixer:
      out["kernel"] = network.kernel;
      out["activation"] = enum_name(network.activation);
      out["pointwise_residual"] = network.pointwise_residual;
      break;
    case Family::convnext:
      out["kernel"] = network.kernel;
      out["activation"] = enum_name(network.activation);
      out["layer_scale"] = network.layer_scale;
      out["mlp_ratio"] = network.mlp_ratio;
      break;
    case Family::deit:
      out["heads"] = network.heads;
      out["mlp_ratio"] = network.mlp_ratio;
      break;
  }
  return out;
}

json sharing_to_json(const Topology& topology, Components components) {
  json names = json::array();
  for (const auto& entry : enum_names<Component>())
    if (components.has(entry.value)) names.push_back(entry.name);
  return {{"layers", topology.layers()}, {"components", std::move(names)}};
}

json transform_to_json(const Transform& transform) {
  json out = {{"kind", enum_name(transform.kind)}};
  if (transform.kind != TransformKind::none) out["group"] = transform.group;
  return out;
}

json fusion_to_json(const Fusion& fusion) {
  json out = {{"strategy", enum_name(fusion.strategy)}};
  if (fusion.strategy != FusionStrategy::none) out["init"] = enum_name(fusion.init);
  return out;
}

namespace {

/// Settings that job identity did not know at first stand only where they are not at their default, so that a
/// job keeps its identity from version to version.
void add_later_settings(const Training& training, json& out) {
  const Training defaults;
  const auto add = [&](const char* key, const auto& value, const auto& otherwise) {
    if (value != otherwise) out[key] = value;
  };
  add("momentum", training.momentum, defaults.momentum);
  add("accumulation", training.accumulation, defaults.accumulation);
  add("ema", training.ema, defaults.ema);
  add("evaluate_every", training.evaluate_every, defaults.evaluate_every);
  add("keep", enum_name(training.keep), enum_name(defaults.keep));
  add("crop", enum_name(training.crop), enum_name(defaults.crop));
  add("crop_padding", training.crop_padding, defaults.crop_padding);
  add("crop_scale", training.crop_scale, defaults.crop_scale);
  add("flip", training.flip, defaults.flip);
  add("eps", training.eps, defaults.eps);
  add("pct_start", training.pct_start, defaults.pct_start);
  add("cycle_momentum", training.cycle_momentum, defaults.cycle_momentum);
  add("base_momentum", training.base_momentum, defaults.base_momentum);
  add("max_momentum", training.max_momentum, defaults.max_momentum);
  add("random_erasing_mode", enum_name(training.random_erasing_mode),
      enum_name(defaults.random_erasing_mode));
  add("stochastic_depth", training.stochastic_depth, defaults.stochastic_depth);
  add("repeated_augmentation", training.repeated_augmentation, defaults.repeated_augmentation);
}

json randaugment_to_json(const RandAugment& randaugment) {
  const RandAugment defaults;
  json out = {{"layers", randaugment.layers}, {"magnitude", randaugment.magnitude}};
  if (randaugment.magnitude_std != defaults.magnitude_std) out["magnitude_std"] = randaugment.magnitude_std;
  if (randaugment.increasing != defaults.increasing) out["increasing"] = randaugment.increasing;
  return out;
}

}  // namespace

json training_to_json(const Training& training) {
  json randaugment = nullptr;
  if (training.randaugment) randaugment = randaugment_to_json(*training.randaugment);
  json out = {{"epochs", training.epochs},
              {"batch_size", training.batch_size},
              {"optimizer", enum_name(training.optimizer)},
              {"lr", training.lr},
              {"weight_decay", training.weight_decay},
              {"schedule", enum_name(training.schedule)},
              {"warmup_epochs", training.warmup_epochs},
              {"clip_grad_norm", training.clip_grad_norm},
              {"label_smoothing", training.label_smoothing},
              {"mixup", training.mixup},
              {"cutmix", training.cutmix},
              {"random_erasing", training.random_erasing},
              {"randaugment", std::move(randaugment)},
              {"label_noise", training.label_noise},
              {"precision", enum_name(training.precision)}};
  add_later_settings(training, out);
  return out;
}

json config_to_json(const JobConfig& config) {
  return {{"version", kConfigVersion},
          {"dataset", dataset_to_json(config.dataset)},
          {"network", network_to_json(config.network)},
          {"sharing", sharing_to_json(config.topology, config.components)},
          {"transform", transform_to_json(config.transform)},
          {"fusion", fusion_to_json(config.fusion)},
          {"training", training_to_json(config.training)},
          {"seed", config.seed},
          {"init_from", config.init_from ? json(config.init_from->hex()) : json(nullptr)}};
}

}  // namespace spin
