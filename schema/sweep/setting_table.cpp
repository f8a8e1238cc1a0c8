#include "schema/sweep/setting_table.h"

#include <cmath>
#include <optional>
#include <unordered_map>

#include "schema/sweep/read_value.h"

namespace spin::sweep {
namespace {

template <class Access>
using ValueOf = std::remove_cvref_t<decltype(std::declval<Access>()(std::declval<Settings&>()))>;

template <class T>
std::string text_if_given(const T& value) {
  if constexpr (std::is_same_v<T, int>)
    if (value == kNotGiven) return {};
  if constexpr (std::is_same_v<T, double>)
    if (std::isnan(value)) return {};
  return text_of(value);
}
/// A field of RandAugment, which may be off.
template <class T>
requires(std::is_arithmetic_v<T>) std::string text_if_given(const std::optional<T>& value) {
  return value ? text_of(*value) : std::string();
}

/// What a setting of a type holds, for people.
template <class T>
struct TypeName {
  static std::string text() {
    if constexpr (std::is_same_v<T, bool>) return "true | false";
    if constexpr (std::is_enum_v<T>) return enum_choices<T>();
    if constexpr (std::is_floating_point_v<T>) return "number";
    return "whole number";
  }
};
template <>
struct TypeName<std::string> {
  static std::string text() { return kTextType; }
};
template <>
struct TypeName<std::vector<int>> {
  static std::string text() { return "list of whole numbers"; }
};
template <>
struct TypeName<Components> {
  static std::string text() { return "list of " + enum_choices<Component>(); }
};
template <>
struct TypeName<std::optional<RandAugment>> {
  static std::string text() { return "none, or a map"; }
};
template <class T>
struct TypeName<std::optional<T>> : TypeName<T> {};

/// A setting that is one field: `access` gives it, of const settings or not.
template <class Access>
Setting field(std::string path, Access access, bool in_label = false) {
  using T = ValueOf<Access>;
  const auto read = [access](const Value& value) -> Result<Change> {
    T typed{};
    SPIN_TRY(read_value(value, typed));
    return Change{[access, typed](Settings& settings) { access(settings) = typed; },
                  [access, typed](const Settings& settings) { return access(settings) == typed; }};
  };
  const auto text = [access](const Settings& settings) { return text_if_given(access(settings)); };
  return {std::move(path), read, text, in_label, TypeName<T>::text()};
}

/// A sharing setting that decides the topology: the others that would decide it differently give way.
template <class Access, class Displace>
Setting topology_field(std::string path, Access access, Displace displace) {
  Setting setting = field(std::move(path), access, true);
  setting.read = [read = setting.read, displace](const Value& value) -> Result<Change> {
    SPIN_ASSIGN(auto change, read(value));
    change.apply = [apply = std::move(change.apply), displace](Settings& settings) {
      displace(settings.sharing);
      apply(settings);
    };
    return change;
  };
  return setting;
}

/// Access to a field of RandAugment, which setting it switches on; nothing where RandAugment is off.
template <auto Member>
struct RandAugmentAccess {
  auto& operator()(Training& training) const {
    if (!training.randaugment) training.randaugment.emplace();
    return *training.randaugment.*Member;
  }
  auto operator()(const Training& training) const {
    using T = std::remove_cvref_t<decltype(std::declval<RandAugment&>().*Member)>;
    return training.randaugment ? std::optional<T>(*training.randaugment.*Member) : std::nullopt;
  }
};

/// `training.NAME` and `pretrain.NAME`.
template <class Access>
void add_training(std::vector<Setting>& table, const std::string& name, Access access) {
  table.push_back(field(
      "training." + name, [access](auto& settings) -> decltype(auto) { return access(settings.training); }));
  using T = std::remove_cvref_t<decltype(access(std::declval<Training&>()))>;
  const auto read = [access](const Value& value) -> Result<Change> {
    T typed{};
    SPIN_TRY(read_value(value, typed));
    return Change{
        [access, typed](Settings& settings) {
          settings.pretrain.emplace_back([access, typed](Training& training) { access(training) = typed; });
        },
        [access, typed](const Settings& settings) {
          const auto training = pretrain_training(settings);
          return access(training) == typed;
        }};
  };
  const auto text = [access](const Settings& settings) {
    const auto training = pretrain_training(settings);
    return text_if_given(access(training));
  };
  table.push_back({"pretrain." + name, read, text, false, TypeName<T>::text()});
}

void add_dataset(std::vector<Setting>& table) {
  table.push_back(field(
      "dataset.name", [](auto& s) -> auto& { return s.dataset.name; }));
  table.push_back(field(
      "dataset.root", [](auto& s) -> auto& { return s.dataset.root; }));
  table.push_back(field(
      "dataset.resolution", [](auto& s) -> auto& { return s.dataset.resolution; }));
  table.push_back(field(
      "dataset.classes", [](auto& s) -> auto& { return s.dataset.classes; }));
  table.push_back(field(
      "dataset.train_limit", [](auto& s) -> auto& { return s.dataset.train_limit; }));
  table.push_back(field(
      "dataset.eval_limit", [](auto& s) -> auto& { return s.dataset.eval_limit; }));
}

void add_network(std::vector<Setting>& table) {
  constexpr bool kInLabel = true;
  table.push_back(field(
      "network.family", [](auto& s) -> auto& { return s.network.family; }));
  table.push_back(field(
      "network.channels", [](auto& s) -> auto& { return s.network.channels; }, kInLabel));
  table.push_back(field(
      "network.depth", [](auto& s) -> auto& { return s.network.depth; }, kInLabel));
  table.push_back(field(
      "network.patch", [](auto& s) -> auto& { return s.network.patch; }, kInLabel));
  table.push_back(field(
      "network.kernel", [](auto& s) -> auto& { return s.network.kernel; }, kInLabel));
  table.push_back(field(
      "network.resolution", [](auto& s) -> auto& { return s.network.resolution; }, kInLabel));
  table.push_back(field(
      "network.activation", [](auto& s) -> auto& { return s.network.activation; }));
  table.push_back(field(
      "network.pointwise_residual", [](auto& s) -> auto& { return s.network.pointwise_residual; }));
  table.push_back(field(
      "network.layer_scale", [](auto& s) -> auto& { return s.network.layer_scale; }));
  table.push_back(field(
      "network.heads", [](auto& s) -> auto& { return s.network.heads; }));
  table.push_back(field(
      "network.mlp_ratio", [](auto& s) -> auto& { return s.network.mlp_ratio; }));
  table.push_back(field(
      "network.dropout", [](auto& s) -> auto& { return s.network.dropout; }));
}

void add_sharing(std::vector<Setting>& table) {
  const auto displace_vectors = [](SharingSettings& sharing) {
    sharing.groups.reset();
    sharing.layers.reset();
  };
  const auto displace_all = [](SharingSettings& sharing) {
    const auto components = sharing.components;
    sharing = SharingSettings();
    sharing.components = components;
  };
  table.push_back(topology_field(
      "sharing.mapping", [](auto& s) -> auto& { return s.sharing.mapping; }, displace_vectors));
  table.push_back(topology_field(
      "sharing.distribution", [](auto& s) -> auto& { return s.sharing.distribution; }, displace_vectors));
  table.push_back(topology_field(
      "sharing.rate", [](auto& s) -> auto& { return s.sharing.rate; }, displace_vectors));
  table.push_back(topology_field(
      "sharing.seed", [](auto& s) -> auto& { return s.sharing.seed; }, displace_vectors));
  table.push_back(topology_field(
      "sharing.groups", [](auto& s) -> auto& { return s.sharing.groups; }, displace_all));
  table.push_back(topology_field(
      "sharing.layers", [](auto& s) -> auto& { return s.sharing.layers; }, displace_all));
  table.push_back(field(
      "sharing.components", [](auto& s) -> auto& { return s.sharing.components; }));
}

void add_transform_and_fusion(std::vector<Setting>& table) {
  constexpr bool kInLabel = true;
  table.push_back(field(
      "transform.kind", [](auto& s) -> auto& { return s.transform.kind; }, kInLabel));
  table.push_back(field(
      "transform.group", [](auto& s) -> auto& { return s.transform.group; }, kInLabel));
  table.push_back(field(
      "fusion.strategy", [](auto& s) -> auto& { return s.fusion.strategy; }, kInLabel));
  table.push_back(field(
      "fusion.init", [](auto& s) -> auto& { return s.fusion.init; }, kInLabel));
}

void add_recipe(std::vector<Setting>& table) {
  add_training(
      table, "epochs", [](auto& t) -> auto& { return t.epochs; });
  add_training(
      table, "batch_size", [](auto& t) -> auto& { return t.batch_size; });
  add_training(
      table, "optimizer", [](auto& t) -> auto& { return t.optimizer; });
  add_training(
      table, "lr", [](auto& t) -> auto& { return t.lr; });
  add_training(
      table, "weight_decay", [](auto& t) -> auto& { return t.weight_decay; });
  add_training(
      table, "schedule", [](auto& t) -> auto& { return t.schedule; });
  add_training(
      table, "warmup_epochs", [](auto& t) -> auto& { return t.warmup_epochs; });
  add_training(
      table, "clip_grad_norm", [](auto& t) -> auto& { return t.clip_grad_norm; });
  add_training(
      table, "label_smoothing", [](auto& t) -> auto& { return t.label_smoothing; });
  add_training(
      table, "mixup", [](auto& t) -> auto& { return t.mixup; });
  add_training(
      table, "cutmix", [](auto& t) -> auto& { return t.cutmix; });
  add_training(
      table, "random_erasing", [](auto& t) -> auto& { return t.random_erasing; });
  add_training(
      table, "randaugment", [](auto& t) -> auto& { return t.randaugment; });
  add_training(table, "randaugment.layers", RandAugmentAccess<&RandAugment::layers>());
  add_training(table, "randaugment.magnitude", RandAugmentAccess<&RandAugment::magnitude>());
  add_training(table, "randaugment.magnitude_std", RandAugmentAccess<&RandAugment::magnitude_std>());
  add_training(table, "randaugment.increasing", RandAugmentAccess<&RandAugment::increasing>());
  add_training(
      table, "label_noise", [](auto& t) -> auto& { return t.label_noise; });
  add_training(
      table, "precision", [](auto& t) -> auto& { return t.precision; });
  add_training(
      table, "momentum", [](auto& t) -> auto& { return t.momentum; });
  add_training(
      table, "accumulation", [](auto& t) -> auto& { return t.accumulation; });
  add_training(
      table, "ema", [](auto& t) -> auto& { return t.ema; });
  add_training(
      table, "evaluate_every", [](auto& t) -> auto& { return t.evaluate_every; });
  add_training(
      table, "keep", [](auto& t) -> auto& { return t.keep; });
  add_training(
      table, "crop", [](auto& t) -> auto& { return t.crop; });
  add_training(
      table, "crop_padding", [](auto& t) -> auto& { return t.crop_padding; });
  add_training(
      table, "crop_scale", [](auto& t) -> auto& { return t.crop_scale; });
  add_training(
      table, "flip", [](auto& t) -> auto& { return t.flip; });
  add_training(
      table, "eps", [](auto& t) -> auto& { return t.eps; });
  add_training(
      table, "pct_start", [](auto& t) -> auto& { return t.pct_start; });
  add_training(
      table, "cycle_momentum", [](auto& t) -> auto& { return t.cycle_momentum; });
  add_training(
      table, "base_momentum", [](auto& t) -> auto& { return t.base_momentum; });
  add_training(
      table, "max_momentum", [](auto& t) -> auto& { return t.max_momentum; });
  add_training(
      table, "random_erasing_mode", [](auto& t) -> auto& { return t.random_erasing_mode; });
  add_training(
      table, "stochastic_depth", [](auto& t) -> auto& { return t.stochastic_depth; });
  add_training(
      table, "repeated_augmentation", [](auto& t) -> auto& { return t.repeated_augmentation; });
}

}  // namespace

const std::vector<Setting>& setting_table() {
  static const std::vector<Setting> kTable = [] {
    std::vector<Setting> table;
    add_dataset(table);
    add_network(table);
    add_sharing(table);
    add_transform_and_fusion(table);
    add_recipe(table);
    return table;
  }();
  return kTable;
}

const Setting* find_setting(std::string_view path) {
  static const auto kIndex = [] {
    std::unordered_map<std::string_view, const Setting*> index;
    for (const auto& setting : setting_table()) index.emplace(setting.path, &setting);
    return index;
  }();
  const auto found = kIndex.find(path);
  return found == kIndex.end() ? nullptr : found->second;
}

}  // namespace spin::sweep
