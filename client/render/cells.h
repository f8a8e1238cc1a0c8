#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "client/render/numbers.h"
#include "client/render/table.h"
#include "schema/job/metrics.h"

// Cells of the usual kinds.

namespace spin::render {

inline TableCell text_cell(std::string text, Tone tone = Tone::plain) {
  return {std::move(text), AsText{}, tone};
}

/// Null for machines where the text is empty.
inline TableCell optional_text_cell(std::string text, Tone tone = Tone::plain) {
  if (text.empty()) return {"", Missing{}, tone};
  return text_cell(std::move(text), tone);
}

/// For machines only.
inline TableCell value_cell(CellValue value) { return {"", std::move(value), Tone::plain}; }

inline TableCell whole_cell(std::int64_t value) { return {std::to_string(value), value, Tone::plain}; }

/// "52.1 k", and the raw number.
inline TableCell quantity_cell(std::int64_t value) {
  return {quantity(static_cast<double>(value)), value, Tone::plain};
}

/// "-" where there is none; `show` makes the text.
template <class Show>
TableCell number_cell(const std::optional<double>& value, Show show) {
  if (!value) return {"-", Missing{}, Tone::muted};
  return {show(*value), *value, Tone::plain};
}

/// A metric that may not have been measured.
inline TableCell metric_cell(const MetricFacts& facts, const std::optional<double>& value) {
  auto cell = number_cell(value, [&facts](double number) { return shown(facts.unit, number); });
  if (value && is_whole(facts.unit)) cell.value = static_cast<std::int64_t>(*value);
  return cell;
}

}  // namespace spin::render
