#pragma once

#include <span>
#include <utility>

#include "schema/sql/tables.h"

// The .sql files of this folder, as they stand there.

namespace spin {

std::span<const Migration> migration_texts();

struct ViewText {
  std::string_view name;
  /// What stands in braces, as "{state of job j}", is put there by tables.cpp.
  std::string_view text;
};
/// In the order of their names.
std::span<const ViewText> view_texts();

}  // namespace spin
