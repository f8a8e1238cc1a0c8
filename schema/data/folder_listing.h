#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "schema/base/result.h"

namespace spin {

/// Where the data of a job may lie, the first choice first: in `folder`, which was named on this host, the
/// folder of `root`'s name, then `folder` itself; then `root`, which the job names. Without those that are
/// empty.
std::vector<std::filesystem::path> data_folders(const std::filesystem::path& folder,
                                                const std::filesystem::path& root);

/// Where the image folder lies: of `folder` its subfolder named as `root` or as the data set, or itself; then
/// `root`. The first that has a folder `train`; where none has, `folder`, or `root` where that is empty.
/// internal where that cannot be found out.
Result<std::filesystem::path> find_image_folder(const std::string& dataset,
                                                const std::filesystem::path& folder,
                                                const std::filesystem::path& root);

/// The folders in an image folder that may hold the evaluation images, the one that does first.
Result<std::vector<std::filesystem::path>> eval_folders(const std::filesystem::path& folder);

/// not_found where is_absence() says so, else internal: a job that fails with it is tried again.
Error cannot_read(const std::filesystem::path& path, const std::error_code& error);

/// What there is of that name: file_type::not_found also where this process may not look; internal where a
/// file system gives an error that may pass.
Result<std::filesystem::file_type> type_of(const std::filesystem::path& path);
/// Whether type_of() is a folder.
Result<bool> is_folder(const std::filesystem::path& path);

/// What lies in a split of an image folder and is no image of it.
struct PassedOver {
  std::map<std::string, std::int64_t> system;  ///< folders of file systems and tools, and how often they came
  std::map<std::string, std::int64_t> files;   ///< other files by the end of their name, as ".webp"
  std::map<std::string, std::int64_t> nested;  ///< folders within class folders, as "cat/2023"
};

/// Names of the folders in `folder`, sorted, but for those of is_system_name. Errors of cannot_read().
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
