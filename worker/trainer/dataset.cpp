#include "worker/trainer/dataset.h"

#include <array>
#include <optional>
#include <utility>

#include "worker/trainer/idx.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

struct IdxDataset {
  std::string_view name;
  PixelStatistics pixels;
  std::string_view package;  // Debian's
};
constexpr std::array<IdxDataset, 2> kIdxDatasets{
    {{"fashion-mnist", {0.2860, 0.3530}, "dataset-fashion-mnist"}, {"mnist", {0.1307, 0.3081}, ""}}};

constexpr std::array<std::string_view, 4> kFiles{"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                                 "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
using Paths = std::array<fs::path, kFiles.size()>;

/// The file itself or its compressed form.
std::optional<fs::path> find_file(const fs::path& folder, std::string_view name) {
  for (const auto* suffix : {"", ".gz"}) {
    auto path = folder / (std::string(name) + suffix);
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored)) return path;
  }
  return std::nullopt;
}

Error nothing_found(const IdxDataset& known, const std::vector<fs::path>& folders, std::string_view file) {
  std::string looked_in;
  for (const auto& folder : folders) looked_in += (looked_in.empty() ? "" : " and ") + folder.string();
  auto message =
      "data set " + std::string(known.name) + ": no " + std::string(file) + "[.gz] in " + looked_in + "; ";
  if (!known.package.empty()) message += "`apt install " + std::string(known.package) + "` brings it, or ";
  return {ErrorCode::not_found, message + "name the folder that holds its four IDX files (--data)"};
}

Result<Paths> find_files(const IdxDataset& known, const fs::path& root) {
  // The folder of that name first: beside it, files of another data set may carry the same names.
  const std::vector<fs::path> folders{root / known.name, root};
  for (const auto& folder : folders) {
    if (!find_file(folder, kFiles[0])) continue;
    Paths paths;
    for (std::size_t i = 0; i < kFiles.size(); ++i) {
      auto path = find_file(folder, kFiles[i]);
      if (!path) return nothing_found(known, {folder}, kFiles[i]);
      paths[i] = std::move(*path);
    }
    return paths;
  }
  return nothing_found(known, folders, kFiles[0]);
}

std::string describe(const IdxDataset& known, const Paths& paths) {
  std::string key = std::string(known.name) + '\n';
  for (const auto& path : paths) {
    std::error_code ignored;
    key += path.string() + ' ' + std::to_string(fs::file_size(path, ignored)) + ' ' +
           std::to_string(fs::last_write_time(path, ignored).time_since_epoch().count()) + '\n';
  }
  return key;
}

Error damaged(const fs::path& path, const std::string& what) {
  return {ErrorCode::data_loss, path.string() + ": " + what};
}

torch::Tensor to_bytes(const IdxArray& array) {
  return torch::from_blob(const_cast<std::uint8_t*>(array.data()), array.shape, torch::kByte).clone();
}

Result<torch::Tensor> read_images(const fs::path& path, const DatasetFacts& facts) {
  SPIN_ASSIGN(const auto array, read_idx(path, 3));
  if (array.shape[1] != facts.resolution || array.shape[2] != facts.resolution)
    return damaged(path, "images of " + std::to_string(array.shape[1]) + " x " +
                             std::to_string(array.shape[2]) + " pixels where " +
                             std::to_string(facts.resolution) + " x " + std::to_string(facts.resolution) +
                             " were expected");
  return to_bytes(array).unsqueeze(3);
}

Result<torch::Tensor> read_labels(const fs::path& path, const DatasetFacts& facts) {
  SPIN_ASSIGN(const auto array, read_idx(path, 1));
  for (std::int64_t i = 0; i < array.shape[0]; ++i)
    if (array.data()[i] >= facts.classes)
      return damaged(path, "label " + std::to_string(array.data()[i]) + " of image " + std::to_string(i) +
                               " is out of range; expected 0 to " + std::to_string(facts.classes - 1));
  return to_bytes(array).to(torch::kLong);
}

Result<Split> read_split(const fs::path& images_path, const fs::path& labels_path, const DatasetFacts& facts,
                         torch::Device device) {
  SPIN_ASSIGN(auto images, read_images(images_path, facts));
  SPIN_ASSIGN(auto labels, read_labels(labels_path, facts));
  if (images.size(0) != labels.size(0))
    return damaged(labels_path, std::to_string(labels.size(0)) + " labels where " + images_path.string() +
                                    " holds " + std::to_string(images.size(0)) + " images");
  return Split{images.to(device), labels.to(device)};
}

/// images [N, H, W, C] uint8
torch::Tensor normalise(const torch::Tensor& images, PixelStatistics pixels, int resolution) {
  auto x = images.to(torch::kFloat);
  x.mul_(1 / (255 * pixels.deviation)).sub_(pixels.mean / pixels.deviation);
  x = x.permute({0, 3, 1, 2});  // [N, C, H, W], channels-last
  if (x.size(2) == resolution) return x;
  return torch::upsample_bilinear2d(x, {resolution, resolution}, /*align_corners=*/false);
}

}  // namespace

Split Split::first(std::int64_t limit) const {
  if (limit <= 0 || limit >= size()) return *this;
  return {images.narrow(0, 0, limit), labels.narrow(0, 0, limit)};
}

Batch gather_batch(const Split& split, const torch::Tensor& indices, PixelStatistics pixels, int resolution) {
  return {normalise(split.images.index_select(0, indices), pixels, resolution),
          split.labels.index_select(0, indices)};
}

Batch slice_batch(const Split& split, std::int64_t begin, std::int64_t end, PixelStatistics pixels,
                  int resolution) {
  return {normalise(split.images.narrow(0, begin, end - begin), pixels, resolution),
          split.labels.narrow(0, begin, end - begin)};
}

Result<ImageData> DataStore::load(const Dataset& dataset, const std::string& folder) {
  const auto* known = std::find_if(kIdxDatasets.begin(), kIdxDatasets.end(),
                                   [&](const IdxDataset& entry) { return entry.name == dataset.name; });
  if (known == kIdxDatasets.end())
    return Error{ErrorCode::unsupported, "not supported yet: data set " + dataset.name};
  auto root = !folder.empty() ? folder : dataset.root;
  if (root.empty()) root = default_dataset_root(dataset.name);
  SPIN_ASSIGN(const auto paths, find_files(*known, root));
  if (auto key = describe(*known, paths); key != key_) {
    key_.clear();
    data_ = {};  // never two data sets in memory
    SPIN_ASSIGN(data_.train, read_split(paths[0], paths[1], dataset.facts, device_));
    SPIN_ASSIGN(data_.eval, read_split(paths[2], paths[3], dataset.facts, device_));
    data_.pixels = known->pixels;
    key_ = std::move(key);
  }
  return ImageData{data_.train.first(dataset.train_limit), data_.eval.first(dataset.eval_limit),
                   data_.pixels};
}

}  // namespace spin
