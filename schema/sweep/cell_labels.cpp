#include "schema/sweep/cell_labels.h"

#include <algorithm>
#include <array>

#include "schema/design/names.h"

namespace spin {
namespace sweep {
namespace {

/// Settings to which axes, zip, cells or pretrain give different values within the sweep.
std::vector<const Setting*> varying_settings(const Document& document) {
  std::vector<const Setting*> found;
  const auto add = [&found](const Setting* setting) {
    if (std::find(found.begin(), found.end(), setting) == found.end()) found.push_back(setting);
  };
  const auto add_all = [&](const std::vector<Point>& points) {
    if (points.size() < 2) return;
    for (const auto& point : points)
      for (const auto& assignment : point) add(assignment.setting);
  };
  for (const auto& axis : document.axes) add_all(axis);
  add_all(document.cells);
  for (const auto& assignment : document.base)
    if (assignment.setting->path.starts_with("pretrain."))
      add(find_setting("training." + assignment.setting->path.substr(std::string_view("pretrain.").size())));
  return found;
}

bool applies(const Setting& setting, const Train& config) {
  if (setting.path.starts_with("pretrain."))
    return config.fusion.strategy != FusionStrategy::none && config.fusion.init == FusionInit::pretrained;
  return !setting.path.starts_with("sharing.") || !config.topology.is_unshared();
}

/// "lr" for training.lr; "dataset" for dataset.name; "pretrain.lr" stays.
std::string short_key(const std::string& path) {
  if (path == "dataset.name") return "dataset";
  if (path.starts_with("pretrain.")) return path;
  return path.substr(path.find('.') + 1);
}

/// What a character is in names: letters and digits of ASCII and _ . - are themselves, parentheses nothing.
constexpr std::array<char, 256> kInNames = [] {
  std::array<char, 256> table{};
  table.fill('-');
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."))
    table[static_cast<unsigned char>(c)] = c;
  table['('] = table[')'] = '\0';
  return table;
}();

void append_plain(std::string& name, std::string_view label) {
  constexpr std::size_t kMaxPartBytes = 80;
  for (const char c : label.substr(0, kMaxPartBytes)) {
    if (c == '@')
      name += "-r";
    else if (const char plain = kInNames[static_cast<unsigned char>(c)]; plain != '\0')
      name += plain;
  }
}

void append_part(std::string& name, std::string_view label) {
  if (label.empty() || label == "none") return;
  name += '.';
  append_plain(name, label);
}

}  // namespace

CellLabels::CellLabels(const Document& document) {
  for (const auto* setting : varying_settings(document))
    if (!setting->in_label) shown_.push_back(setting);
}

Cell CellLabels::label(const PointSettings& settings, const Train& config, const JobId& first) {
  Cell cell;
  cell.family = config.network.family;
  cell.network = network_label(config.network, config.dataset.facts.resolution);
  cell.sharing = config.topology.is_unshared() ? "none" : sharing_label(sharing_request(settings.sharing));
  cell.transform = transform_label(config.transform);
  cell.fusion = fusion_label(config.fusion);
  for (const auto* setting : shown_) {
    if (!applies(*setting, config)) continue;
    const auto text = setting->text(settings);
    if (text.empty()) continue;
    if (!cell.settings.empty()) cell.settings += ' ';
    ((cell.settings += short_key(setting->path)) += '=') += text;
  }
  if (!note(name_of(cell))) {
    cell.repetition = '.' + first.short_hex();
    note(name_of(cell));
  }
  return cell;
}

bool CellLabels::note(const std::string& name) {
  const auto hash_of = [this](std::uint32_t number) { return name_hashes_[number - 1]; };
  const std::uint64_t hash = std::hash<std::string>{}(name);
  if (names_.find(hash, hash_of)) return false;
  name_hashes_.push_back(hash);
  names_.insert(hash, static_cast<std::uint32_t>(name_hashes_.size()), hash_of);
  return true;
}

}  // namespace sweep

std::string part_of_names(std::string_view label) {
  std::string part;
  sweep::append_part(part, label);
  return part;
}

std::string part_of_names(Family family, std::string_view network) {
  std::string part(enum_name(family));
  part += '-';
  sweep::append_plain(part, network);
  return part;
}

std::string name_of(const Cell& cell) {
  std::string name = part_of_names(cell.family, cell.network);
  for (const auto* label : {&cell.sharing, &cell.transform, &cell.fusion, &cell.settings})
    sweep::append_part(name, *label);
  return name += cell.repetition;
}

std::string name_of(const Cell& cell, std::int64_t seed) {
  return name_of(cell) + ".s" + std::to_string(seed);
}

}  // namespace spin
