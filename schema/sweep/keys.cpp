#include "schema/sweep/keys.h"

#include <algorithm>

#include "schema/base/text.h"
#include "schema/sweep/nearest_key.h"
#include "schema/sweep/read_value.h"
#include "schema/sweep/setting_table.h"

namespace spin::sweep {
namespace {

std::vector<std::string> setting_paths() {
  std::vector<std::string> paths;
  for (const auto& setting : setting_table()) paths.push_back(setting.path);
  return paths;
}

std::vector<std::string> document_paths() {
  std::vector<std::string> paths = {"version", "name", "description"};
  for (const auto& path : setting_paths()) paths.push_back(path);
  for (const auto& path : setting_paths()) paths.push_back("axes." + path);
  paths.insert(paths.end(), {"zip", "cells", "exclude", "limits.params", "limits.flops", "baselines.unshared",
                             "baselines.scaling", "baselines.match", "seeds", "requires.device",
                             "requires.memory", "requires.labels", "priority", "max_attempts"});
  return paths;
}

/// Walks a map down to its leaves.
class Flattener {
 public:
  Flattener(const Source& source, const KeyTree& keys, Lists lists)
      : source_(source), keys_(keys), lists_(lists) {}

  Status walk(const YamlValue& map, const std::string& prefix) {
    for (const auto& entry : map.entries)
      SPIN_TRY(place(prefix.empty() ? entry.key : prefix + "." + entry.key, entry));
    return {};
  }

  std::vector<Leaf> take() { return std::move(leaves_); }

 private:
  Status place(const std::string& path, const MapEntry& entry) {
    const bool group = keys_.is_group(path);
    const auto kind = entry.value->kind;
    if (group && kind == YamlValue::Kind::map) return walk(*entry.value, path);
    if (walks_list(path) && kind == YamlValue::Kind::list && (group || keys_.is_leaf(path)))
      return add(path, entry);
    if (keys_.is_leaf(path)) return add(path, entry);
    if (path == "dataset" && kind == YamlValue::Kind::scalar) return add("dataset.name", entry);
    if (group && kind == YamlValue::Kind::null) return {};
    if (group)
      return source_.error(entry.where, path,
                           expected(*entry.value, "a map with " + keys_.children(path)).message);
    return source_.error(entry.where, shortened(path, 120), "is no key of a sweep; " + keys_.advice(path));
  }

  [[nodiscard]] bool walks_list(const std::string& path) const {
    return lists_ == Lists::may_stand_for_all || path.starts_with("axes.");
  }

  Status add(const std::string& path, const MapEntry& entry) {
    const auto [first, is_new] = first_lines_.emplace(path, entry.where.line);
    if (!is_new)
      return source_.error(entry.where, path,
                           "stands twice, also on line " + std::to_string(first->second) + "; give it once");
    leaves_.push_back({path, entry.where, entry.value});
    return {};
  }

  const Source& source_;
  const KeyTree& keys_;
  Lists lists_;
  std::vector<Leaf> leaves_;
  std::map<std::string, int> first_lines_;
};

}  // namespace

KeyTree::KeyTree(const std::vector<std::string>& leaves) : leaves_(leaves.begin(), leaves.end()) {
  for (const auto& leaf : leaves) {
    std::string path = leaf;
    while (!path.empty()) {
      const auto dot = path.rfind('.');
      const std::string parent = dot == std::string::npos ? "" : path.substr(0, dot);
      auto& children = groups_[parent];
      const std::string key = path.substr(dot == std::string::npos ? 0 : dot + 1);
      if (std::find(children.begin(), children.end(), key) == children.end()) children.push_back(key);
      path = parent;
    }
  }
}

std::string KeyTree::children(const std::string& group) const {
  std::string text;
  for (const auto& child : groups_.at(group)) (text += text.empty() ? "" : ", ") += child;
  return text;
}

std::string KeyTree::advice(const std::string& path) const {
  const auto hidden = hidden_characters(path);
  if (!hidden.empty()) {
    const auto seen = as_seen(path);
    const auto holds = "it holds " + hidden + "; ";
    if (is_leaf(seen) || is_group(seen)) return holds + "written plainly it is " + seen;
    return holds + "keys are plain letters, and YAML takes plain spaces alone for a margin";
  }
  if (const auto meant = nearest_key(path, leaves_, groups_); !meant.empty())
    return "did you mean " + meant + "?";

  std::string group = path;
  while (!group.empty() && !is_group(group))
    group.erase(group.rfind('.') == std::string::npos ? 0 : group.rfind('.'));
  return (group.empty() ? "the keys are " : group + " holds ") + children(group);
}

const KeyTree& setting_keys() {
  static const KeyTree kKeys(setting_paths());
  return kKeys;
}

const KeyTree& document_keys() {
  static const KeyTree kKeys(document_paths());
  return kKeys;
}

Result<std::vector<Leaf>> flatten(const Source& source, const YamlValue& map, const KeyTree& keys,
                                  Lists lists) {
  Flattener flattener(source, keys, lists);
  SPIN_TRY(flattener.walk(map, ""));
  return flattener.take();
}

}  // namespace spin::sweep
