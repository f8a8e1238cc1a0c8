#pragma once

#include <span>
#include <string_view>

namespace spin {

struct Migration {
  std::string_view name;  ///< "0001_initial"
  std::string_view sql;
};

/// In order; the database's user_version is the number of those that it has.
std::span<const Migration> migrations();

}  // namespace spin
