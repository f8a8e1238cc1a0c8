#pragma once

#include <span>
#include <string_view>

namespace spin::render {

struct LoadText {
  std::string_view name;
  std::string_view text;
};
/// The files of load/, by the stems of their names.
std::span<const LoadText> load_texts();

}  // namespace spin::render
