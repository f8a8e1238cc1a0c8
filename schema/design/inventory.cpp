#include "schema/design/inventory.h"

#include <functional>
#include <numeric>

#include "schema/design/family.h"

namespace spin {
namespace {

/// All that an inventory depends on.
struct Key {
  Network network;
  int image_channels = 0;
  int classes = 0;
  bool operator==(const Key&) const = default;
};

template <class Counts>
std::int64_t count_outside(const Inventory& all, Counts counts) {
  std::int64_t elements = 0;
  for (const auto* part : {&all.before, &all.after})
    for (const auto& tensor : *part)
      if (counts(tensor.role)) elements += tensor.elements();
  return elements;
}

}  // namespace

std::int64_t TensorSpec::elements() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::string TensorSpec::file_name() const {
  return std::string(name) + (kind.empty() ? "" : ".") + std::string(kind);
}

std::string TensorSpec::file_name(std::size_t index) const {
  return std::string(name) + "." + std::to_string(index) + "." + std::string(kind);
}

bool is_shared(const TensorSpec& tensor, const Train& config) {
  return tensor.component && config.components.has(*tensor.component);
}

bool is_transformed(const TensorSpec& tensor, const Train& config) {
  return config.transform.kind != TransformKind::none && tensor.role == TensorRole::weight &&
         is_shared(tensor, config);
}

std::int64_t Inventory::outside_params() const { return count_outside(*this, is_parameter); }

std::int64_t Inventory::outside_statistics() const {
  return count_outside(*this, [](TensorRole role) { return !is_parameter(role); });
}

const Inventory& inventory_of(const Train& config) {
  thread_local Key held_key;
  thread_local Inventory held;
  const Key key{config.network, config.dataset.facts.channels, config.dataset.facts.classes};
  if (!(key == held_key)) {
    held = describe(config.network.family).inventory(Shape(config));
    held_key = key;
  }
  return held;
}

}  // namespace spin
