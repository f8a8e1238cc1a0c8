#include "client/commands/class_count.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "schema/base/file.h"
#include "schema/design/system_names.h"
#include "schema/sweep/sweep_data.h"

namespace spin::cli {
namespace {

namespace fs = std::filesystem;

Error needed(const SweepFile& sweep, const std::string& why) {
  return {ErrorCode::invalid_argument,
          fmt::format("{}: dataset.classes is needed: {}; give the number of class "
                      "folders in FOLDER/train, such as --set dataset.classes=10",
                      sweep.file, why)};
}

/// As the trainer counts them.
std::int64_t class_folders(const fs::path& train, std::error_code& error) {
  std::int64_t count = 0;
  for (fs::directory_iterator entry(train, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;
    count += entry->is_directory(unknown) && !is_system_name(entry->path().filename().string());
    if (!unknown || is_absence(unknown)) continue;
    error = unknown;  // it may be a class
    break;
  }
  return count;
}

}  // namespace

Status count_classes(SweepFile& sweep) {
  const auto root = folder_without_classes(sweep);
  if (!root) return {};
  if (root->empty()) return needed(sweep, "no dataset.root says where the images lie");
  if (!fs::path(*root).is_absolute()) return {};  // refused by file and line where the settings are checked
  std::error_code error;
  if (!fs::is_directory(*root, error)) return needed(sweep, *root + " is not on this host");
  const auto train = fs::path(*root) / "train";
  const auto classes = class_folders(train, error);
  if (error) return needed(sweep, fmt::format("{}: {}", train.string(), error.message()));
  if (classes == 0) return needed(sweep, train.string() + " holds no class folders");
  sweep.overrides.push_back({"dataset.classes", std::to_string(classes)});
  return {};
}

}  // namespace spin::cli
