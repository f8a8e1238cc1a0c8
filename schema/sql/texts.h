#pragma once

#include <span>
#include <utility>

#include "schema/sql/tables.h"

// The .sql files of this folder, as they stand there.

namespace spin {

std::span<const Migration> migration_texts();

struct ViewText {
  std::string_view name;
  /// "{metrics of epoch e}", "{state of job j}", "{told state of job j}" and "{jobs of cell c.position}"
  /// stand for what tables.cpp puts there.
  std::string_view text;
};
/// In the order of their names.
std::span<const ViewText> view_texts();

}  // namespace spin
