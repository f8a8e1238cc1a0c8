#include "schema/data/data_state.h"

#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "schema/base/portable_sha256.h"
#include "schema/data/dataset_files.h"
#include "schema/data/folder_listing.h"
#include "schema/data/packed_file.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFingerprintDigits = 32;  // 128 of the 256 bits

std::string fingerprint_of(std::string_view title, std::string_view text) {
  std::string whole = "spin-data-v1\n";
  (whole += title) += '\n';
  return to_hex(portable_sha256(whole += text)).substr(0, kFingerprintDigits);
}

/// "55.0 MB"
std::string readable(std::int64_t bytes) {
  constexpr const char* kUnits[] = {"bytes", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < std::size(kUnits); ++unit) value /= 1000;
  char text[32] = {};
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text;
}

/// Without the .gz of a packed file.
std::string plain_name(const fs::path& path) {
  return (path.extension() == ".gz" ? path.stem() : path.filename()).string();
}

Result<DataState> state_of_files(const std::string& name, const DatasetFiles& files) {
  std::string text;
  std::int64_t bytes = 0, count = 0;
  for (const auto* paths : {&files.train, &files.eval})
    for (const auto& path : *paths) {
      SPIN_ASSIGN(const auto mark, mark_content(path));
      text += plain_name(path) + ' ' + std::to_string(mark.bytes) + ' ' + std::to_string(mark.crc32) + '\n';
      bytes += mark.bytes;
      ++count;
    }
  return DataState{fingerprint_of(name, text), std::to_string(count) + " files of " + readable(bytes)};
}

/// A split of an image folder: class by class the names of its images, sorted.
struct ListedNames {
  fs::path folder;
  std::vector<std::pair<std::string, std::vector<std::string>>> classes;
  std::size_t images = 0;
};

Result<ListedNames> list_names(const fs::path& folder, const std::stop_token& stop) {
  ListedNames split{folder, {}, 0};
  PassedOver ignored;
  SPIN_ASSIGN(auto classes, list_classes(folder, ignored));
  for (auto& name : classes) {
    if (stop.stop_requested())
      return Error{ErrorCode::failed_precondition, "nobody waits for this listing any more"};
    SPIN_ASSIGN(auto images, list_images(folder / name, ignored));
    split.images += images.size();
    split.classes.emplace_back(std::move(name), std::move(images));
  }
  return split;
}

/// Adds the sizes of every `stride`-th image. A text of one line a class, whatever the number of images.
Result<std::string> describe_split(const ListedNames& split, std::string_view role, std::size_t stride,
                                   std::int64_t& bytes, const std::stop_token& stop) {
  std::string text;
  std::size_t number = 0;
  for (const auto& [name, images] : split.classes) {
    if (stop.stop_requested())
      return Error{ErrorCode::failed_precondition, "nobody waits for these sizes any more"};
    std::string lines;
    for (const auto& image : images) {
      lines += image;
      if (number++ % stride == 0) {
        std::error_code unknown;  // a link that leads nowhere; who reads it says so
        const auto size = fs::file_size(split.folder / name / image, unknown);
        (lines += '\0') += unknown ? "?" : std::to_string(size);
        if (!unknown) bytes += static_cast<std::int64_t>(size);
      }
      lines += '\0';
    }
    ((text += role) += '/') += name;
    (text += '\0') += to_hex(portable_sha256(lines)) + '\n';
  }
  return text;
}

Result<DataState> state_of_folder(const Dataset& dataset, const fs::path& folder,
                                  const std::stop_token& stop) {
  SPIN_ASSIGN(const auto evals, eval_folders(folder));
  if (evals.empty())
    return Error{ErrorCode::not_found, folder.string() + " holds no images that judge, in val or test"};
  SPIN_ASSIGN(const auto train, list_names(folder / "train", stop));
  SPIN_ASSIGN(const auto eval, list_names(evals.front(), stop));
  const std::size_t stride = (train.images + eval.images) / kSizedImages + 1;
  std::int64_t bytes = 0;
  SPIN_ASSIGN(auto text, describe_split(train, "train", stride, bytes, stop));
  SPIN_ASSIGN(const auto eval_text, describe_split(eval, "eval", stride, bytes, stop));
  text += eval_text;
  auto summary = std::to_string(train.images) + " + " + std::to_string(eval.images) + " images of " +
                 std::to_string(train.classes.size()) + " classes";
  if (stride == 1) summary += ", " + readable(bytes);
  return DataState{fingerprint_of(dataset.name, text), std::move(summary)};
}

}  // namespace

Result<DataState> data_state(const Dataset& dataset, const fs::path& folder, const std::stop_token& stop) {
  const auto* known = find_dataset(dataset.name);
  if (known == nullptr || known->format == DatasetFormat::synthetic) return DataState{};
  if (known->format == DatasetFormat::image_folder) {
    SPIN_ASSIGN(const auto path, find_image_folder(dataset.name, folder, dataset.root));
    return state_of_folder(dataset, path, stop);
  }
  const bool is_named = !folder.empty() || !dataset.root.empty();
  SPIN_ASSIGN(const auto files, find_dataset_files(*known, folder,
                                                   is_named ? fs::path(dataset.root)
                                                            : fs::path(default_dataset_root(dataset.name))));
  return state_of_files(dataset.name, files);
}

}  // namespace spin
