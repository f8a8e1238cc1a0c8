#include "worker/trainer/training_run.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "schema/design/cost.h"
#include "worker/trainer/autocast.h"
#include "worker/trainer/data/training_steps.h"
#include "worker/trainer/event_log.h"
#include "worker/trainer/label_noise.h"
#include "worker/trainer/stopwatch.h"

namespace spin {
namespace {

constexpr std::chrono::milliseconds kProgressInterval{250};
// Reading the loss waits for a GPU, so there it is looked at only now and then.
constexpr std::int64_t kGpuCheckInterval = 50;

double in_seconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

std::int64_t readable_images(const Split& split) {
  return split.size() - (split.damaged ? split.damaged->count() : 0);
}

double rate(std::int64_t images, double seconds) {
  return seconds > 0 ? static_cast<double>(images) / seconds : 0;
}

}  // namespace

TrainingRun::TrainingRun(Setup setup)
    : setup_(std::move(setup)),
      config_json_(config_to_json(setup_.config)),
      steps_per_epoch_(steps_per_epoch(setup_.data.train.size(), setup_.config.training)),
      total_steps_(steps_per_epoch_ * setup_.config.training.epochs),
      learner_(setup_.config, setup_.device, steps_per_epoch_) {
  torch::manual_seed(static_cast<std::uint64_t>(setup_.config.seed));
  state_.data = setup_.data.state.fingerprint;
  loss_sum_ = torch::zeros({}, torch::TensorOptions(torch::kDouble).device(setup_.device));
  if (setup_.config.training.label_noise > 0)
    setup_.data.train.labels = add_label_noise(setup_.data.train.labels, setup_.config.dataset.facts.classes,
                                               setup_.config.training.label_noise, setup_.config.seed);
}

Status TrainingRun::prepare() {
  const auto& config = setup_.config;
  const auto resume = path_of(setup_.files.inputs, InputRole::resume);
  if (steps_per_epoch_ == 0)
    return Error{ErrorCode::invalid_argument,
                 "training.batch_size: " + std::to_string(config.training.batch_size) +
                     " images do not fit into the " + std::to_string(setup_.data.train.size()) +
                     " training images"};
  const bool pretrained =
      config.fusion.strategy != FusionStrategy::none && config.fusion.init == FusionInit::pretrained;
  if (pretrained && resume.empty()) {
    const auto init = path_of(setup_.files.inputs, InputRole::init);
    if (init.empty())
      return Error{ErrorCode::invalid_argument,
                   "fusion.init: pretrained needs the model file of the same network "
                   "trained without sharing (--init FILE); or take fusion.init: random"};
    SPIN_TRY(load_initial_weights(init, config, learner_.network()));
  }
  if (config.training.precision == Precision::bf16 && !has_fast_bf16(setup_.device))
    log_line(
        "warning: this CPU has no bf16 instructions; training.precision: fp32 would be several times faster");
  learner_.begin();
  if (resume.empty()) return {};
  SPIN_ASSIGN(state_, load_checkpoint(resume, config_json_, learner_, setup_.device));
  if (!is_within_run(state_))
    return Error{ErrorCode::data_loss,
                 resume + ": its run state is none of this job: epoch " + std::to_string(state_.epoch) +
                     ", step " + std::to_string(state_.step) + " of " + std::to_string(total_steps_)};
  const auto& now = setup_.data.state;
  if (state_.data != now.fingerprint)
    log_line("WARNING: OTHER DATA: the checkpoint was trained on data of the fingerprint " + state_.data +
             "; they are " + now.summary + ", " + now.fingerprint + ", from here on");
  state_.data = now.fingerprint;
  loss_sum_.fill_(state_.begun.loss_sum);
  saved_ = {state_.epoch, state_.step};
  log_line("goes on after step " + std::to_string(state_.step) + " of " + std::to_string(total_steps_));
  return {};
}

/// Whether a run of this job can have come to such a state.
bool TrainingRun::is_within_run(const RunState& state) const {
  const int epochs = setup_.config.training.epochs;
  if (state.epoch < 0 || state.epoch > epochs || (state.epoch == epochs && !state.kept)) return false;
  const auto first_step = state.epoch * steps_per_epoch_;
  return state.step >= first_step && state.step <= std::min(first_step + steps_per_epoch_, total_steps_);
}

Result<std::optional<FinishedEvent>> TrainingRun::run() {
  const auto cost = cost_of(setup_.config);
  setup_.sink(StartedEvent{cost.params, cost.flops, state_.epoch + 1, setup_.data.state});
  saved_at_ = setup_.now();
  if (state_.step < total_steps_)
    batches_ = training_batches(setup_.data, setup_.config, state_.step, setup_.threads,
                                [this] { return should_stop(); });
  while (state_.epoch < setup_.config.training.epochs) {
    SPIN_ASSIGN(const auto end, run_epoch());
    if (end == EpochEnd::stopped) return std::optional<FinishedEvent>();
    if (end == EpochEnd::finished) continue;
    SPIN_ASSIGN(auto diverged, finish(Outcome::diverged));
    return std::optional(std::move(diverged));
  }
  SPIN_ASSIGN(auto finished, finish(Outcome::completed));
  return std::optional(std::move(finished));
}

Result<TrainingRun::EpochEnd> TrainingRun::run_epoch() {
  counted_until_ = setup_.now();
  SPIN_ASSIGN(const auto end, train_epoch());
  count_training_time();
  if (end == EpochEnd::diverged) return end;
  std::optional<EpochMetrics> metrics;
  if (end == EpochEnd::finished) {
    SPIN_ASSIGN(metrics, finish_epoch());
  }
  if (!metrics) {
    const bool wanted = setup_.stop_request() != StopRequest::discard;
    if (wanted && !is_saved()) SPIN_TRY(save());
    return EpochEnd::stopped;
  }
  setup_.sink(EpochEvent{*metrics});
  const bool each_epoch = setup_.files.checkpoint_seconds == 0;
  if (state_.epoch < setup_.config.training.epochs && (each_epoch || is_checkpoint_due())) SPIN_TRY(save());
  return end;
}

Result<TrainingRun::EpochEnd> TrainingRun::train_epoch() {
  const auto start = setup_.now();
  for (std::int64_t done = 1; step_in_epoch() < steps_per_epoch_; ++done) {
    if (should_stop())
      return std::isfinite(loss_sum_.item<double>()) ? EpochEnd::stopped : EpochEnd::diverged;
    SPIN_TRY(train_step());
    if (batches_->gave_up()) continue;  // without a step
    if (!report_step(done, start)) return EpochEnd::diverged;
    if (!is_checkpoint_due()) continue;
    if (!std::isfinite(loss_sum_.item<double>())) return EpochEnd::diverged;
    count_training_time();
    SPIN_TRY(save());
    counted_until_ = saved_at_;
  }
  return std::isfinite(loss_sum_.item<double>()) && learner_.is_finite() ? EpochEnd::finished
                                                                         : EpochEnd::diverged;
}

Status TrainingRun::train_step() {
  Stopwatch watch;
  SPIN_ASSIGN(auto batch, batches_->next());
  if (batches_->gave_up()) return {};
  if (!batch) return Error{ErrorCode::internal, "the training images ended before the last step"};
  state_.begun.phases.data += watch.lap();
  loss_sum_.add_(learner_.step(std::move(*batch), state_.step, state_.begun.phases));
  ++state_.step;
  return {};
}

/// Evaluates where it is time to, and moves on to the next epoch. Nothing where it was stopped before.
Result<std::optional<EpochMetrics>> TrainingRun::finish_epoch() {
  const auto& recipe = setup_.config.training;
  const auto& begun = state_.begun;
  const int epoch = state_.epoch + 1;
  double seconds = begun.train_seconds;
  MetricValues values{
      {Metric::loss, loss_sum_.item<double>() / static_cast<double>(steps_per_epoch_)},
      {Metric::images_per_second, rate(steps_per_epoch_ * recipe.batch_size, begun.train_seconds)},
      {Metric::data_seconds, begun.phases.data}};
  if (const auto norm = learner_.gradient_norm()) values.set(Metric::gradient_norm, *norm);
  if (setup_.device.is_cpu()) {
    values.set(Metric::forward_seconds, begun.phases.forward);
    values.set(Metric::backward_seconds, begun.phases.backward);
    values.set(Metric::step_seconds, begun.phases.step);
  }
  if (epoch % recipe.evaluate_every == 0 || epoch == recipe.epochs) {
    Stopwatch watch;
    SPIN_ASSIGN(const auto accuracy, evaluate_epoch());
    if (!accuracy) return std::optional<EpochMetrics>();
    const double evaluation = watch.lap();
    seconds += evaluation;
    values.set(Metric::evaluation_seconds, evaluation);
    values.set(Metric::top1, accuracy->top1);
    values.set(Metric::top5, accuracy->top5);
  }
  values.set(Metric::seconds, seconds);
  state_.epoch = epoch;
  state_.train_seconds += begun.train_seconds;
  state_.seconds += seconds;
  state_.begun = {};
  loss_sum_.zero_();
  return std::optional(EpochMetrics{epoch, values});
}

/// The accuracy of the epoch that ends, which becomes the result's where the recipe keeps it.
Result<std::optional<Accuracy>> TrainingRun::evaluate_epoch() {
  const auto& recipe = setup_.config.training;
  const auto batches =
      evaluation_batches(setup_.data, setup_.config, evaluation_batch_size(setup_.device, setup_.config),
                         setup_.threads, [this] { return should_stop(); });
  learner_.exchange_average();
  SPIN_ASSIGN(const auto accuracy, evaluate(learner_.network(), *batches, setup_.device, recipe.precision,
                                            [this] { return should_stop(); }));
  const bool best = recipe.keep == Keep::best;
  if (accuracy && (!best || !state_.kept || accuracy->top1 > state_.kept->top1)) {
    state_.kept = Evaluated{state_.epoch + 1, accuracy->top1, accuracy->top5};
    if (best) learner_.keep_best();
  }
  learner_.exchange_average();
  return accuracy;
}

bool TrainingRun::is_checkpoint_due() const {
  const auto& files = setup_.files;
  return files.outputs.contains(ArtifactKind::checkpoint) && files.checkpoint_seconds > 0 &&
         setup_.now() - saved_at_ >= std::chrono::seconds(files.checkpoint_seconds);
}

void TrainingRun::count_training_time() {
  const auto now = setup_.now();
  state_.begun.train_seconds += in_seconds(now - std::exchange(counted_until_, now));
}

/// A checkpoint is insurance: a disk that is full costs it, not the run.
Status TrainingRun::save() {
  const auto path = path_of(setup_.files.outputs, ArtifactKind::checkpoint);
  if (path.empty()) return {};
  state_.begun.loss_sum = loss_sum_.item<double>();
  const auto saved = save_checkpoint(path, config_json_, learner_, setup_.device, state_);
  saved_at_ = setup_.now();
  if (saved.ok()) {
    saved_ = {state_.epoch, state_.step};
    setup_.sink(CheckpointEvent{path, state_.epoch});
    return {};
  }
  if (saved.error().code != ErrorCode::resource_exhausted) return saved;
  log_line("no checkpoint after step " + std::to_string(state_.step) + ": " + saved.error().message);
  return {};
}

/// After `steps_done` steps since `start`. False where the loss is known not to be finite.
bool TrainingRun::report_step(std::int64_t steps_done, Clock::time_point start) {
  const auto now = setup_.now();
  const bool due = now - last_progress_ >= kProgressInterval;
  const bool check = setup_.device.is_cpu() || state_.step % kGpuCheckInterval == 0;
  if (!due && !check) return true;
  const double loss = loss_sum_.item<double>() / static_cast<double>(step_in_epoch());
  if (!std::isfinite(loss)) return false;
  if (!due) return true;
  last_progress_ = now;
  Progress progress;
  progress.epoch = state_.epoch + 1;
  progress.epochs = setup_.config.training.epochs;
  progress.step = state_.step;
  progress.steps = total_steps_;
  progress.loss = loss;
  progress.images_per_second = rate(steps_done * setup_.config.training.batch_size, in_seconds(now - start));
  setup_.sink(ProgressEvent{progress});
  return true;
}

Result<FinishedEvent> TrainingRun::finish(Outcome outcome) {
  FinishedEvent event;
  const auto cost = cost_of(setup_.config);
  const auto& begun = state_.begun;  // where it diverged
  event.train_images = setup_.data.train.size();
  event.eval_images = readable_images(setup_.data.eval);
  event.result = {
      outcome,
      {{Metric::params, static_cast<double>(cost.params)},
       {Metric::flops, static_cast<double>(cost.flops)},
       {Metric::images_per_second,
        rate(state_.step * setup_.config.training.batch_size, state_.train_seconds + begun.train_seconds)},
       // No API for it is common to LibTorch 1.13 and 2.x.
       {Metric::peak_bytes, setup_.device.is_cpu() ? static_cast<double>(peak_memory_.bytes()) : 0},
       {Metric::seconds, state_.seconds + begun.train_seconds}},
      setup_.data.state};
  if (state_.kept && outcome == Outcome::completed) {
    event.result.values.set(Metric::top1, state_.kept->top1);
    event.result.values.set(Metric::top5, state_.kept->top5);
  }
  const auto model = path_of(setup_.files.outputs, ArtifactKind::model);
  if (outcome == Outcome::completed && !model.empty()) {
    learner_.load_kept();
    const auto saved = save_model(model, config_json_, learner_.network());
    if (!saved.ok() && saved.error().code == ErrorCode::resource_exhausted)
      return Error{ErrorCode::unavailable, saved.error().message};  // which passes
    if (!saved.ok()) return saved.error();
    event.outputs[ArtifactKind::model] = model;
  }
  return event;
}

}  // namespace spin
