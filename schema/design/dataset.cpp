#include "schema/design/dataset.h"

namespace spin {
namespace {

struct KnownDataset {
  std::string_view name;
  std::string_view root;
  DatasetFacts facts;  // channels, classes, resolution, training images, evaluation images
};

// An imagefolder holds what its owner put there: three channels at ImageNet's size and classes unless told
// otherwise.
constexpr KnownDataset kDatasets[] = {
    {"fashion-mnist",
     "/usr/share/datasets/fashion-mnist",
     {1, 10, 28, 60'000, 10'000}},  // Debian: dataset-fashion-mnist
    {"mnist", "", {1, 10, 28, 60'000, 10'000}},
    {"cifar10", "", {3, 10, 32, 50'000, 10'000}},
    {"cifar100", "", {3, 100, 32, 50'000, 10'000}},
    {"imagenet", "", {3, 1000, 224, 1'281'167, 50'000}},
    {"imagefolder", "", {3, 1000, 224, 0, 0}},
    {"synthetic", "", {3, 10, 32, 50'000, 10'000}},
};

const KnownDataset* find(std::string_view name) {
  for (const auto& known : kDatasets)
    if (known.name == name) return &known;
  return nullptr;
}

}  // namespace

std::optional<DatasetFacts> dataset_facts(std::string_view name) {
  const auto* known = find(name);
  return known ? std::optional(known->facts) : std::nullopt;
}

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const auto& known : kDatasets) names.emplace_back(known.name);
  return names;
}

std::string default_dataset_root(std::string_view name) {
  const auto* known = find(name);
  return known ? std::string(known->root) : std::string();
}

bool has_id(std::string_view name) { return name == "imagefolder"; }

std::string title_of(const Dataset& dataset) {
  return dataset.id.empty() ? dataset.name : dataset.name + ' ' + dataset.id;
}

}  // namespace spin
