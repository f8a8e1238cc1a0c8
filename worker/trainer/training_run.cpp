#include "worker/trainer/training_run.h"

#include <cmath>
#include <string>
#include <utility>

#include "worker/trainer/evaluation.h"
#include "worker/trainer/event_log.h"

namespace spin {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{250};
// Reading the loss waits for a GPU, so there it is looked at only now and then.
constexpr std::int64_t kGpuCheckInterval = 50;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double rate(std::int64_t images, double seconds) {
  return seconds > 0 ? static_cast<double>(images) / seconds : 0;
}

}  // namespace

TrainingRun::TrainingRun(Setup setup)
    : setup_(std::move(setup)),
      config_json_(config_to_json(setup_.config)),
      steps_per_epoch_(steps_per_epoch(setup_.data, setup_.config.training)),
      total_steps_(steps_per_epoch_ * setup_.config.training.epochs),
      learning_rate_(setup_.config.training, steps_per_epoch_, total_steps_),
      network_(make_model(setup_.config)),
      parameters_(network_->parameters(), setup_.device),
      optimizer_(parameters_, setup_.config.training.weight_decay) {
  network_->move_to(setup_.device);
  torch::manual_seed(static_cast<std::uint64_t>(setup_.config.seed));
  loss_sum_ = torch::zeros({}, torch::TensorOptions(torch::kDouble).device(setup_.device));
}

Status TrainingRun::prepare() {
  const auto& config = setup_.config;
  const auto& files = setup_.files;
  if (steps_per_epoch_ == 0)
    return Error{ErrorCode::invalid_argument,
                 "training.batch_size: " + std::to_string(config.training.batch_size) +
                     " images do not fit into the " + std::to_string(setup_.data.train.size()) +
                     " training images"};
  if (!files.resume.empty()) {
    SPIN_ASSIGN(state_, load_checkpoint(files.resume, config_json_,
                                        {*network_, parameters_, optimizer_, setup_.device}));
    return {};
  }
  const bool pretrained =
      config.fusion.strategy != FusionStrategy::none && config.fusion.init == FusionInit::pretrained;
  if (!pretrained) return {};
  if (files.init.empty())
    return Error{ErrorCode::invalid_argument,
                 "fusion.init: pretrained needs the model file of the same network "
                 "trained without sharing (--init FILE); or take fusion.init: random"};
  return load_initial_weights(files.init, config, *network_);
}

Result<std::optional<FinishedEvent>> TrainingRun::run() {
  const auto cost = network_->cost();
  setup_.sink(StartedEvent{cost.params, cost.flops, state_.epoch + 1});
  batches_ = training_batches(setup_.data, setup_.config, state_.step, setup_.threads);
  while (state_.epoch < setup_.config.training.epochs) {
    SPIN_ASSIGN(const auto end, run_epoch(state_.epoch + 1));
    if (end == EpochEnd::stopped) return std::optional<FinishedEvent>();
    if (end == EpochEnd::finished) continue;
    SPIN_ASSIGN(auto diverged, finish(Outcome::diverged));
    return std::optional(std::move(diverged));
  }
  SPIN_ASSIGN(auto finished, finish(Outcome::completed));
  return std::optional(std::move(finished));
}

Result<TrainingRun::EpochEnd> TrainingRun::run_epoch(int epoch) {
  const auto start = Clock::now();
  SPIN_ASSIGN(const auto end, train_epoch(epoch));
  if (end == EpochEnd::stopped) return end;
  const double train_seconds = seconds_since(start);
  const std::int64_t images = steps_per_epoch_ * setup_.config.training.batch_size;
  state_.train_seconds += train_seconds;
  if (end == EpochEnd::diverged) {
    state_.images = state_.step * setup_.config.training.batch_size;
    state_.seconds += train_seconds;
    return end;
  }
  state_.images += images;
  SPIN_ASSIGN(const auto accuracy, evaluate(*network_, setup_.data, setup_.config, setup_.threads));
  const double seconds = seconds_since(start);
  state_.seconds += seconds;
  state_.epoch = epoch;
  state_.last = {epoch,
                 loss_sum_.item<double>() / static_cast<double>(steps_per_epoch_),
                 accuracy.top1,
                 accuracy.top5,
                 rate(images, train_seconds),
                 seconds};
  setup_.sink(EpochEvent{state_.last});
  if (epoch < setup_.config.training.epochs && !setup_.files.checkpoint.empty()) SPIN_TRY(save());
  return end;
}

