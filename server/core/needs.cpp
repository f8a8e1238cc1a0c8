#include "server/core/needs.h"

#include <bit>

namespace spin::core {

std::int64_t NeedsTable::round_up(std::int64_t bytes) {
  if (bytes <= 0) return 0;
  const auto value = static_cast<std::uint64_t>(bytes);
  constexpr int kStepBits = 3;
  const int spare = static_cast<int>(std::bit_width(value)) - 1 - kStepBits;
  if (spare <= 0) return bytes;
  const std::uint64_t step = std::uint64_t{1} << spare;
  return static_cast<std::int64_t>((value + step - 1) / step * step);
}

NeedsId NeedsTable::intern(std::int64_t predicted_bytes, const std::string& dataset) {
  const std::int64_t rounded = round_up(predicted_bytes);
  if (!all_.empty() && at(last_).memory_bytes == rounded && at(last_).dataset == dataset) return last_;
  Needs needs{rounded, dataset};
  const auto [entry, is_new] = ids_.try_emplace(needs, static_cast<NeedsId>(all_.size()));
  if (is_new) all_.push_back(std::move(needs));
  return last_ = entry->second;
}

}  // namespace spin::core
