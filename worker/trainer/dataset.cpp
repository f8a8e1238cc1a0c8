#include "worker/trainer/dataset.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "schema/data/data_state.h"
#include "schema/data/dataset_files.h"
#include "schema/data/folder_listing.h"
#include "worker/trainer/data/cifar.h"
#include "worker/trainer/data/image_file.h"
#include "worker/trainer/data/mnist.h"
#include "worker/trainer/data/split_counts.h"
#include "worker/trainer/data/synthetic.h"
#include "worker/trainer/event_log.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

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

Result<SplitBytes> read_split(DatasetFormat format, const std::vector<fs::path>& files,
                              const DatasetFacts& facts) {
  if (format == DatasetFormat::cifar) return read_cifar(files, CifarLabels::one, facts);
  if (format == DatasetFormat::cifar_fine) return read_cifar(files, CifarLabels::coarse_and_fine, facts);
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

Result<ImageData> DataStore::load(const Dataset& dataset, const std::string& folder) {
  const auto* known = find_dataset(dataset.name);
  if (!known) return Error{ErrorCode::unsupported, "data set " + dataset.name + " is not known"};
  if (known->format == DatasetFormat::synthetic) return load_synthetic(*known, dataset);
  if (known->format == DatasetFormat::image_folder) return load_folder(*known, dataset, folder);
  return load_files(*known, dataset, folder);
}

void DataStore::abandon() {
  abandoned_.request_stop();
  const std::lock_guard lock(mutex_);
  kept_ = {};
}

Status DataStore::check_wanted() const {
  if (!abandoned_.stop_requested()) return {};
  return Error{ErrorCode::failed_precondition, "nobody waits for these data any more"};
}

Result<DataStore::Kept> DataStore::kept_or(std::string key, const std::function<Result<Kept>()>& read) {
  {
    const std::lock_guard lock(mutex_);
    SPIN_TRY(check_wanted());
    if (kept_.key == key) return kept_;
    kept_ = {};  // never two data sets in memory
  }
  SPIN_ASSIGN(auto fresh, read());
  fresh.key = std::move(key);
  const std::lock_guard lock(mutex_);
  SPIN_TRY(check_wanted());
  return kept_ = std::move(fresh);
}

ImageData DataStore::with_notes(ImageData used, const Dataset& dataset, const Kept& kept) {
  used.notes = kept.data.notes;
  if (!used.state.fingerprint.empty())
    used.notes.push_back("data: " + title_of(dataset) + " is " + used.state.summary + ", fingerprint " +
                         used.state.fingerprint);
  for (auto& line : describe_splits(dataset, {kept.data.train.size(), used.train.size(), kept.train_from},
                                    {kept.data.eval.size(), used.eval.size(), kept.eval_from}))
    used.notes.push_back(std::move(line));
  return used;
}

Result<ImageData> DataStore::load_synthetic(const KnownDataset& known, const Dataset& dataset) {
  const auto make = [&]() -> Result<Kept> {
    const auto& facts = dataset.facts;
    const auto stop = abandoned_.get_token();
    auto train =
        synthetic_split(facts, SplitKind::train, limited(facts.train_images, dataset.train_limit), stop);
    auto eval = synthetic_split(facts, SplitKind::eval, limited(facts.eval_images, dataset.eval_limit), stop);
    SPIN_TRY(check_wanted());
    Kept made;
    made.data.train = to_split(std::move(train), device_);
    made.data.eval = to_split(std::move(eval), device_);
    made.data.pixels = known.pixels;
    return made;
  };
  SPIN_ASSIGN(const auto kept, kept_or(synthetic_key(dataset), make));
  return with_notes(kept.data, dataset, kept);
}

Result<ImageData> DataStore::load_files(const KnownDataset& known, const Dataset& dataset,
                                        const std::string& folder) {
  const bool is_named = !folder.empty() || !dataset.root.empty();
  const auto root = is_named ? dataset.root : std::string(known.root);
  SPIN_ASSIGN(const auto files, find_dataset_files(known, folder, root));
  const auto read = [&]() -> Result<Kept> {
    Kept found;
    for (const auto& [paths, split] :
         {std::pair(&files.train, &found.data.train), std::pair(&files.eval, &found.data.eval)}) {
      SPIN_TRY(check_wanted());
      SPIN_ASSIGN(auto bytes, read_split(known.format, *paths, dataset.facts));
      SPIN_TRY(check_wanted());
      *split = to_split(std::move(bytes), device_);
    }
    found.data.pixels = known.pixels;
    SPIN_ASSIGN(found.data.state, data_state(dataset, folder, abandoned_.get_token()));
    found.train_from = place_of(files.train);
    found.eval_from = place_of(files.eval);
    return found;
  };
  SPIN_ASSIGN(const auto kept, kept_or(dataset.name + '\n' + disk_state(files), read));
  ImageData used;
  used.train = first_images(kept.data.train, dataset.train_limit);
  used.eval = first_images(kept.data.eval, dataset.eval_limit);
  used.pixels = kept.data.pixels;
  used.state = kept.data.state;
  return with_notes(std::move(used), dataset, kept);
}

Result<ImageData> DataStore::load_folder(const KnownDataset& known, const Dataset& dataset,
                                         const std::string& folder) {
  SPIN_TRY(check_image_decoders());
  SPIN_ASSIGN(const auto path, find_image_folder(dataset.name, folder, dataset.root));
  const auto classes = dataset.facts.classes;
  const auto list = [&]() -> Result<Kept> {
    SPIN_ASSIGN(auto found, list_image_folder(dataset.name, path, classes, abandoned_.get_token()));
    Kept listed;
    listed.data.train = first_files(found.train, 0, device_);
    listed.data.eval = first_files(found.eval, 0, device_);
    listed.data.pixels = known.pixels;
    listed.data.notes = std::move(found.notes);
    listed.train_from = found.train->folder().string();
    listed.eval_from = found.eval->folder().string();
    return listed;
  };
  SPIN_ASSIGN(const auto kept,
              kept_or(dataset.name + '\n' + std::to_string(classes) + '\n' + disk_state(path), list));
  ImageData used;
  used.train = first_files(kept.data.train.files, dataset.train_limit, device_);
  used.eval = first_files(kept.data.eval.files, dataset.eval_limit, device_);
  used.pixels = kept.data.pixels;
  // Anew for each job: images are read when they are needed, and one may be another by now.
  SPIN_ASSIGN(used.state, data_state(dataset, folder, abandoned_.get_token()));
  return with_notes(std::move(used), dataset, kept);
}

}  // namespace spin
