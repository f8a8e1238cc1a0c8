#include "worker/trainer/learner.h"

#include <utility>

#include "worker/trainer/autocast.h"
#include "worker/trainer/erasing.h"
#include "worker/trainer/mixing.h"
#include "worker/trainer/random.h"
#include "worker/trainer/stopwatch.h"

namespace spin {

Learner::Learner(const Train& config, torch::Device device, std::int64_t steps_per_epoch)
    : recipe_(config.training),
      classes_(config.dataset.facts.classes),
      seed_(config.seed),
      device_(device),
      learning_rate_(recipe_, steps_per_epoch, steps_per_epoch * recipe_.epochs),
      network_(make_model(config)),
      parameters_(network_->parameters(), device),
      optimizer_(make_optimizer(recipe_, parameters_)) {
  network_->move_to(device);
}

void Learner::begin() {
  if (recipe_.ema > 0) average_.emplace(parameters_, network_->buffers());
  if (recipe_.keep == Keep::best) best_.emplace(parameters_, network_->buffers());
}

torch::Tensor Learner::step(Batch batch, std::int64_t step, PhaseSeconds& seconds) {
  Stopwatch watch;
  const auto targets = augment(batch, step);
  seconds.data += watch.lap();
  parameters_.gradients().zero_();
  seconds.step += watch.lap();
  const auto loss = accumulate(batch.images, targets, seconds);
  watch.lap();
  auto& gradients = parameters_.gradients();
  // Before the optimizer, which computes in them.
  gradient_norm_ =
      recipe_.clip_grad_norm > 0 ? clip_gradients(gradients, recipe_.clip_grad_norm) : gradients.norm();
  optimizer_->step(learning_rate_.at(step), learning_rate_.momentum_at(step));
  if (average_) average_->average(recipe_.ema);
  seconds.step += watch.lap();
  return loss;
}

/// What the loss takes as targets: labels [N] int64, or where the images were mixed [N, classes] float.
torch::Tensor Learner::augment(Batch& batch, std::int64_t step) const {
  const auto& images = batch.images;
  if (recipe_.random_erasing > 0) {
    Random random(seed_, RandomUse::erasing, step);
    erase_randomly(images, recipe_.random_erasing, recipe_.random_erasing_mode, random);
  }
  if (recipe_.mixup == 0 && recipe_.cutmix == 0) return batch.labels;
  Random random(seed_, RandomUse::mixing, step);
  const auto mixture = draw_mixture(random, recipe_.mixup, recipe_.cutmix, images.size(2), images.size(3));
  return mix_batch(images, batch.labels, classes_, mixture);
}

/// Adds the gradients of the mean loss over the batch, pass by pass.
torch::Tensor Learner::accumulate(const torch::Tensor& images, const torch::Tensor& targets,
                                  PhaseSeconds& seconds) {
  const std::int64_t passes = recipe_.accumulation;
  const std::int64_t size = images.size(0) / passes;
  torch::Tensor sum;
  Stopwatch watch;
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    auto loss = loss_of(images.narrow(0, pass * size, size), targets.narrow(0, pass * size, size));
    if (passes > 1) loss = loss / static_cast<double>(passes);
    seconds.forward += watch.lap();
    loss.backward();
    seconds.backward += watch.lap();
    sum = sum.defined() ? sum + loss.detach() : loss.detach();
  }
  return sum;
}

torch::Tensor Learner::loss_of(const torch::Tensor& images, const torch::Tensor& targets) const {
  torch::Tensor logits;  // [N, classes]
  const auto weights = network_->weights();
  {
    const Autocast autocast(device_, recipe_.precision);
    logits = network_->forward(images, weights, Mode::train);
  }
  return torch::cross_entropy_loss(logits.to(torch::kFloat), targets, /*weight=*/{}, at::Reduction::Mean,
                                   /*ignore_index=*/-100, recipe_.label_smoothing);
}

std::vector<NamedTensor> Learner::state() const {
  std::vector<NamedTensor> list;
  const auto append = [&](std::vector<NamedTensor> more) {
    std::move(more.begin(), more.end(), std::back_inserter(list));
  };
  for (const auto& parameter : network_->parameters()) list.push_back({parameter.name, parameter.value});
  append(network_->buffers());
  append(optimizer_->state());
  if (average_) append(average_->tensors("average"));
  if (best_) append(best_->tensors("best"));
  return list;
}

bool Learner::is_finite() const {
  auto finite = torch::isfinite(parameters_.values()).all();
  for (const auto& statistics : network_->buffers()) finite &= torch::isfinite(statistics.tensor).all();
  return finite.item<bool>();
}

std::optional<double> Learner::gradient_norm() const {
  return gradient_norm_.defined() ? std::optional(gradient_norm_.item<double>()) : std::nullopt;
}

void Learner::exchange_average() {
  if (average_) average_->exchange();
}

void Learner::load_kept() {
  if (best_)
    best_->load();
  else if (average_)
    average_->load();
}

}  // namespace spin
