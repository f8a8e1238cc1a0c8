#include "server/core/work.h"

#include <algorithm>
#include <cstdint>

namespace spin::core {

double training_work(const JobConfig& config, const Cost& cost) {
  std::int64_t images = config.dataset.facts.train_images;
  const std::int64_t limit = config.dataset.train_limit;
  if (limit > 0) images = images > 0 ? std::min(images, limit) : limit;
  return static_cast<double>(config.training.epochs) *
         static_cast<double>(std::max<std::int64_t>(images, 1)) * static_cast<double>(cost.flops);
}

}  // namespace spin::core
