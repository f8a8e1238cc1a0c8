#include "schema/sweep/cell_labels.h"

#include <algorithm>

#include "schema/design/names.h"

namespace spin::sweep {
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

/// Letters and digits of ASCII, _ . -
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         c == '-';
}

void append_part(std::string& name, const std::string& label) {
  constexpr std::size_t kMaxPartBytes = 80;
  if (label.empty() || label == "none") return;
  name += '.';
  for (const char c : std::string_view(label).substr(0, kMaxPartBytes)) {
    if (c == '@')
      name += "-r";
    else if (is_plain(c))
      name += c;
    else if (c != '(' && c != ')')
      name += '-';
  }
}

}  // namespace

CellLabels::CellLabels(const Document& document) {
  for (const auto* setting : varying_settings(document))
    if (!setting->in_label) shown_.push_back(setting);
}

Cell CellLabels::label(const PointSettings& settings, const Train& config) const {
  Cell cell;
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
  return cell;
}

std::string CellLabels::job_name(const Cell& cell, const Train& config, const JobId& id) {
  std::string name(enum_name(config.network.family));
  std::string network;
  append_part(network, cell.network);
  network.front() = '-';
  name += network;
  append_part(name, cell.sharing);
  append_part(name, cell.transform);
  append_part(name, cell.fusion);
  append_part(name, cell.settings);
  name += ".s" + std::to_string(config.seed);
  if (!note(name)) {
    name += "." + id.short_hex();
    note(name);
  }
  return name;
}

bool CellLabels::note(const std::string& name) {
  const auto hash_of = [this](std::uint32_t number) { return name_hashes_[number - 1]; };
  const std::uint64_t hash = std::hash<std::string>{}(name);
  if (names_.find(hash, hash_of)) return false;
  name_hashes_.push_back(hash);
  names_.insert(hash, static_cast<std::uint32_t>(name_hashes_.size()), hash_of);
  return true;
}

}  // namespace spin::sweep
