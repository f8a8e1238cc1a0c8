#include "schema/sweep/settings.h"

#include "schema/design/family.h"
#include "schema/design/names.h"

namespace spin::sweep {
namespace {

/// Width of a head in the DeiT paper.
constexpr int kHeadWidth = 64;

void default_to(int& value, int otherwise) {
  if (value == kNotGiven) value = otherwise;
}

Error missing(std::string_view path, std::string_view wanted) {
  return {ErrorCode::invalid_argument, std::string(path) + ": is missing; " + std::string(wanted)};
}

Status check_given(const PointSettings& settings) {
  const auto& network = settings.network;
  const std::string family(enum_name(network.family));
  if (settings.dataset.name.empty()) return missing("dataset", "give one, such as dataset: fashion-mnist");
  const auto* known = find_dataset(settings.dataset.name);
  if (known && known->is_of_owner() && settings.dataset.classes == kNotGiven)
    return missing("dataset.classes", "give the number of class folders in train");
  if (network.channels == kNotGiven) return missing("network.channels", "give the width of the blocks");
  if (network.depth == kNotGiven) return missing("network.depth", "give the number of blocks");
  if (network.patch == kNotGiven)
    return missing("network.patch", "a " + family + " needs the side of its patches");
  if (network.kernel == kNotGiven)
    return missing("network.kernel", "a " + family + " needs the side of its kernels");
  if (network.heads == kNotGiven)
    return missing("network.heads", "it is channels / 64 by default, and " +
                                        std::to_string(network.channels) +
                                        " channels are too few for one; give a divisor of the channels");
  if (settings.sharing.mapping.value_or(Mapping::none) != Mapping::none && !settings.sharing.rate)
    return missing("sharing.rate", "give the number of layers per group");
  return {};
}

Dataset dataset_of(const DatasetSettings& settings) {
  Dataset dataset;
  dataset.name = settings.name;
  dataset.root = settings.root;
  dataset.id = settings.id;
  dataset.train_limit = settings.train_limit;
  dataset.eval_limit = settings.eval_limit;
  dataset.facts = dataset_facts(settings.name).value_or(DatasetFacts{});
  if (settings.classes != kNotGiven) dataset.facts.classes = settings.classes;
  return dataset;
}

}  // namespace

PointSettings::PointSettings() {
  network.channels = kNotGiven;
  network.depth = kNotGiven;
  network.patch = kNotGiven;
  network.kernel = kNotGiven;
  network.resolution = kNotGiven;
  network.heads = kNotGiven;
}

void fill_defaults(PointSettings& settings) {
  auto& network = settings.network;
  const auto facts = dataset_facts(settings.dataset.name).value_or(DatasetFacts{});
  default_to(settings.dataset.resolution, facts.resolution);
  default_to(network.resolution, settings.dataset.resolution);
  const auto& family = describe(network.family);
  if (family.default_patch > 0) default_to(network.patch, family.default_patch);
  if (family.default_kernel > 0 || !family.fields.has(NetworkField::kernel))
    default_to(network.kernel, family.default_kernel);
  if (!family.fields.has(NetworkField::heads))
    default_to(network.heads, 0);
  else if (network.channels >= kHeadWidth)
    default_to(network.heads, network.channels / kHeadWidth);

  auto& sharing = settings.sharing;
  if (!sharing.mapping && !sharing.groups && !sharing.layers)
    sharing.mapping = sharing.rate.value_or(1) == 1 ? Mapping::none : Mapping::sequential;
  if (!sharing.components) sharing.components = family.default_components;
}

SharingRequest sharing_request(const SharingSettings& sharing) {
  return {sharing.mapping.value_or(Mapping::none),
          sharing.distribution,
          sharing.rate.value_or(1),
          sharing.seed,
          sharing.groups,
          sharing.layers};
}

Result<Train> config_of(const PointSettings& settings) {
  SPIN_TRY(check_given(settings));
  Train config;
  config.dataset = dataset_of(settings.dataset);
  config.network = settings.network;
  config.transform = settings.transform;
  config.fusion = settings.fusion;
  config.training = settings.training;
  config.components = *settings.sharing.components;
  // A depth out of range must not size a topology; validate() words it.
  config.topology = Topology::unshared(1);
  if (settings.network.depth < 1 || settings.network.depth > kMaxDepth) {
    SPIN_TRY(validate(config));
  }
  SPIN_ASSIGN(config.topology, build_topology(sharing_request(settings.sharing), settings.network.depth));
  return config;
}

Training pretrain_training(const PointSettings& settings) {
  Training training = settings.training;
  for (const auto& change : settings.pretrain) change(training);
  return training;
}

}  // namespace spin::sweep
