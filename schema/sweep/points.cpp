#include "schema/sweep/points.h"

#include <algorithm>
#include <array>

#include "schema/base/text.h"
#include "schema/sweep/read_value.h"

namespace spin::sweep {
namespace {

/// Walked lists longer than this cannot belong to a sweep within its limit of jobs.
Status check_list(const Source& source, const Leaf& leaf, const std::string& wanted) {
  if (leaf.value->kind != YamlValue::Kind::list || leaf.value->items.empty())
    return source.error(leaf.where, leaf.path,
                        leaf.value->kind == YamlValue::Kind::list
                            ? "the list is empty; give at least one value"
                            : expected(*leaf.value, wanted).message);
  return {};
}

/// The leaves of one entry of a list that stands at `path`, a setting or a group of them.
Result<std::vector<Leaf>> leaves_at(const Source& source, const std::string& path,
                                    const YamlValuePtr& value) {
  YamlValue map;
  map.kind = YamlValue::Kind::map;
  map.entries.push_back({path, value->where, value});
  return flatten(source, map, setting_keys(), Lists::are_values);
}

/// The points of a list that is walked.
Result<Axis> axis_of(const Source& source, const std::string& path, const YamlValue& list) {
  Axis axis;
  for (const auto& item : list.items) {
    SPIN_ASSIGN(const auto leaves, leaves_at(source, path, item));
    SPIN_ASSIGN(auto point, assignments_of(source, leaves));
    axis.push_back(std::move(point));
  }
  return axis;
}

Status read_axis(const Source& source, const Leaf& leaf, Document& document) {
  SPIN_TRY(check_list(source, leaf, "a list of the values to walk"));
  SPIN_ASSIGN(auto axis, axis_of(source, leaf.path.substr(std::string_view("axes.").size()), *leaf.value));
  document.axes.push_back(std::move(axis));
  return {};
}

/// One entry of `zip`: lists of one length that are walked in step.
Result<Axis> zip_entry(const Source& source, const YamlValue& entry) {
  if (entry.kind != YamlValue::Kind::map)
    return source.error(entry.where, "zip",
                        expected(entry, "a map of lists that are walked in step").message);
  SPIN_ASSIGN(const auto lists, flatten(source, entry, setting_keys(), Lists::may_stand_for_all));
  if (lists.empty())
    return source.error(entry.where, "zip", "an entry is empty; give lists that are walked in step");
  Axis joint;
  for (const auto& list : lists) {
    SPIN_TRY(check_list(source, list, "a list of the values to walk"));
    SPIN_ASSIGN(auto axis, axis_of(source, list.path, *list.value));
    if (joint.empty()) joint.resize(axis.size());
    if (axis.size() != joint.size())
      return source.error(list.where, "zip",
                          list.path + " has " + std::to_string(axis.size()) + " values, but " +
                              lists.front().path + " has " + std::to_string(joint.size()) +
                              "; lists of one entry have one length");
    for (std::size_t i = 0; i < axis.size(); ++i)
      std::move(axis[i].begin(), axis[i].end(), std::back_inserter(joint[i]));
  }
  return joint;
}

/// The maps of settings that stand as a list at `leaf`.
Result<std::vector<Point>> read_maps(const Source& source, const Leaf& leaf) {
  std::vector<Point> points;
  if (leaf.value->kind == YamlValue::Kind::null) return points;
  if (leaf.value->kind != YamlValue::Kind::list)
    return source.error(leaf.where, leaf.path, expected(*leaf.value, "a list of maps of settings").message);
  for (const auto& item : leaf.value->items) {
    if (item->kind != YamlValue::Kind::map)
      return source.error(item->where, leaf.path, expected(*item, "a map of settings").message);
    if (item->entries.empty() && leaf.path == "exclude")
      return source.error(item->where, leaf.path,
                          "an empty map matches every cell; name the settings to leave out");
    SPIN_ASSIGN(const auto leaves, flatten(source, *item, setting_keys(), Lists::are_values));
    SPIN_ASSIGN(auto point, assignments_of(source, leaves));
    points.push_back(std::move(point));
  }
  return points;
}

std::string shown(const Leaf& leaf) {
  if (leaf.value->kind != YamlValue::Kind::list) return leaf.path + ": " + shortened(leaf.value->text, 60);
  return leaf.path + ": [...]";
}

const Assignment* find_path(const Point& point, std::string_view path) {
  const auto found =
      std::find_if(point.begin(), point.end(), [&](const auto& a) { return a.setting->path == path; });
  return found == point.end() ? nullptr : &*found;
}

/// Overrides come after what the file says and displace it, so only what stands in the file itself can
/// conflict.
Status check_one_topology(const Source& source, const Point& point) {
  constexpr std::array<std::array<std::string_view, 2>, 9> kPairs = {
      {{"sharing.groups", "sharing.mapping"},
       {"sharing.groups", "sharing.distribution"},
       {"sharing.groups", "sharing.rate"},
       {"sharing.groups", "sharing.seed"},
       {"sharing.layers", "sharing.mapping"},
       {"sharing.layers", "sharing.distribution"},
       {"sharing.layers", "sharing.rate"},
       {"sharing.layers", "sharing.seed"},
       {"sharing.layers", "sharing.groups"}}};
  for (const auto& [one, other] : kPairs) {
    const auto* first = find_path(point, one);
    const auto* second = find_path(point, other);
    if (!first || !second || first->where.override_index >= 0 || second->where.override_index >= 0) continue;
    return source.error(
        first->where, one,
        "stands beside " + std::string(other) + ", and each says by itself which layers share; give one");
  }
  return {};
}

}  // namespace

Result<Point> assignments_of(const Source& source, const std::vector<Leaf>& leaves) {
  Point point;
  for (const auto& leaf : leaves) {
    const auto* setting = find_setting(leaf.path);
    auto change = setting->read(*leaf.value);
    if (!change.ok()) return source.error(leaf.value->where, leaf.path, change.error().message);
    point.push_back({setting, std::move(change).value(), leaf.value->where, shown(leaf)});
  }
  SPIN_TRY(check_one_topology(source, point));
  return point;
}

Status read_points(const Source& source, const Leaf& leaf, Document& document) {
  if (leaf.path.starts_with("axes.")) return read_axis(source, leaf, document);
  if (leaf.path == "zip") {
    if (leaf.value->kind == YamlValue::Kind::null) return {};
    if (leaf.value->kind != YamlValue::Kind::list)
      return source.error(leaf.where, "zip", expected(*leaf.value, "a list of maps of lists").message);
    for (const auto& item : leaf.value->items) {
      SPIN_ASSIGN(auto axis, zip_entry(source, *item));
      document.axes.push_back(std::move(axis));
    }
    return {};
  }
  auto& points = leaf.path == "cells" ? document.cells : document.exclude;
  SPIN_ASSIGN(points, read_maps(source, leaf));
  return {};
}

Status check_paths_are_apart(const Source& source, const Document& document) {
  std::map<const Setting*, std::size_t> walked_by;
  for (std::size_t i = 0; i < document.axes.size(); ++i)
    for (const auto& point : document.axes[i])
      for (const auto& assignment : point)
        if (walked_by.emplace(assignment.setting, i).first->second != i)
          return source.error(assignment.where, assignment.setting->path,
                              "stands in two axes; walk it in one");
  for (const auto& cell : document.cells)
    for (const auto& assignment : cell)
      if (walked_by.contains(assignment.setting))
        return source.error(assignment.where, assignment.setting->path,
                            "stands in cells and in an axis; give it in one of the two");
  return {};
}

}  // namespace spin::sweep
