#include "worker/trainer/initial.h"

namespace spin {
namespace {

constexpr double kCut = 2;

void draw(torch::Tensor target, const Start& start, at::Generator& generator) {
  switch (start.kind) {
    case Start::Kind::constant:
      target.fill_(start.value);
      break;
    case Start::Kind::uniform:
      target.uniform_(-start.value, start.value, generator);
      break;
    case Start::Kind::normal:
      target.normal_(0, start.value, generator).clamp_(-kCut, kCut);
      break;
  }
}

}  // namespace

torch::Tensor draw_leaf(const std::vector<std::int64_t>& shape, const Start& start,
                        at::Generator& generator) {
  auto leaf = torch::empty(shape);
  draw(leaf, start, generator);
  return leaf.set_requires_grad(true);
}

torch::Tensor draw_stack(std::int64_t count, std::vector<std::int64_t> shape, const Start& start,
                         at::Generator& generator) {
  shape.insert(shape.begin(), count);
  auto leaf = torch::empty(shape);
  for (std::int64_t i = 0; i < count; ++i) draw(leaf.select(0, i), start, generator);
  return leaf.set_requires_grad(true);
}

}  // namespace spin
