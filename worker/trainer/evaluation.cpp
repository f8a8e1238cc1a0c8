#include "worker/trainer/evaluation.h"

#include <algorithm>

#include "schema/design/inventory.h"
#include "worker/trainer/autocast.h"

namespace spin {
namespace {

// Small enough for the activations to stay in a CPU's cache, large enough to fill its cores; a GPU wants
// more.
constexpr std::int64_t kCpuBatch = 250;
constexpr std::int64_t kGpuBatch = 2000;
// What the images of a batch and the activations that are alive at once may take; training takes more.
constexpr std::int64_t kCpuBytes = std::int64_t{512} << 20;
constexpr std::int64_t kGpuBytes = std::int64_t{2} << 30;
constexpr std::int64_t kLiveActivations = 4;

}  // namespace

torch::Tensor count_in_top(const torch::Tensor& logits, const torch::Tensor& labels, std::int64_t k) {
  const auto top = std::get<1>(logits.topk(std::min(k, logits.size(1)), /*dim=*/1));  // [N, k]
  return top.eq(labels.unsqueeze(1)).sum();
}

std::int64_t evaluation_batch_size(torch::Device device, const Train& config) {
  const auto& saved = inventory_of(config).saved;
  const std::int64_t side = config.network.resolution;
  const auto image_bytes = static_cast<std::int64_t>(sizeof(float)) *
                           (config.dataset.facts.channels * side * side + kLiveActivations * saved.largest);
  const auto affordable = (device.is_cpu() ? kCpuBytes : kGpuBytes) / image_bytes;
  return std::clamp<std::int64_t>(affordable, 1, device.is_cpu() ? kCpuBatch : kGpuBatch);
}

Result<std::optional<Accuracy>> evaluate(const Model& network, BatchStream& batches, torch::Device device,
                                         Precision precision, const std::function<bool()>& should_stop) {
  const c10::InferenceMode inference;
  const Autocast autocast(device, precision);
  const auto weights = network.weights();
  auto counts = torch::zeros({2}, torch::TensorOptions(torch::kLong).device(device));
  std::int64_t images = 0;
  for (;;) {
    SPIN_ASSIGN(const auto batch, batches.next());
    if (batches.gave_up()) return std::optional<Accuracy>();
    if (!batch) break;
    if (should_stop()) return std::optional<Accuracy>();
    const auto logits = network.forward(batch->images, weights, Mode::evaluate);
    counts[0] += count_in_top(logits, batch->labels, 1);
    counts[1] += count_in_top(logits, batch->labels, 5);
    images += batch->labels.size(0);
  }
  const auto percent = counts.cpu().to(torch::kDouble) * (100.0 / static_cast<double>(images));
  return std::optional(Accuracy{percent[0].item<double>(), percent[1].item<double>()});
}

}  // namespace spin
