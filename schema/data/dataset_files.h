#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace spin {

/// The files of a data set that consists of a few.
struct DatasetFiles {
  std::vector<std::filesystem::path> train;
  std::vector<std::filesystem::path> eval;
};

/// mnist and fashion-mnist: images, labels. cifar10, cifar100: the binary version's batches. Looks in each of
/// data_folders(folder, root): in its subfolders of the names that the data set's archives and PyTorch give
/// them, then in itself; plain or with .gz. not_found says where it looked and how to get the files;
/// unsupported for other names.
Result<DatasetFiles> find_dataset_files(std::string_view name, const std::filesystem::path& folder,
                                        const std::filesystem::path& root);

/// Names the files and the state they are in on this disk: another text where one has changed.
std::string disk_state(const DatasetFiles& files);

}  // namespace spin
