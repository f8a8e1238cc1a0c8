#include "worker/trainer/data/training_steps.h"

#include "worker/trainer/data/epoch_order.h"

namespace spin {

std::int64_t steps_per_epoch(std::int64_t images, const Training& training) {
  return images / training.batch_size;
}

TrainingSteps::TrainingSteps(const Train& config, std::int64_t images, std::int64_t first_step)
    : seed_(config.seed),
      images_(images),
      batch_size_(config.training.batch_size),
      steps_per_epoch_(steps_per_epoch(images, config.training)),
      steps_(steps_per_epoch_ * config.training.epochs),
      repeats_(config.training.repeated_augmentation),
      step_(first_step) {}

std::vector<std::int64_t> TrainingSteps::order() const {
  auto order = epoch_order(seed_, epoch(), images_);
  for (std::size_t place = order.size(); repeats_ > 1 && place-- > 0;)
    order[place] = order[place / static_cast<std::size_t>(repeats_)];
  return order;
}

std::vector<std::int64_t> TrainingSteps::copies() const {
  std::vector<std::int64_t> copies;
  for (std::int64_t place = offset(); repeats_ > 1 && place < offset() + batch_size_; ++place)
    copies.push_back(place % repeats_);
  return copies;
}

}  // namespace spin
