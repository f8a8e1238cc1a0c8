#include "worker/trainer/label_noise.h"

#include <cmath>

#include "worker/trainer/random.h"

namespace spin {

torch::Tensor add_label_noise(const torch::Tensor& labels, std::int64_t classes, double share,
                              std::int64_t seed) {
  auto noisy = labels.to(torch::kCPU, labels.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
  auto label = noisy.accessor<std::int64_t, 1>();
  const auto count = labels.size(0);
  auto left = static_cast<std::uint64_t>(std::llround(share * static_cast<double>(count)));
  Random random(seed, RandomUse::label_noise);
  // Selection sampling (Knuth 3.4.2, algorithm S): every subset of that size is as likely as any other.
  for (std::int64_t i = 0; i < count; ++i) {
    if (random.below(static_cast<std::uint64_t>(count - i)) >= left) continue;
    label[i] = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(classes)));
    --left;
  }
  return noisy.to(labels.device());
}

}  // namespace spin
