#include "worker/agent/checks.h"

#include <cmath>

namespace spin::agent {

bool is_reportable(const EpochMetrics& metrics) {
  return metrics.epoch >= 1 && metrics.values[Metric::loss].has_value();
}

bool is_reportable(const Progress& progress) {
  return std::isfinite(progress.loss) && std::isfinite(progress.images_per_second) &&
         progress.images_per_second >= 0;
}

}  // namespace spin::agent
