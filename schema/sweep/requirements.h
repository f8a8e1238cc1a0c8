#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/base/device.h"
#include "schema/base/result.h"

namespace spin {

/// What a sweep asks of a worker, and of its device, that take its jobs. An empty one takes any device whose
/// free memory holds the predicted peak.
struct Requirements {
  std::optional<Device::Kind> device;
  std::optional<std::int64_t> memory_bytes;  ///< replaces the predicted peak of each job
  std::vector<std::string> labels;           ///< all of them; sorted, each once
  auto operator<=>(const Requirements&) const = default;
};

/// Most labels of a worker or of a sweep.
inline constexpr std::size_t kMaxLabels = 32;
/// A label is a name of at most so many bytes.
inline constexpr std::size_t kMaxLabelBytes = 64;

/// {"device": "cuda", "memory_bytes": 21474836480, "labels": ["a100"]}, without what is not asked for.
std::string requirements_to_json(const Requirements& requirements);
/// data_loss where the text is none that requirements_to_json() writes.
Result<Requirements> requirements_from_json(const std::string& text);

}  // namespace spin
