#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "schema/design/config.h"
#include "schema/design/fields.h"
#include "schema/design/names.h"

namespace spin {
namespace {

/// Below this, parameters and FLOPs fit 64 bits whatever the rest of the settings.
constexpr double kMaxFlops = 1e18;

Error fault(std::string_view path, const std::string& what) {
  return {ErrorCode::invalid_argument, std::string(path) + ": " + what};
}

Status whole_in(std::string_view path, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high) return {};
  if (low == high)
    return fault(path, std::to_string(value) + " cannot be; here it is " + std::to_string(low) + " always");
  return fault(path, std::to_string(value) + " is out of range; a whole number from " + std::to_string(low) +
                         " to " + std::to_string(high) + " is accepted");
}

Status number_in(std::string_view path, double value, double low, double high) {
  if (value >= low && value <= high) return {};
  return fault(path, number_text(value) + " is out of range; a number from " + number_text(low) + " to " +
                         number_text(high) + " is accepted");
}

/// What is wrong with a value beyond its range, in the words of its field where it has some.
Error beyond(std::string_view section, const Field& field, double value, std::string_view kind) {
  const bool has_words = !field.accepted.empty();
  return fault(std::string(section) + "." + std::string(field.key),
               number_text(value) + " is out of range; a " + std::string(kind) +
                   (has_words ? ", " : " from ") + accepted_text(field) +
                   (has_words ? ", is accepted" : " is accepted"));
}

/// A number within the range of its field; what is no number has none.
template <class T>
Status check_range(std::string_view section, const Field& field, const T& value) {
  if constexpr (std::is_same_v<T, int> || std::is_same_v<T, double>) {
    const auto& [low, high, has_high] = field.range;
    const bool is_within = value >= low && (has_high ? value <= high : value < high);
    if (low <= high && !is_within)
      return beyond(section, field, value, std::is_same_v<T, int> ? "whole number" : "number");
  }
  return {};
}

/// Workers run on other hosts and in other folders than whoever writes the file.
Status check_root(const std::string& root) {
  if (root.empty() || root.starts_with('/')) return {};
  const std::string wanted =
      "an absolute path is expected, since workers run elsewhere; give one that begins with /";
  if (root.starts_with('~'))
    return fault("dataset.root", "'" + root + "' begins with ~, which shells alone replace; " + wanted);
  return fault("dataset.root", "'" + root + "' is relative; " + wanted);
}

Status check_dataset(const Dataset& dataset) {
  const auto* known = find_dataset(dataset.name);
  if (!known) {
    std::string names;
    for (const auto& name : dataset_names()) (names += names.empty() ? "" : " | ") += name;
    return fault("dataset.name", "'" + dataset.name + "' is none of " + names);
  }
  if (known->is_of_owner() && dataset.root.empty() && dataset.id.empty())
    return fault("dataset.root", "is missing; an " + dataset.name +
                                     " needs the folder's path, or an id where workers find it by "
                                     "their --data");
  if (!has_id(dataset.name) && !dataset.id.empty())
    return fault("dataset.id", "'" + dataset.id + "' is given to " + dataset.name +
                                   ", which is known by its name; only an imagefolder has an id");
  SPIN_TRY(check_root(dataset.root));
  SPIN_TRY(whole_in("dataset.train_limit", dataset.train_limit, 0, std::int64_t{1} << 40));
  SPIN_TRY(whole_in("dataset.eval_limit", dataset.eval_limit, 0, std::int64_t{1} << 40));
  const auto& [channels, classes, resolution, train_images, eval_images] = known->facts;
  SPIN_TRY(whole_in("dataset.classes", dataset.facts.classes, known->takes_any_classes ? 1 : classes,
                    known->takes_any_classes ? 1'000'000 : classes));
  SPIN_TRY(whole_in("dataset.channels", dataset.facts.channels, channels, channels));
  return whole_in("dataset.resolution", dataset.facts.resolution, resolution, resolution);
}

Status check_heads(const Network& network) {
  SPIN_TRY(whole_in("network.heads", network.heads, 1, network.channels));
  if (network.channels % network.heads == 0) return {};
  return fault("network.heads", std::to_string(network.heads) + " heads do not divide the " +
                                    std::to_string(network.channels) +
                                    " channels; give a divisor of the channels");
}

Status check_kernel(const Network& network) {
  if (network.kernel % 2 != 0) return {};
  return fault("network.kernel", std::to_string(network.kernel) + " is even; give an odd number from 1 to " +
                                     std::to_string(kMaxKernel));
}

Status check_ratio(std::string_view path, const Network& network, double ratio) {
  const double width = network.channels * ratio;
  if (width == std::floor(width)) return {};
  return fault(path, number_text(ratio) + " times " + std::to_string(network.channels) +
                         " channels is not a whole number; give a ratio for which it is");
}

Status check_network(const Network& network) {
  Status ranges;
  visit_network_fields([&](const Field& field, auto member, auto has) {
    if (ranges.ok() && has(network)) ranges = check_range("network", field, network.*member);
  });
  SPIN_TRY(ranges);
  if (network.patch > network.resolution)
    return fault("network.patch", std::to_string(network.patch) + " pixels are larger than the image of " +
                                      std::to_string(network.resolution) + "; give at most " +
                                      std::to_string(network.resolution));
  const auto& fields = describe(network.family).fields;
  if (fields.has(NetworkField::kernel)) SPIN_TRY(check_kernel(network));
  if (fields.has(NetworkField::heads)) SPIN_TRY(check_heads(network));
  if (fields.has(NetworkField::mlp_ratio))
    SPIN_TRY(check_ratio("network.mlp_ratio", network, network.mlp_ratio));
  if (fields.has(NetworkField::token_ratio))
    SPIN_TRY(check_ratio("network.token_ratio", network, network.token_ratio));
  return {};
}

Status check_sharing(const Train& config) {
  if (config.topology.depth() != config.network.depth)
    return fault("sharing.layers", "gives groups for " + std::to_string(config.topology.depth()) +
                                       " layers, but network.depth is " +
                                       std::to_string(config.network.depth) +
                                       "; give one group for each layer");
  const auto allowed = describe(config.network.family).components;
  std::string choices;
  for (const auto& entry : enum_names<Component>())
    if (allowed.has(entry.value)) (choices += choices.empty() ? "" : " | ") += entry.name;
  for (const auto& entry : enum_names<Component>())
    if (config.components.has(entry.value) && !allowed.has(entry.value))
      return fault("sharing.components", std::string(entry.name) + " is no part of a " +
                                             std::string(enum_name(config.network.family)) + "; it has " +
                                             choices);
  return {};
}

/// An upper bound of the work for one image: cost_of() may only count what it can hold.
Status check_work(const Train& config) {
  const auto& network = config.network;
  const auto& fields = describe(network.family).fields;
  const auto if_has = [&](NetworkField field, double value) { return fields.has(field) ? value : 0; };
  const double channels = network.channels;
  const double hidden = channels * std::max(1.0, if_has(NetworkField::mlp_ratio, network.mlp_ratio));
  const double tokens = positions(network) + 1.0;
  const double kernel = if_has(NetworkField::kernel, network.kernel);
  const double image = static_cast<double>(config.dataset.facts.channels) * network.patch * network.patch;
  const double attention = if_has(NetworkField::heads, 2 * tokens);
  const double mixing = if_has(NetworkField::token_ratio, 2 * channels * network.token_ratio);
  const double block = channels * (kernel * kernel + attention + mixing + 16) + 6 * hidden * channels;
  const double transforms = config.transform.kind == TransformKind::none
                                ? 0
                                : (6 * hidden * channels + mixing * tokens) * config.transform.group;
  const double flops = network.depth * (block * tokens + transforms) + image * channels * tokens +
                       channels * config.dataset.facts.classes;
  if (flops < kMaxFlops) return {};
  return fault("network.resolution", "the network has some " + number_text(flops) +
                                         " FLOPs for one image, and at most " + number_text(kMaxFlops) +
                                         " are counted; give a smaller resolution, width or depth");
}

bool shares_nothing(const Train& config) {
  return config.topology.is_unshared() || config.components.empty();
}

Status check_transform(const Train& config) {
  if (config.transform.kind == TransformKind::none || shares_nothing(config))
    return {};  // canonical() drops it
  const int group = config.transform.group;
  SPIN_TRY(whole_in("transform.group", group, 1, config.network.channels));
  if (config.network.channels % group != 0)
    return fault("transform.group", std::to_string(group) + " does not divide the " +
                                        std::to_string(config.network.channels) +
                                        " channels; give a divisor of the channels");
  for (const auto& tensor : inventory_of(config).block)
    if (is_transformed(tensor, config) && tensor.out() % group != 0)
      return fault("transform.group", std::to_string(group) + " does not divide the " +
                                          std::to_string(tensor.out()) + " output channels of " +
                                          std::string(tensor.name) + "; give a divisor of all widths");
  return {};
}

Status check_fusion(const Train& config) {
  if (config.fusion.strategy == FusionStrategy::none || !shares_nothing(config)) return {};
  return fault("fusion.strategy",
               std::string(enum_name(config.fusion.strategy)) +
                   " fuses the weights of layers that share, but no layers share any; set sharing "
                   "with a rate above 1 and the components to share, or fusion.strategy: none");
}

Status check_randaugment(const RandAugment& randaugment) {
  Status ranges;
  visit_randaugment_fields([&](const Field& field, auto member) {
    if (ranges.ok()) ranges = check_range("training.randaugment", field, randaugment.*member);
  });
  SPIN_TRY(ranges);
  return whole_in("training.randaugment.magnitude", randaugment.magnitude, 0,
                  randaugment.increasing ? kGreatestIncreasingMagnitude : kGreatestMagnitude);
}

Status check_training(const Training& training) {
  Status ranges;
  visit_training_fields([&](const Field& field, auto member) {
    if (ranges.ok()) ranges = check_range("training", field, training.*member);
  });
  SPIN_TRY(ranges);
  if (training.lr == 0) return fault("training.lr", "0 trains nothing; give a number above 0");
  SPIN_TRY(number_in("training.warmup_epochs", training.warmup_epochs, 0, training.epochs));
  if (training.randaugment) SPIN_TRY(check_randaugment(*training.randaugment));
  if (training.base_momentum > training.max_momentum)
    return fault("training.base_momentum", number_text(training.base_momentum) +
                                               " is above training.max_momentum, " +
                                               number_text(training.max_momentum) + "; give at most that");
  SPIN_TRY(whole_in("training.accumulation", training.accumulation, 1, training.batch_size));
  if (training.batch_size % training.accumulation == 0) return {};
  return fault("training.accumulation",
               std::to_string(training.accumulation) + " passes do not divide the batch of " +
                   std::to_string(training.batch_size) + " images; give a divisor of training.batch_size");
}

Status check_stochastic_depth(const Train& config) {
  if (config.training.stochastic_depth == 0 || describe(config.network.family).has_stochastic_depth)
    return {};
  return fault("training.stochastic_depth", "leaves out branches, and a " +
                                                std::string(enum_name(config.network.family)) +
                                                " has none that its authors left out; give 0");
}

/// Where a norm sees one value, it is its own mean: nothing is left of it, and its unbiased variance is 0 /
/// 0.
Status check_norms(const Train& config) {
  const auto& network = config.network;
  const auto& training = config.training;
  if (describe(network.family).norm == Norm::layer) {
    if (network.channels > 1) return {};
    return fault("network.channels", "LayerNorm over 1 channel leaves nothing of an image; give at least 2");
  }
  const int images = training.batch_size / training.accumulation;
  if (images > 1 || positions(network) > 1) return {};
  const std::string one = "BatchNorm sees 1 value of each channel, from " +
                          (training.accumulation > 1 ? "passes of " : std::string("batches of ")) +
                          "1 image of 1 position (network.patch " + std::to_string(network.patch) +
                          ", network.resolution " + std::to_string(network.resolution) +
                          "), and one value cannot be normalised; give ";
  if (training.accumulation == 1)
    return fault("training.batch_size", one + "at least 2 images, or a smaller network.patch");
  return fault("training.accumulation", one + "fewer passes than the " + std::to_string(training.batch_size) +
                                            " images of a batch, or a smaller network.patch");
}

Status check_batch_fits(const Train& config) {
  const auto& dataset = config.dataset;
  std::int64_t images = dataset.facts.train_images;
  if (dataset.train_limit > 0)
    images = images > 0 ? std::min(images, dataset.train_limit) : dataset.train_limit;
  if (images == 0 || config.training.batch_size <= images) return {};
  return fault("training.batch_size", std::to_string(config.training.batch_size) +
                                          " images are more than the " + std::to_string(images) +
                                          " of the training set; give at most " + std::to_string(images));
}

}  // namespace

Status validate_training(const Train& config) {
  SPIN_TRY(check_training(config.training));
  SPIN_TRY(check_stochastic_depth(config));
  SPIN_TRY(check_norms(config));
  return check_batch_fits(config);
}

Status validate(const Train& config) {
  SPIN_TRY(check_dataset(config.dataset));
  SPIN_TRY(check_network(config.network));
  SPIN_TRY(check_sharing(config));
  SPIN_TRY(check_work(config));
  SPIN_TRY(check_transform(config));
  SPIN_TRY(check_fusion(config));
  SPIN_TRY(validate_training(config));
  return whole_in("seed", config.seed, 0, std::numeric_limits<std::int64_t>::max());
}

}  // namespace spin
