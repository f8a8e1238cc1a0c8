#include "worker/trainer/data/mnist.h"

#include <string>

#include "worker/trainer/data/idx.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

Error damaged(const fs::path& path, const std::string& what) {
  return {ErrorCode::data_loss, path.string() + ": " + what};
}

Result<std::vector<std::int64_t>> read_labels(const fs::path& path, int classes) {
  SPIN_ASSIGN(const auto array, read_idx(path, 1));
  std::vector<std::int64_t> labels(array.data(), array.data() + array.shape[0]);
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] >= classes)
      return damaged(path, "label " + std::to_string(labels[i]) + " of image " + std::to_string(i) +
                               " is out of range; expected 0 to " + std::to_string(classes - 1));
  return labels;
}

}  // namespace

Result<SplitBytes> read_mnist(const fs::path& images, const fs::path& labels, const DatasetFacts& facts) {
  SplitBytes split{facts.resolution, facts.resolution, 1, {}, {}};
  SPIN_ASSIGN(const auto array, read_idx(images, 3));
  if (array.shape[1] != facts.resolution || array.shape[2] != facts.resolution)
    return damaged(images, "images of " + std::to_string(array.shape[1]) + " x " +
                               std::to_string(array.shape[2]) + " pixels where " +
                               std::to_string(facts.resolution) + " x " + std::to_string(facts.resolution) +
                               " were expected");
  SPIN_ASSIGN(split.labels, read_labels(labels, facts.classes));
  if (array.shape[0] != static_cast<std::int64_t>(split.labels.size()))
    return damaged(labels, std::to_string(split.labels.size()) + " labels where " + images.string() +
                               " holds " + std::to_string(array.shape[0]) + " images");
  split.pixels.assign(array.data(), array.data() + (array.bytes.size() - array.offset));
  return split;
}

}  // namespace spin
