#pragma once

#include <cstddef>
#include <string>

#include "schema/base/result.h"

namespace spin::cli {

struct TextLimit {
  std::size_t bytes = 0;
  const char* what = "";  ///< "a sweep file": what has at most so many bytes
};

/// A whole file; "-" is standard input. not_found or invalid_argument.
Result<std::string> read_text(const std::string& file, const TextLimit& limit);

}  // namespace spin::cli
