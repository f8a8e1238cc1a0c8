#include "schema/design/shape.h"

#include <cmath>
#include <utility>

namespace spin {

Shape::Shape(const Train& config)
    : network(config.network),
      channels(network.channels),
      places(positions(network)),
      classes(config.dataset.facts.classes),
      image_channels(config.dataset.facts.channels),
      image(image_channels * network.resolution * network.resolution),
      patch_weights(channels * image_channels * network.patch * network.patch),
      kernel_area(std::int64_t{network.kernel} * network.kernel),
      hidden(hidden_channels(network)),
      hidden_tokens(spin::hidden_tokens(network)),
      // GELU keeps its input, ReLU only its output.
      kept(network.activation == Activation::gelu ? 2 : 1) {}

Starts pytorch_start(std::int64_t fan_in) {
  const Start start{Start::Kind::uniform, 1 / std::sqrt(static_cast<double>(fan_in))};
  return {start, start};
}

void add_affine(std::vector<TensorSpec>& list, std::string_view name, std::vector<std::int64_t> shape,
                const Starts& starts, std::optional<Component> weight, std::optional<Component> bias) {
  const std::int64_t out = shape.front();
  list.push_back({name, "weight", std::move(shape), TensorRole::weight, starts.weight, weight});
  list.push_back({name, "bias", {out}, TensorRole::vector, starts.bias, bias});
}

void add_norm(std::vector<TensorSpec>& list, std::string_view name, Norm norm, std::int64_t channels,
              std::optional<Component> component) {
  constexpr Start kZero{Start::Kind::constant, 0};
  constexpr Start kOne{Start::Kind::constant, 1};
  list.push_back({name, "norm.weight", {channels}, TensorRole::vector, kOne, component});
  list.push_back({name, "norm.bias", {channels}, TensorRole::vector, kZero, component});
  if (norm == Norm::layer) return;
  list.push_back({name, "norm.mean", {channels}, TensorRole::mean, kZero, component});
  list.push_back({name, "norm.variance", {channels}, TensorRole::variance, kOne, component});
}

void add_embedding(Inventory& all, const Shape& shape, const Starts& starts) {
  const std::int64_t patch = shape.network.patch;
  add_affine(all.before, "embed", {shape.channels, shape.image_channels, patch, patch}, starts);
}

void add_head(Inventory& all, const Shape& shape, const Starts& starts) {
  add_affine(all.after, "head", {shape.classes, shape.channels}, starts);
}

}  // namespace spin
