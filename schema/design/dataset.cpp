#include "schema/design/dataset.h"

namespace spin {
const std::vector<KnownDataset>& known_datasets() {
  // The pixel statistics are those of the training sets.
  static const std::vector<KnownDataset> kDatasets{
      {.name = "fashion-mnist",
       .format = DatasetFormat::idx,
       .facts = {1, 10, 28, 60'000, 10'000},
       .pixels = {{0.2860}, {0.3530}},
       .root = "/usr/share/datasets/fashion-mnist",  // Debian: dataset-fashion-mnist
       .subfolders = {"fashion-mnist", "FashionMNIST/raw"},
       .train = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
       .eval = {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
       .advice =
           "`apt install dataset-fashion-mnist` brings it, or name the folder that holds its four IDX files "
           "(--data)"},
      {.name = "mnist",
       .format = DatasetFormat::idx,
       .facts = {1, 10, 28, 60'000, 10'000},
       .pixels = {{0.1307}, {0.3081}},
       .subfolders = {"mnist", "MNIST/raw"},
       .train = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
       .eval = {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
       .advice = "name the folder that holds its four IDX files (--data)"},
      {.name = "cifar10",
       .format = DatasetFormat::cifar,
       .facts = {3, 10, 32, 50'000, 10'000},
       .pixels = {{0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}},
       .subfolders = {"cifar10", "cifar-10-batches-bin"},
       .train = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                 "data_batch_5.bin"},
       .eval = {"test_batch.bin"},
       .advice = "name the folder where cifar-10-binary.tar.gz (the binary version) was unpacked (--data)"},
      {.name = "cifar100",
       .format = DatasetFormat::cifar_fine,
       .facts = {3, 100, 32, 50'000, 10'000},
       .pixels = {{0.5071, 0.4865, 0.4409}, {0.2673, 0.2564, 0.2762}},
       .subfolders = {"cifar100", "cifar-100-binary"},
       .train = {"train.bin"},
       .eval = {"test.bin"},
       .advice = "name the folder where cifar-100-binary.tar.gz (the binary version) was unpacked (--data)"},
      {.name = "imagenet",
       .format = DatasetFormat::image_folder,
       .facts = {3, 1000, 224, 1'281'167, 50'000},
       .pixels = {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}}},
      // Three channels at ImageNet's size, with its statistics, which serve other photographs too.
      {.name = "imagefolder",
       .format = DatasetFormat::image_folder,
       .facts = {3, 1000, 224, 0, 0},
       .pixels = {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}},
       .takes_any_classes = true},
      {.name = "synthetic",
       .format = DatasetFormat::synthetic,
       .facts = {3, 10, 32, 50'000, 10'000},
       .pixels = {{0.5, 0.5, 0.5}, {0.155, 0.155, 0.155}},
       .takes_any_classes = true},
  };
  return kDatasets;
}

const KnownDataset* find_dataset(std::string_view name) {
  for (const auto& known : known_datasets())
    if (known.name == name) return &known;
  return nullptr;
}

std::optional<DatasetFacts> dataset_facts(std::string_view name) {
  const auto* known = find_dataset(name);
  return known ? std::optional(known->facts) : std::nullopt;
}

std::vector<std::string> dataset_names() {
  std::vector<std::string> names;
  for (const auto& known : known_datasets()) names.emplace_back(known.name);
  return names;
}

std::string default_dataset_root(std::string_view name) {
  const auto* known = find_dataset(name);
  return known ? std::string(known->root) : std::string();
}

bool has_id(std::string_view name) {
  const auto* known = find_dataset(name);
  return known && known->is_of_owner();
}

std::string title_of(const Dataset& dataset) {
  return dataset.id.empty() ? dataset.name : dataset.name + ' ' + dataset.id;
}

}  // namespace spin
