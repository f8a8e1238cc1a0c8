#include "schema/sweep/setting_table.h"

#include <cmath>
#include <optional>
#include <unordered_map>

#include "schema/design/fields.h"
#include "schema/sweep/read_value.h"

namespace spin::sweep {
namespace {

template <class Access>
using ValueOf = std::remove_cvref_t<decltype(std::declval<Access>()(std::declval<PointSettings&>()))>;

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
Setting field(std::string path, Words words, Access access, bool in_label = false) {
  using T = ValueOf<Access>;
  const auto read = [access](const YamlValue& value) -> Result<Change> {
    T typed{};
    SPIN_TRY(read_value(value, typed));
    return Change{[access, typed](PointSettings& settings) { access(settings) = typed; },
                  [access, typed](const PointSettings& settings) { return access(settings) == typed; }};
  };
  const auto text = [access](const PointSettings& settings) { return text_if_given(access(settings)); };
  return {std::move(path), read, text, in_label, TypeName<T>::text(), std::move(words)};
}

/// A sharing setting that decides the topology: the others that would decide it differently give way.
template <class Access, class Displace>
Setting topology_field(std::string path, Words words, Access access, Displace displace) {
  Setting setting = field(std::move(path), std::move(words), access, true);
  setting.read = [read = setting.read, displace](const YamlValue& value) -> Result<Change> {
    SPIN_ASSIGN(auto change, read(value));
    change.apply = [apply = std::move(change.apply), displace](PointSettings& settings) {
      displace(settings.sharing);
      apply(settings);
    };
    return change;
  };
  return setting;
}

/// "; of convnext, deit" where not every family has the setting.
template <class Has>
std::string owners(Has has) {
  std::string names;
  std::size_t count = 0;
  for (const auto* family : kFamilies) {
    Network network;
    network.family = family->family;
    if (!has(network)) continue;
    (names += names.empty() ? "" : ", ") += family->name;
    ++count;
  }
  return count == kFamilies.size() ? "" : "; of " + names;
}

Words words_of(const Field& field) {
  return {accepted_text(field), std::string(field.otherwise), std::string(field.meaning),
          std::string(field.source)};
}

/// "convmixer: [pointwise]; ...".
std::string default_components_text() {
  std::string text;
  for (const auto* family : kFamilies) {
    std::string names;
    for (const auto& entry : enum_names<Component>())
      if (family->default_components.has(entry.value)) (names += names.empty() ? "" : ", ") += entry.name;
    ((text += text.empty() ? "" : "; ") += family->name) += ": [" + names + "]";
  }
  return text;
}

/// Access to a field of the network or the training.
template <class Owner, class T>
struct Access {
  T Owner::*member;
  T& operator()(Owner& owner) const { return owner.*member; }
  const T& operator()(const Owner& owner) const { return owner.*member; }
};

/// Access to a field of RandAugment, which setting it switches on; nothing where RandAugment is off.
template <class T>
struct Access<RandAugment, T> {
  T RandAugment::*member;
  T& operator()(Training& training) const {
    if (!training.randaugment) training.randaugment.emplace();
    return (*training.randaugment).*member;
  }
  std::optional<T> operator()(const Training& training) const {
    return training.randaugment ? std::optional<T>((*training.randaugment).*member) : std::nullopt;
  }
};

/// `training.NAME` and `pretrain.NAME`.
template <class Access>
void add_training(std::vector<Setting>& table, const std::string& name, Words words, Access access) {
  table.push_back(field("training." + name, words,
                        [access](auto& settings) -> decltype(auto) { return access(settings.training); }));
  using T = std::remove_cvref_t<decltype(access(std::declval<Training&>()))>;
  const auto read = [access](const YamlValue& value) -> Result<Change> {
    T typed{};
    SPIN_TRY(read_value(value, typed));
    return Change{
        [access, typed](PointSettings& settings) {
          settings.pretrain.emplace_back([access, typed](Training& training) { access(training) = typed; });
        },
        [access, typed](const PointSettings& settings) {
          const auto training = pretrain_training(settings);
          return access(training) == typed;
        }};
  };
  const auto text = [access](const PointSettings& settings) {
    const auto training = pretrain_training(settings);
    return text_if_given(access(training));
  };
  words.otherwise = "training." + name;
  table.push_back({"pretrain." + name, read, text, false, TypeName<T>::text(), std::move(words)});
}

void add_dataset(std::vector<Setting>& table) {
  table.push_back(field(
      "dataset.name", Words{"see `Data sets` in the README", "none; give one", "what is trained on"},
      [](auto& s) -> auto& { return s.dataset.name; }));
  table.push_back(field(
      "dataset.root",
      Words{"an absolute path", "where the name's data lies, or the worker's --data",
            "folder of the files; no part of what a job is"},
      [](auto& s) -> auto& { return s.dataset.root; }));
  table.push_back(field(
      "dataset.id",
      Words{"text; of an imagefolder", "dataset.root, as text",
            "which pictures they are, wherever they lie; part of what a job is"},
      [](auto& s) -> auto& { return s.dataset.id; }));
  table.push_back(field(
      "dataset.resolution",
      Words{"1 to 4096", "the data set's", "network.resolution where that is not given"},
      [](auto& s) -> auto& { return s.dataset.resolution; }));
  table.push_back(field(
      "dataset.classes",
      Words{"1 to 1000000", "the data set's; imagefolder: counted where spinctl sees the folder",
            "class folders of an imagefolder, or synthetic classes"},
      [](auto& s) -> auto& { return s.dataset.classes; }));
  table.push_back(field(
      "dataset.train_limit", Words{"0 to 1099511627776", "", "first N training images; 0 = all"},
      [](auto& s) -> auto& { return s.dataset.train_limit; }));
  table.push_back(field(
      "dataset.eval_limit", Words{"0 to 1099511627776", "", "first N evaluation images; 0 = all"},
      [](auto& s) -> auto& { return s.dataset.eval_limit; }));
}

void add_network(std::vector<Setting>& table) {
  table.push_back(field(
      "network.family", Words{"", "", "isotropic architecture", "paper, Section 4"},
      [](auto& s) -> auto& { return s.network.family; }));
  visit_network_fields([&]<class T>(const Field& row, T Network::*member, auto has) {
    auto words = words_of(row);
    words.meaning += owners(has);
    table.push_back(field(
        "network." + std::string(row.key), std::move(words),
        [access = Access<Network, T>{member}](auto& s) -> decltype(auto) { return access(s.network); },
        row.is_in_label));
  });
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
      "sharing.mapping",
      Words{"", "sequential at a rate above 1, else none", "which layers share one weight",
            "paper, Section 3.1"},
      [](auto& s) -> auto& { return s.sharing.mapping; }, displace_vectors));
  table.push_back(topology_field(
      "sharing.distribution",
      Words{"", "", "where in the network the sharing groups lie", "paper, Section 3.1"},
      [](auto& s) -> auto& { return s.sharing.distribution; }, displace_vectors));
  table.push_back(topology_field(
      "sharing.rate",
      Words{"1 to network.depth", "1; a mapping needs one", "layers per group; ceil(depth / rate) groups",
            "paper, Section 3.1"},
      [](auto& s) -> auto& { return s.sharing.rate; }, displace_vectors));
  table.push_back(topology_field(
      "sharing.seed", Words{"", "", "of the random mapping"}, [](auto& s) -> auto& { return s.sharing.seed; },
      displace_vectors));
  table.push_back(topology_field(
      "sharing.groups", Words{"\"4x1 1x2\"", "none", "N groups of S layers, in order, in place of a mapping"},
      [](auto& s) -> auto& { return s.sharing.groups; }, displace_all));
  table.push_back(topology_field(
      "sharing.layers",
      Words{"one label for each layer", "none", "the layer-to-group vector, in place of a mapping"},
      [](auto& s) -> auto& { return s.sharing.layers; }, displace_all));
  table.push_back(field(
      "sharing.components",
      Words{"those of the family", default_components_text(), "parts of a block whose weights a group shares",
            "paper, Table 9"},
      [](auto& s) -> auto& { return s.sharing.components; }));
}

