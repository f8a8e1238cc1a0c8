#include "schema/design/config_text.h"

#include <bit>
#include <initializer_list>

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

std::uint64_t hash_of(const Network& network) {
  return mixed({static_cast<double>(network.family), static_cast<double>(network.channels),
                static_cast<double>(network.depth), static_cast<double>(network.patch),
                static_cast<double>(network.kernel), static_cast<double>(network.resolution)});
}

std::uint64_t hash_of(const Topology& topology) {
  double sum = topology.group_count();
  for (const int group : topology.layers()) sum = sum * 1.5 + group;
  return mixed({sum});
}

std::uint64_t hash_of(const Training& training) {
  return mixed({static_cast<double>(training.epochs), static_cast<double>(training.batch_size), training.lr,
                training.weight_decay, training.warmup_epochs, training.clip_grad_norm,
                training.label_smoothing, training.mixup, training.cutmix, training.random_erasing,
                training.label_noise, training.ema, training.eps, training.pct_start, training.base_momentum,
                training.max_momentum, training.stochastic_depth});
}

}  // namespace

template <class T, class Value, class ToJson>
void ConfigText::append(Section<T>& section, const Value& value, std::uint64_t hash, ToJson to_json) {
  constexpr std::size_t kMostBytes = 32 << 20;
  if (section.bytes >= kMostBytes) section = {};
  auto [place, is_new] = section.held.try_emplace(hash);
  if (is_new || !(place->second.value == value)) {
    place->second = {T(value), to_json(value).dump()};
    section.bytes += sizeof(place->second) + 2 * place->second.text.size();
  }
  canonical_.text += place->second.text;
}

const std::string& ConfigText::write(const Train& config) {
  std::string& text = canonical_.text;
  // Keys in their order, as nlohmann::json sorts them.
  part_ = 0;
  text = "{\"dataset\":";
  append(dataset_, config.dataset, static_cast<std::uint64_t>(config.dataset.train_limit), dataset_to_json);
  text += ",\"fusion\":";
  append(fusion_, config.fusion, static_cast<std::uint64_t>(config.fusion.strategy), fusion_to_json);
  begin_part();
  text += ",\"init_from\":";
  text += config.init_from ? "\"" + config.init_from->hex() + "\"" : "null";
  begin_part();
  text += ",\"network\":";
  append(network_, config.network, hash_of(config.network), network_to_json);
  begin_part();
  text += ",\"seed\":" + std::to_string(config.seed);
  begin_part();
  text += ",\"sharing\":";
  append(sharing_, SharingOf{config}, hash_of(config.topology), [](const SharingOf& sharing) {
    return sharing_to_json(sharing.train.topology, sharing.train.components);
  });
  begin_part();
  text += ",\"task\":\"train\",\"training\":";
  append(training_, config.training, hash_of(config.training), training_to_json);
  begin_part();
  text += ",\"transform\":";
  append(transform_, config.transform, static_cast<std::uint64_t>(config.transform.group), transform_to_json);
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
