#include "schema/design/fields.h"

#include <array>
#include <charconv>
#include <cmath>

namespace spin {

std::string number_text(double value) {
  constexpr double kMostDigits = 1e15;
  if (value == std::floor(value) && std::abs(value) < kMostDigits)
    return std::to_string(static_cast<std::int64_t>(value));
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string accepted_text(const Field& field) {
  const auto& [low, high, has_high] = field.range;
  if (!field.accepted.empty()) return std::string(field.accepted);
  if (low > high) return {};
  return number_text(low) + (has_high ? " to " : " to below ") + number_text(high);
}

}  // namespace spin
