#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/sweep/settings.h"
#include "schema/sweep/yaml.h"

namespace spin::sweep {

/// A typed value for one setting.
struct Change {
  std::function<void(PointSettings&)> apply;
  std::function<bool(const PointSettings&)> matches;  ///< of filled-in settings
};

/// Type of a setting whose value is text as it stands.
inline constexpr char kTextType[] = "text";

/// What people are told of a setting.
struct Words {
  std::string accepted;  ///< "1 to 1024"; empty where the type says all
  std::string
      otherwise;  ///< what holds where the sweep does not give it; empty: the default as text() writes it
  std::string meaning;
  std::string source = {};  ///< empty where the setting is ours
};

/// One key of the sweep file that decides what a cell is.
struct Setting {
  std::string path;  ///< "network.depth"
  std::function<Result<Change>(const YamlValue&)> read;
  /// Value in filled-in settings as labels write it.
  std::function<std::string(const PointSettings&)> text;
  bool in_label = false;  ///< the network, sharing, transform or fusion label of a cell shows it
  std::string type = {};  ///< "whole number", "adamw | sgd"; kTextType where any text may stand
  Words words = {};
};

/// Every setting, once, in the order of the contract.
const std::vector<Setting>& setting_table();
/// nullptr where there is none.
const Setting* find_setting(std::string_view path);

}  // namespace spin::sweep
