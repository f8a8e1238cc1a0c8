#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "schema/base/result.h"

namespace spin {

/// What lies in a split of an image folder and is no image of it.
struct PassedOver {
  std::map<std::string, std::int64_t> system;  ///< folders of file systems and tools, and how often they came
  std::map<std::string, std::int64_t> files;   ///< other files by the end of their name, as ".webp"
  std::map<std::string, std::int64_t> nested;  ///< folders within class folders, as "cat/2023"
};

/// Names of the folders in `folder`, sorted, but for those of is_system_name. not_found where it cannot be
/// listed.
Result<std::vector<std::string>> list_classes(const std::filesystem::path& folder, PassedOver& passed_over);

/// Names of the entries of a class folder that end as those of pictures do (.jpg, .jpeg, .png), sorted. What
/// is no folder is taken: who reads it finds out whether it is a picture.
Result<std::vector<std::string>> list_images(const std::filesystem::path& folder, PassedOver& passed_over);

/// A line for each kind of thing that was passed over in `split`.
std::vector<std::string> describe(const PassedOver& passed_over, const std::filesystem::path& split);

/// For the message of a folder in which something was not found: what is there instead, or how much of its
/// path exists.
std::string what_is_there(const std::filesystem::path& folder);

}  // namespace spin
