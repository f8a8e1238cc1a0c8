#include "worker/trainer/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace spin {
namespace {

// Smith and Topin's one-cycle policy with the constants of torch.optim.lr_scheduler.OneCycleLR.
constexpr double kStartDivisor = 25;
constexpr double kEndDivisor = 1e4;  // of the start rate

constexpr double kFirstBeta = 0.9;  // adamw

/// The one-cycle of ConvMixer's authors (their onecycle_lr.py): straight lines through these shares of the
/// run and of the peak rate. They count a step when it ends, so that the last one has rate 0.
constexpr struct { double share, rate; } kLines[] = {{0, 0}, {0.4, 1}, {0.8, 0.05}, {1, 0}};

double one_cycle_linear(double share) {
  auto to = std::begin(kLines) + 1;
  while (share > to->share && to + 1 != std::end(kLines)) ++to;
  const auto from = to - 1;
  return from->rate + (to->rate - from->rate) * (share - from->share) / (to->share - from->share);
}

/// Half a cosine wave from `from` (share 0) to `to` (share 1).
double anneal(double from, double to, double share) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share));
}

}  // namespace

LearningRate::LearningRate(const Training& training, std::int64_t steps_per_epoch, std::int64_t total_steps)
    : schedule_(training.schedule),
      peak_(training.lr),
      momentum_(training.optimizer == Optimizer::sgd ? training.momentum : kFirstBeta),
      cycles_momentum_(training.schedule == Schedule::one_cycle && training.cycle_momentum),
      base_momentum_(training.base_momentum),
      max_momentum_(training.max_momentum),
      total_steps_(static_cast<double>(total_steps)),
      warmup_steps_(std::min(training.warmup_epochs * static_cast<double>(steps_per_epoch), total_steps_)) {
  if (schedule_ == Schedule::one_cycle && training.warmup_epochs == 0)
    warmup_steps_ = training.pct_start * total_steps_;
}

double LearningRate::at(std::int64_t step) const {
  const auto position = static_cast<double>(step);
  switch (schedule_) {
    case Schedule::one_cycle:
      return one_cycle(position, peak_ / kStartDivisor, peak_, peak_ / kStartDivisor / kEndDivisor);
    case Schedule::one_cycle_linear:
      return peak_ * one_cycle_linear((position + 1) / total_steps_);
    case Schedule::cosine:
      return cosine(position);
    case Schedule::constant:
      break;
  }
  return position < warmup_steps_ ? peak_ * std::min((position + 1) / warmup_steps_, 1.0) : peak_;
}

double LearningRate::momentum_at(std::int64_t step) const {
  if (!cycles_momentum_) return momentum_;
  return one_cycle(static_cast<double>(step), max_momentum_, base_momentum_, max_momentum_);
}

double LearningRate::one_cycle(double step, double start, double top, double end) const {
  // The step at the top, not always a whole number.
  const double turn = std::max(warmup_steps_ - 1, 0.0);
  if (step < turn) return anneal(start, top, step / turn);
  const double last = total_steps_ - 1;
  return last <= turn ? top : anneal(top, end, std::min((step - turn) / (last - turn), 1.0));
}

double LearningRate::cosine(double step) const {
  if (step < warmup_steps_) return peak_ * std::min((step + 1) / warmup_steps_, 1.0);
  return anneal(peak_, 0, (step - warmup_steps_) / (total_steps_ - warmup_steps_));
}

}  // namespace spin
