#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/design/dataset.h"

namespace spin {

/// The files of a data set that consists of a few.
struct DatasetFiles {
  std::vector<std::filesystem::path> train;
  std::vector<std::filesystem::path> eval;
};

/// The files of a data set whose format has a few. Looks in each of data_folders(folder, root): in its
/// subfolders of the names that the data set's archives and PyTorch give them, then in itself; plain or with
/// .gz. not_found says where it looked and how to get the files.
Result<DatasetFiles> find_dataset_files(const KnownDataset& known, const std::filesystem::path& folder,
                                        const std::filesystem::path& root);

/// Names the files and the state they are in on this disk: another text where one has changed.
std::string disk_state(const DatasetFiles& files);

}  // namespace spin
