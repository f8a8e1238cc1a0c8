#include "worker/trainer/evaluation.h"

#include <algorithm>

#include "worker/trainer/autocast.h"

namespace spin {
namespace {

// Small enough for the activations to stay in a CPU's cache, large enough to fill its cores; a GPU wants
// more.
constexpr std::int64_t kCpuBatch = 250;
constexpr std::int64_t kGpuBatch = 2000;

}  // namespace

torch::Tensor count_in_top(const torch::Tensor& logits, const torch::Tensor& labels, std::int64_t k) {
  const auto top = std::get<1>(logits.topk(std::min(k, logits.size(1)), /*dim=*/1));  // [N, k]
  return top.eq(labels.unsqueeze(1)).sum();
}

std::int64_t evaluation_batch_size(torch::Device device) { return device.is_cpu() ? kCpuBatch : kGpuBatch; }

Result<std::optional<Accuracy>> evaluate(const Model& network, BatchStream& batches, torch::Device device,
                                         Precision precision, const std::function<bool()>& should_stop) {
  const c10::InferenceMode inference;
  const Autocast autocast(device, precision);
  const auto weights = network.weights();
  auto counts = torch::zeros({2}, torch::TensorOptions(torch::kLong).device(device));
  std::int64_t images = 0;
  for (;;) {
    if (should_stop()) return std::optional<Accuracy>();
    SPIN_ASSIGN(const auto batch, batches.next());
    if (!batch) break;
    const auto logits = network.forward(batch->images, weights, Mode::evaluate);
    counts[0] += count_in_top(logits, batch->labels, 1);
    counts[1] += count_in_top(logits, batch->labels, 5);
    images += batch->labels.size(0);
  }
  const auto percent = counts.cpu().to(torch::kDouble) * (100.0 / static_cast<double>(images));
  return std::optional(Accuracy{percent[0].item<double>(), percent[1].item<double>()});
}

}  // namespace spin
