#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "schema/sweep/source.h"
#include "schema/sweep/yaml.h"

namespace spin::sweep {

/// The dotted paths that a map may hold.
class KeyTree {
 public:
  explicit KeyTree(const std::vector<std::string>& leaves);
  [[nodiscard]] bool is_leaf(const std::string& path) const { return leaves_.contains(path); }
  [[nodiscard]] bool is_group(const std::string& path) const { return groups_.contains(path); }
  /// "did you mean network.depth?", or what the map at `path` holds.
  [[nodiscard]] std::string advice(const std::string& path) const;
  /// "channels, depth, patch": the keys below a group; of the outermost map with an empty path.
  [[nodiscard]] std::string children(const std::string& group) const;

 private:
  std::set<std::string> leaves_;
  std::map<std::string, std::vector<std::string>> groups_;  ///< keys below each, in the order of the contract
};

/// Every setting.
const KeyTree& setting_keys();
/// Every key of the document: settings, the same below `axes`, and all else.
const KeyTree& document_keys();

/// One key with a value, its dotted path written out.
struct Leaf {
  std::string path;
  Where where;
  YamlValuePtr value;
};

enum class Lists {
  are_values,         ///< a list is the value of a leaf
  may_stand_for_all,  ///< a list may stand at any path, group or leaf: values to walk
};

/// The leaves of a map, in order. Refuses unknown keys and paths that stand twice.
Result<std::vector<Leaf>> flatten(const Source& source, const YamlValue& map, const KeyTree& keys,
                                  Lists lists);

}  // namespace spin::sweep
