#include "worker/trainer/initial.h"

namespace spin {
namespace {

constexpr double kCut = 2;

}  // namespace

torch::Tensor draw_leaf(const std::vector<std::int64_t>& shape, const Initial& initial,
                        at::Generator& generator) {
  auto leaf = torch::empty(shape);
  if (const auto* uniform = std::get_if<Uniform>(&initial))
    leaf.uniform_(-uniform->bound, uniform->bound, generator);
  else if (const auto* normal = std::get_if<Normal>(&initial))
    leaf.normal_(0, normal->deviation, generator).clamp_(-kCut, kCut);
  else
    leaf.fill_(std::get<Constant>(initial).value);
  return leaf.set_requires_grad(true);
}

}  // namespace spin
