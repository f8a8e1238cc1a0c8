#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/base/result.h"

namespace spin::sweep {

/// Where a value stands: a line of the file, or an override of the command line.
struct Where {
  int line = 0;             ///< 1-based; 0 = nowhere in the file
  int override_index = -1;  ///< index of the override; -1 = the file
};

struct YamlValue;
/// Shared, because an alias is the same value as its anchor.
using YamlValuePtr = std::shared_ptr<const YamlValue>;

struct MapEntry {
  std::string key;
  Where where;
  YamlValuePtr value;
};

/// One YAML value. Merge keys are merged, aliases are followed.
struct YamlValue {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  Where where;
  std::string text;  ///< of a scalar
  bool quoted = false;
  std::vector<YamlValuePtr> items;  ///< of a list
  std::vector<MapEntry> entries;    ///< of a map, in the order of the file; keys are unique
  std::size_t nodes = 1;            ///< values in it with every alias written out
  int levels = 0;                   ///< nesting of lists and maps, itself included
};

/// "a map", "a list", "nothing", "'12'": for messages.
std::string describe(const YamlValue& value);

/// Limits of a document with every alias written out.
inline constexpr std::size_t kMaxNodes = 600'000;
/// Longest key: merge keys copy them, so long ones would multiply.
inline constexpr std::size_t kMaxKeyBytes = 256;
inline constexpr int kMaxLevels = 64;

/// Line of the first byte that is not UTF-8; 0 where all are.
int line_of_bad_utf8(std::string_view text);

/// What is wrong with a document, and on which line of it.
struct YamlError {
  ErrorCode code = ErrorCode::invalid_argument;
  int line = 0;
  std::string what;
};

/// Reads one YAML document. Refuses broken YAML, bytes that are not UTF-8, duplicate keys, a second document,
/// and what goes beyond the limits. `override_index` marks the values of an override.
std::variant<YamlValuePtr, YamlError> parse_yaml(std::string_view text, int override_index = -1);

}  // namespace spin::sweep