/// A checkpoint is insurance: a disk that is full costs it, not the run.
Status TrainingRun::save() {
  const auto saved = save_checkpoint(setup_.files.checkpoint, config_json_,
                                     {*network_, parameters_, optimizer_, setup_.device}, state_);
  if (saved.ok()) {
    setup_.sink(CheckpointEvent{setup_.files.checkpoint, state_.epoch});
    return {};
  }
  if (saved.error().code != ErrorCode::resource_exhausted) return saved;
  log_line("no checkpoint of epoch " + std::to_string(state_.epoch) + ": " + saved.error().message);
  return {};
}

Result<TrainingRun::EpochEnd> TrainingRun::train_epoch(int epoch) {
  const auto start = Clock::now();
  loss_sum_.zero_();
  for (std::int64_t step = 0; step < steps_per_epoch_; ++step) {
    if (setup_.stop.load(std::memory_order_relaxed)) return EpochEnd::stopped;
    SPIN_ASSIGN(const auto batch, batches_->next());
    train_step(*batch);
    if (!report_step(epoch, step + 1, start)) return EpochEnd::diverged;
  }
  return std::isfinite(loss_sum_.item<double>()) && parameters_are_finite() ? EpochEnd::finished
                                                                            : EpochEnd::diverged;
}

void TrainingRun::train_step(const Batch& batch) {
  const auto& config = setup_.config;
  parameters_.gradients().zero_();
  const auto logits = network_->forward(batch.images, network_->weights(), Mode::train);
  const auto loss = torch::cross_entropy_loss(logits, batch.labels, /*weight=*/{}, at::Reduction::Mean,
                                              /*ignore_index=*/-100, config.training.label_smoothing);
  loss.backward();
  if (config.training.clip_grad_norm > 0)
    clip_gradients(parameters_.gradients(), config.training.clip_grad_norm);
  optimizer_.step(learning_rate_.at(state_.step));
  ++state_.step;
  loss_sum_.add_(loss.detach());
}

/// False where the loss is known not to be finite.
bool TrainingRun::report_step(int epoch, std::int64_t step_in_epoch, Clock::time_point epoch_start) {
  const auto now = Clock::now();
  const bool due = now - last_progress_ >= kProgressInterval;
  const bool check = setup_.device.is_cpu() || state_.step % kGpuCheckInterval == 0;
  if (!due && !check) return true;
  const double loss = loss_sum_.item<double>() / static_cast<double>(step_in_epoch);
  if (!std::isfinite(loss)) return false;
  if (!due) return true;
  last_progress_ = now;
  Progress progress;
  progress.epoch = epoch;
  progress.epochs = setup_.config.training.epochs;
  progress.step = state_.step;
  progress.steps = total_steps_;
  progress.loss = loss;
  progress.images_per_second =
      rate(step_in_epoch * setup_.config.training.batch_size, seconds_since(epoch_start));
  setup_.sink(ProgressEvent{progress});
  return true;
}

bool TrainingRun::parameters_are_finite() { return torch::isfinite(parameters_.values()).all().item<bool>(); }

Result<FinishedEvent> TrainingRun::finish(Outcome outcome) {
  FinishedEvent event;
  const auto cost = network_->cost();
  auto& result = event.result;
  result.outcome = outcome;
  result.top1 = state_.last.top1;
  result.top5 = state_.last.top5;
  result.params = cost.params;
  result.flops = cost.flops;
  result.images_per_second = rate(state_.images, state_.train_seconds);
  result.peak_bytes =
      setup_.device.is_cpu() ? peak_memory_.bytes() : 0;  // no API for it is common to 1.13 and 2.x
  result.seconds = state_.seconds;
  if (outcome == Outcome::completed && !setup_.files.model.empty()) {
    SPIN_TRY(save_model(setup_.files.model, config_json_, *network_));
    event.model = setup_.files.model;
  }
  return event;
}

}  // namespace spin
