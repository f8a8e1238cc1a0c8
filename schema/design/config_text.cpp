#include "schema/design/config_text.h"

#include <bit>
#include <functional>
#include <initializer_list>
#include <type_traits>

#include "schema/design/config_json.h"

namespace spin {
namespace {

/// Equal values give equal numbers; those that differ should, or each drives the other's text out.
std::uint64_t mixed(std::initializer_list<double> numbers) {
  std::uint64_t bits = 0;
  for (const double number : numbers)
    bits = (bits ^ std::bit_cast<std::uint64_t>(number + 0.0)) * 0x9e3779b97f4a7c15U + (bits >> 29);
  return bits ^ (bits >> 32);
}

std::uint64_t hash_of_network(const Network& network) {
  return mixed({static_cast<double>(network.family), static_cast<double>(network.channels),
                static_cast<double>(network.depth), static_cast<double>(network.patch),
                static_cast<double>(network.kernel), static_cast<double>(network.resolution)});
}

std::uint64_t hash_of_topology(const Topology& topology) {
  double sum = topology.group_count();
  for (const int group : topology.layers()) sum = sum * 1.5 + group;
  return mixed({sum});
}

std::uint64_t hash_of_training(const Training& training) {
  return mixed({static_cast<double>(training.epochs), static_cast<double>(training.batch_size), training.lr,
                training.weight_decay, training.warmup_epochs, training.clip_grad_norm,
                training.label_smoothing, training.mixup, training.cutmix, training.random_erasing,
                training.label_noise, training.ema, training.eps, training.pct_start, training.base_momentum,
                training.max_momentum, training.stochastic_depth});
}

constexpr std::size_t kMostBytes = 32 << 20;  // of a section

/// The entry of the value, which is made where it is new.
template <class Section, class Value, class Hash, class ToJson>
const auto& held_of(Section& section, const Value& value, const Hash& hash, const ToJson& to_json) {
  if (section.last != nullptr && section.last->value == value) return *section.last;
  if (section.bytes >= kMostBytes) section = {};
  auto [place, is_new] = section.held.try_emplace(hash(value));
  auto& held = place->second;
  if (is_new || !(held.value == value)) {
    held.value = static_cast<std::decay_t<decltype(held.value)>>(value);
    held.text = to_json(value).dump();
    held.hash_of_text = std::hash<std::string>{}(held.text);
    section.bytes += sizeof(held) + 2 * held.text.size();
  }
  section.last = &held;
  return held;
}

}  // namespace

const ConfigText::Held<Dataset>& ConfigText::dataset_of(const Train& train) {
  return held_of(
      dataset_, train.dataset,
      [](const Dataset& dataset) { return static_cast<std::uint64_t>(dataset.train_limit); },
      dataset_to_json);
}

const ConfigText::Held<Fusion>& ConfigText::fusion_of(const Train& train) {
  return held_of(
      fusion_, train.fusion, [](const Fusion& fusion) { return static_cast<std::uint64_t>(fusion.strategy); },
      fusion_to_json);
}

const ConfigText::Held<Network>& ConfigText::network_of(const Train& train) {
  return held_of(network_, train.network, hash_of_network, network_to_json);
}

const ConfigText::Held<ConfigText::Sharing>& ConfigText::sharing_of(const Train& train) {
  return held_of(
      sharing_, SharingOf{train},
      [](const SharingOf& sharing) { return hash_of_topology(sharing.train.topology); },
      [](const SharingOf& sharing) {
        return sharing_to_json(sharing.train.topology, sharing.train.components);
      });
}

const ConfigText::Held<Training>& ConfigText::training_of(const Train& train) {
  return held_of(training_, train.training, hash_of_training, training_to_json);
}

const ConfigText::Held<Transform>& ConfigText::transform_of(const Train& train) {
  return held_of(
      transform_, train.transform,
      [](const Transform& transform) { return static_cast<std::uint64_t>(transform.group); },
      transform_to_json);
}

std::uint64_t ConfigText::hash_of(const Train& train) {
  std::uint64_t hash = 0;
  for (const auto part :
       {dataset_of(train).hash_of_text, fusion_of(train).hash_of_text, network_of(train).hash_of_text,
        sharing_of(train).hash_of_text, training_of(train).hash_of_text, transform_of(train).hash_of_text})
    hash = (hash ^ part) * 0x9e3779b97f4a7c15U + (hash >> 29);
  return hash;
}

const std::string& ConfigText::write(const Train& config) {
  std::string& text = canonical_.text;
  // Keys in their order, as nlohmann::json sorts them.
  part_ = 0;
  text = "{\"dataset\":";
  text += dataset_of(config).text;
  text += ",\"fusion\":";
  text += fusion_of(config).text;
  begin_part();
  text += ",\"init_from\":";
  text += config.init_from ? "\"" + config.init_from->hex() + "\"" : "null";
  begin_part();
  text += ",\"network\":";
  text += network_of(config).text;
  begin_part();
  text += ",\"seed\":" + std::to_string(config.seed);
  begin_part();
  text += ",\"sharing\":";
  text += sharing_of(config).text;
  begin_part();
  text += ",\"task\":\"train\",\"training\":";
  text += training_of(config).text;
  begin_part();
  text += ",\"transform\":";
  text += transform_of(config).text;
  text += ",\"version\":" + std::to_string(kConfigVersion) + "}";
  return text;
}

ConfigParts CanonicalText::parts() const {
  ConfigParts parts;
  const std::string_view whole = text;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = i < ends.size() ? ends[i] : whole.size();
    parts[i] = whole.substr(begin, end - begin);
    begin = end;
  }
  return parts;
}

nlohmann::json config_to_json(const Train& config) { return nlohmann::json::parse(ConfigText().of(config)); }

}  // namespace spin
