#pragma once

#include <string>
#include <string_view>

#include "schema/job/report.h"

// What a trainer says is brought into what a coordinator takes: it refuses numbers that are not finite.

namespace spin::agent {

/// Longest message of a failure that a coordinator takes whole.
inline constexpr std::size_t kMessageBytes = 4000;

/// Whether an epoch can be reported: a diverged one has no loss.
[[nodiscard]] bool is_reportable(const EpochMetrics& metrics);
[[nodiscard]] bool is_reportable(const Progress& progress);

}  // namespace spin::agent