void add_transform_and_fusion(std::vector<Setting>& table) {
  constexpr bool kInLabel = true;
  table.push_back(field(
      "transform.kind",
      Words{"", "", "f(W) = a * W + b on a shared weight, for each layer after the first of its group",
            "paper, Equation 1"},
      [](auto& s) -> auto& { return s.transform.kind; }, kInLabel));
  table.push_back(field(
      "transform.group",
      Words{"a divisor of network.channels", "", "channels that the transform mixes", "paper, Equation 1"},
      [](auto& s) -> auto& { return s.transform.group; }, kInLabel));
  table.push_back(field(
      "fusion.strategy",
      Words{"", "", "how the unshared layers' weights become the group's one", "paper, Section 3.2"},
      [](auto& s) -> auto& { return s.fusion.strategy; }, kInLabel));
  table.push_back(field(
      "fusion.init",
      Words{"", "", "where those weights start: the unshared network, or random", "paper, Table 10"},
      [](auto& s) -> auto& { return s.fusion.init; }, kInLabel));
}

void add_recipe(std::vector<Setting>& table) {
  visit_training_fields([&]<class T>(const Field& row, T Training::*member) {
    add_training(table, std::string(row.key), words_of(row), Access<Training, T>{member});
    if constexpr (std::is_same_v<T, std::optional<RandAugment>>)
      visit_randaugment_fields([&]<class U>(const Field& inner, U RandAugment::*inner_member) {
        add_training(table, std::string(row.key) + "." + std::string(inner.key), words_of(inner),
                     Access<RandAugment, U>{inner_member});
      });
  });
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
