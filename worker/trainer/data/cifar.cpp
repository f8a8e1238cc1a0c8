#include "worker/trainer/data/cifar.h"

#include <string>

#include "worker/trainer/data/gzip_file.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPlane = 32 * 32;

Error damaged(const fs::path& path, const std::string& what) {
  return {ErrorCode::data_loss, path.string() + ": " + what};
}

/// [3, 32, 32] -> [32, 32, 3]
void append_interleaved(const std::uint8_t* planes, std::vector<std::uint8_t>& pixels) {
  for (std::size_t i = 0; i < kPlane; ++i)
    pixels.insert(pixels.end(), {planes[i], planes[kPlane + i], planes[2 * kPlane + i]});
}

Status append_file(const fs::path& path, std::size_t label_bytes, int classes, SplitBytes& split) {
  SPIN_ASSIGN(const auto bytes, read_maybe_gzip(path));
  const std::size_t record = label_bytes + 3 * kPlane;
  if (bytes.empty() || bytes.size() % record != 0)
    return damaged(path, std::to_string(bytes.size()) + " bytes are no whole number of images of " +
                             std::to_string(record) +
                             " bytes; the file was cut short or is no CIFAR file of the binary version");
  const auto count = bytes.size() / record;
  split.labels.reserve(split.labels.size() + count);
  split.pixels.reserve(split.pixels.size() + count * 3 * kPlane);
  const auto* at = reinterpret_cast<const std::uint8_t*>(bytes.data());
  for (std::size_t i = 0; i < count; ++i, at += record) {
    const int label = at[label_bytes - 1];
    if (label >= classes)
      return damaged(path, "label " + std::to_string(label) + " of image " + std::to_string(i) +
                               " is out of range; expected 0 to " + std::to_string(classes - 1));
    split.labels.push_back(label);
    append_interleaved(at + label_bytes, split.pixels);
  }
  return {};
}

}  // namespace

Result<SplitBytes> read_cifar(const std::vector<fs::path>& files, CifarLabels labels,
                              const DatasetFacts& facts) {
  SplitBytes split{32, 32, 3, {}, {}};
  for (const auto& path : files)
    SPIN_TRY(append_file(path, static_cast<std::size_t>(labels), facts.classes, split));
  return split;
}

}  // namespace spin
