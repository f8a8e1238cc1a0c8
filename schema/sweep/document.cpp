#include "schema/sweep/document.h"

#include <algorithm>

#include "schema/sweep/header.h"
#include "schema/sweep/keys.h"
#include "schema/sweep/points.h"
#include "schema/sweep/read_value.h"

namespace spin::sweep {
namespace {

Result<YamlValuePtr> parse(const Source& source, std::string_view text, std::string_view path,
                           int override_index = -1) {
  auto parsed = parse_yaml(text, override_index);
  if (const auto* error = std::get_if<YamlError>(&parsed))
    return source.error({error->line, override_index}, path, error->what, error->code);
  return std::get<YamlValuePtr>(std::move(parsed));
}

/// A key at the top that belongs to whoever writes the file: a place for anchors.
bool is_extension(const std::string& key) { return key.starts_with("x-") || key.starts_with('.'); }

/// Whether what stands at the path is text, which `--set` takes as it is.
bool is_text(const std::string& path) {
  if (path == "name" || path == "description") return true;
  const auto* setting = find_setting(path);
  return setting && setting->type == kTextType;
}

/// What an override says: YAML, but for text, in which #, : and all else stand for themselves.
Result<YamlValuePtr> override_value(const Source& source, int index) {
  const auto& override_ = source.overrides()[static_cast<std::size_t>(index)];
  if (!is_text(override_.path)) return parse(source, override_.value, override_.path, index);
  auto value = std::make_shared<YamlValue>();
  value->kind = YamlValue::Kind::scalar;
  value->where = {1, index};
  value->text = override_.value;
  if (const auto line = line_of_bad_utf8(override_.value); line != 0)
    return source.error(value->where, override_.path, "holds bytes that are not UTF-8");
  return YamlValuePtr(std::move(value));
}

Result<std::vector<Leaf>> read_file(const Source& source, std::string_view text) {
  SPIN_ASSIGN(const auto root, parse(source, text, ""));
  if (root->kind == YamlValue::Kind::null)
    return source.error({1, -1}, "", "is empty; a sweep file begins with version: 1");
  if (root->kind != YamlValue::Kind::map)
    return source.error(root->where, "", expected(*root, "a map that begins with version: 1").message);
  YamlValue own;
  own.kind = YamlValue::Kind::map;
  for (const auto& entry : root->entries)
    if (!is_extension(entry.key)) own.entries.push_back(entry);
  return flatten(source, own, document_keys(), Lists::are_values);
}

bool is_at_or_below(const std::string& path, const std::string& top) {
  return path == top || (path.size() > top.size() && path.starts_with(top) && path[top.size()] == '.');
}

/// Puts what an override says in the place of what the file says at its path and below.
Status apply_override(const Source& source, int index, std::vector<Leaf>& leaves) {
  const auto& override_ = source.overrides()[static_cast<std::size_t>(index)];
  SPIN_ASSIGN(auto value, override_value(source, index));
  YamlValue map;
  map.kind = YamlValue::Kind::map;
  map.entries.push_back({override_.path, {1, index}, std::move(value)});
  SPIN_ASSIGN(const auto added, flatten(source, map, document_keys(), Lists::are_values));

  const auto replaced = [&](const Leaf& leaf) { return is_at_or_below(leaf.path, override_.path); };
  const auto first = std::find_if(leaves.begin(), leaves.end(), replaced);
  const auto at = first - leaves.begin();
  leaves.erase(std::remove_if(first, leaves.end(), replaced), leaves.end());
  leaves.insert(leaves.begin() + at, added.begin(), added.end());
  return {};
}

/// Which of the three ways to say a topology a setting belongs to: 0 = none.
int topology_way(const Setting& setting) {
  if (setting.path == "sharing.groups") return 1;
  if (setting.path == "sharing.layers") return 2;
  return setting.path.starts_with("sharing.") && setting.path != "sharing.components" ? 3 : 0;
}

/// Whether a point sets a setting, or says the topology in another way, which displaces it.
bool hides(const Point& point, const Setting* setting) {
  const int way = topology_way(*setting);
  return std::any_of(point.begin(), point.end(), [&](const auto& entry) {
    const int other = topology_way(*entry.setting);
    return entry.setting == setting || (way != 0 && other != 0 && other != way);
  });
}

/// An override of a setting that an axis walks or every cell sets would change nothing.
Status check_overrides_reach(const Source& source, const Document& document) {
  for (const auto& base : document.base) {
    if (base.where.override_index < 0) continue;
    for (const auto& axis : document.axes)
      for (const auto& walked : axis.front())
        if (hides({walked}, base.setting))
          return source.error(base.where, base.setting->path,
                              "the sweep walks " + walked.setting->path +
                                  " as an axis; replace the axis with --set axes." + walked.setting->path +
                                  "=[...]");
    const bool hidden = std::all_of(document.cells.begin(), document.cells.end(),
                                    [&](const Point& cell) { return hides(cell, base.setting); });
    if (hidden && !document.cells.empty())
      return source.error(
          base.where, base.setting->path,
          "every cell of the sweep " +
              (topology_way(*base.setting) != 0 ? "says which layers share" : "sets " + base.setting->path) +
              "; replace the list with --set 'cells=[...]'");
  }
  return {};
}

}  // namespace

Result<Document> read_document(const Source& source, std::string_view text) {
  SPIN_ASSIGN(auto leaves, read_file(source, text));
  for (int i = 0; i < static_cast<int>(source.overrides().size()); ++i)
    SPIN_TRY(apply_override(source, i, leaves));

  // Walked in step means walked within the axes, wherever `zip` stands in the file.
  std::stable_partition(leaves.begin(), leaves.end(), [](const Leaf& leaf) { return leaf.path != "zip"; });

  Document document;
  std::vector<Leaf> header;
  std::vector<Leaf> base;
  for (auto& leaf : leaves) {
    if (find_setting(leaf.path))
      base.push_back(std::move(leaf));
    else if (!leaf.path.starts_with("axes.") && leaf.path != "zip" && leaf.path != "cells" &&
             leaf.path != "exclude")
      header.push_back(std::move(leaf));
    else
      SPIN_TRY(read_points(source, leaf, document));
  }
  SPIN_TRY(check_version(source, header));
  SPIN_ASSIGN(document.base, assignments_of(source, base));
  SPIN_TRY(check_paths_are_apart(source, document));
  SPIN_TRY(check_overrides_reach(source, document));
  SPIN_TRY(read_header(source, header, document));
  return document;
}

}  // namespace spin::sweep
