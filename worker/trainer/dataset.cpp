#include "worker/trainer/dataset.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "worker/trainer/data/cifar.h"
#include "worker/trainer/data/dataset_files.h"
#include "worker/trainer/data/image_file.h"
#include "worker/trainer/data/mnist.h"
#include "worker/trainer/data/split_counts.h"
#include "worker/trainer/data/synthetic.h"
#include "worker/trainer/event_log.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

/// Those of the training sets; ImageNet's also serves other photographs. Synthetic: see synthetic_split.
PixelStatistics pixel_statistics(std::string_view name) {
  if (name == "mnist") return {{0.1307}, {0.3081}};
  if (name == "fashion-mnist") return {{0.2860}, {0.3530}};
  if (name == "cifar10") return {{0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}};
  if (name == "cifar100") return {{0.5071, 0.4865, 0.4409}, {0.2673, 0.2564, 0.2762}};
  if (name == "synthetic") return {{0.5, 0.5, 0.5}, {0.155, 0.155, 0.155}};
  return {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
}

/// The tensors take the bytes over.
Split to_split(SplitBytes bytes, torch::Device device) {
  auto* held = new SplitBytes(std::move(bytes));
  const auto count = static_cast<std::int64_t>(held->labels.size());
  const auto labels = torch::from_blob(held->labels.data(), {count}, torch::kLong).clone();
  const auto images = torch::from_blob(
      held->pixels.data(), {count, held->height, held->width, held->channels}, [held](void*) { delete held; },
      torch::kByte);
  return {images.to(device), nullptr, labels.to(device), nullptr};
}

Result<SplitBytes> read_split(std::string_view name, const std::vector<fs::path>& files,
                              const DatasetFacts& facts) {
  if (name == "cifar10") return read_cifar(files, CifarLabels::one, facts);
  if (name == "cifar100") return read_cifar(files, CifarLabels::coarse_and_fine, facts);
  return read_mnist(files[0], files[1], facts);
}

/// The first `limit` images; all where it is 0 or larger than there are.
Split first_images(const Split& split, std::int64_t limit) {
  if (limit <= 0 || limit >= split.size()) return split;
  return {split.images.narrow(0, 0, limit), nullptr, split.labels.narrow(0, 0, limit), nullptr};
}

Split first_files(const std::shared_ptr<const FolderImages>& files, std::int64_t limit,
                  torch::Device device) {
  Split first;
  first.files = files->first(limit);
  auto labels = first.files->labels();
  first.labels = torch::tensor(labels, torch::kLong).to(device);
  first.damaged = std::make_shared<DamagedImages>(first.files->size(), log_line);
  return first;
}

/// "/data/cifar10/data_batch_1.bin and 4 more"
std::string place_of(const std::vector<fs::path>& files) {
  auto text = files.front().string();
  return files.size() == 1 ? text : text + " and " + std::to_string(files.size() - 1) + " more";
}

std::int64_t limited(std::int64_t images, std::int64_t limit) {
  return limit > 0 ? std::min(images, limit) : images;
}

std::string synthetic_key(const Dataset& dataset) {
  std::string key = "synthetic";
  for (const std::int64_t number :
       {std::int64_t{dataset.facts.classes}, std::int64_t{dataset.facts.resolution},
        dataset.facts.train_images, dataset.facts.eval_images, dataset.train_limit, dataset.eval_limit})
    key += ' ' + std::to_string(number);
  return key;
}

}  // namespace

void DataStore::forget() {
  key_.clear();
  data_ = {};
  source_ = {};
}

void DataStore::log_splits(const Dataset& dataset, const ImageData& used) const {
  const auto& [train, eval, notes] = source_;
  for (const auto& note : notes) log_line(note);
  for (const auto& line : describe_splits(dataset, {data_.train.size(), used.train.size(), train},
                                          {data_.eval.size(), used.eval.size(), eval}))
    log_line(line);
}

Result<ImageData> DataStore::load(const Dataset& dataset, const std::string& folder) {
  if (dataset.name == "synthetic") return make_synthetic(dataset);
  if (dataset.name == "imagefolder" || dataset.name == "imagenet") return list_files(dataset, folder);
  auto root = !folder.empty() ? folder : dataset.root;
  if (root.empty()) root = default_dataset_root(dataset.name);
  return read_files(dataset, root);
}

Result<ImageData> DataStore::make_synthetic(const Dataset& dataset) {
  if (auto key = synthetic_key(dataset); key != key_) {
    forget();  // never two data sets in memory
    const auto& facts = dataset.facts;
    const auto make = [&](SplitKind kind, std::int64_t images, std::int64_t limit) {
      return to_split(synthetic_split(facts, kind, limited(images, limit)), device_);
    };
    data_.train = make(SplitKind::train, facts.train_images, dataset.train_limit);
    data_.eval = make(SplitKind::eval, facts.eval_images, dataset.eval_limit);
    data_.pixels = pixel_statistics(dataset.name);
    key_ = std::move(key);
  }
  log_splits(dataset, data_);
  return data_;
}

Result<ImageData> DataStore::read_files(const Dataset& dataset, const std::string& root) {
  SPIN_ASSIGN(const auto files, find_dataset_files(dataset.name, root));
  if (auto key = dataset.name + '\n' + fingerprint(files); key != key_) {
    forget();
    SPIN_ASSIGN(auto train, read_split(dataset.name, files.train, dataset.facts));
    data_.train = to_split(std::move(train), device_);
    SPIN_ASSIGN(auto eval, read_split(dataset.name, files.eval, dataset.facts));
    data_.eval = to_split(std::move(eval), device_);
    data_.pixels = pixel_statistics(dataset.name);
    source_ = {place_of(files.train), place_of(files.eval), {}};
    key_ = std::move(key);
  }
  ImageData used{first_images(data_.train, dataset.train_limit), first_images(data_.eval, dataset.eval_limit),
                 data_.pixels};
  log_splits(dataset, used);
  return used;
}

Result<ImageData> DataStore::list_files(const Dataset& dataset, const std::string& folder) {
  SPIN_TRY(check_image_decoders());
  const auto path = find_image_folder(dataset.name, folder, dataset.root);
  const auto classes = dataset.facts.classes;
  if (auto key = dataset.name + '\n' + std::to_string(classes) + '\n' + fingerprint_image_folder(path);
      key != key_) {
    forget();
    SPIN_ASSIGN(auto found, list_image_folder(dataset.name, path, classes));
    source_ = {found.train->folder().string(), found.eval->folder().string(), std::move(found.notes)};
    data_.train = first_files(found.train, 0, device_);
    data_.eval = first_files(found.eval, 0, device_);
    data_.pixels = pixel_statistics(dataset.name);
    key_ = std::move(key);
  }
  ImageData used{first_files(data_.train.files, dataset.train_limit, device_),
                 first_files(data_.eval.files, dataset.eval_limit, device_), data_.pixels};
  log_splits(dataset, used);
  return used;
}

}  // namespace spin
