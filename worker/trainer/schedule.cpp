#include "worker/trainer/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace spin {
namespace {

// Smith and Topin's one-cycle policy with the constants of torch.optim.lr_scheduler.OneCycleLR.
constexpr double kStartDivisor = 25;
constexpr double kEndDivisor = 1e4;  // of the start rate
constexpr double kRisingShare = 0.2;

/// Half a cosine wave from `from` (share 0) to `to` (share 1).
double anneal(double from, double to, double share) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share));
}

}  // namespace

LearningRate::LearningRate(const Training& training, std::int64_t steps_per_epoch, std::int64_t total_steps)
    : schedule_(training.schedule),
      peak_(training.lr),
      total_steps_(static_cast<double>(total_steps)),
      warmup_steps_(std::min(training.warmup_epochs * static_cast<double>(steps_per_epoch), total_steps_)) {
  if (schedule_ == Schedule::one_cycle && training.warmup_epochs == 0)
    warmup_steps_ = kRisingShare * total_steps_;
}

double LearningRate::at(std::int64_t step) const {
  const auto position = static_cast<double>(step);
  switch (schedule_) {
    case Schedule::one_cycle:
      return one_cycle(position);
    case Schedule::cosine:
      return cosine(position);
    case Schedule::constant:
      break;
  }
  return position < warmup_steps_ ? peak_ * std::min((position + 1) / warmup_steps_, 1.0) : peak_;
}

double LearningRate::one_cycle(double step) const {
  const double start = peak_ / kStartDivisor;
  const double top =
      std::max(warmup_steps_ - 1, 0.0);  // the step that runs at the peak, not always a whole number
  if (step < top) return anneal(start, peak_, step / top);
  const double last = total_steps_ - 1;
  return last <= top ? peak_ : anneal(peak_, start / kEndDivisor, std::min((step - top) / (last - top), 1.0));
}

double LearningRate::cosine(double step) const {
  if (step < warmup_steps_) return peak_ * std::min((step + 1) / warmup_steps_, 1.0);
  return anneal(peak_, 0, (step - warmup_steps_) / (total_steps_ - warmup_steps_));
}

}  // namespace spin
