#include "worker/agent/checks.h"

#include <cmath>
#include <optional>

namespace spin::agent {
namespace {

bool is_amount(double value) { return std::isfinite(value) && value >= 0; }
bool is_amount(const std::optional<double>& value) { return !value || is_amount(*value); }

}  // namespace

bool is_reportable(const EpochMetrics& metrics) {
  return metrics.epoch >= 1 && std::isfinite(metrics.loss) && is_amount(metrics.top1) &&
         is_amount(metrics.top5) && is_amount(metrics.images_per_second) && is_amount(metrics.seconds) &&
         is_amount(metrics.data_seconds) && is_amount(metrics.forward_seconds) &&
         is_amount(metrics.backward_seconds) && is_amount(metrics.step_seconds) &&
         is_amount(metrics.evaluation_seconds);
}

bool is_reportable(const Progress& progress) {
  return std::isfinite(progress.loss) && is_amount(progress.images_per_second);
}

JobResult reportable(JobResult result) {
  for (double* value : {&result.images_per_second, &result.seconds}) {
    if (!is_amount(*value)) *value = 0;
  }
  for (auto* value : {&result.top1, &result.top5}) {
    if (!is_amount(*value)) value->reset();
  }
  return result;
}

}  // namespace spin::agent
