#include "schema/data/dataset_files.h"

#include <system_error>
#include <utility>

#include "schema/data/folder_listing.h"
#include "schema/data/packed_file.h"

namespace spin {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string_view>;

Error nothing_found(const KnownDataset& known, const std::vector<fs::path>& folders, std::string_view file) {
  std::string looked_in;
  for (const auto& folder : folders) looked_in += (looked_in.empty() ? "" : " and ") + folder.string();
  return {ErrorCode::not_found, "data set " + std::string(known.name) + ": no " + std::string(file) +
                                    "[.gz] in " + looked_in + " (" + folders.back().string() + ": " +
                                    what_is_there(folders.back()) + "); " + std::string(known.advice)};
}

Result<std::vector<fs::path>> find_all(const KnownDataset& known, const fs::path& folder,
                                       const Names& names) {
  std::vector<fs::path> paths;
  for (const auto name : names) {
    SPIN_ASSIGN(auto path, find_maybe_gzip(folder, name));
    if (!path) return nothing_found(known, {folder}, name);
    paths.push_back(std::move(*path));
  }
  return paths;
}

}  // namespace

Result<DatasetFiles> find_dataset_files(const KnownDataset& known, const fs::path& folder,
                                        const fs::path& root) {
  const auto places = data_folders(folder, root);
  if (places.empty())
    return Error{ErrorCode::not_found, "data set " + std::string(known.name) + ": no folder was named; " +
                                           std::string(known.advice)};
  // The folder of its name first: beside it, files of another data set may carry the same names.
  std::vector<fs::path> folders;
  for (const auto& place : places) {
    for (const auto subfolder : known.subfolders) folders.push_back(place / subfolder);
    folders.push_back(place);
  }
  for (const auto& candidate : folders) {
    SPIN_ASSIGN(const auto first, find_maybe_gzip(candidate, known.train.front()));
    if (!first) continue;
    DatasetFiles files;
    SPIN_ASSIGN(files.train, find_all(known, candidate, known.train));
    SPIN_ASSIGN(files.eval, find_all(known, candidate, known.eval));
    return files;
  }
  return nothing_found(known, folders, known.train.front());
}

std::string disk_state(const DatasetFiles& files) {
  std::string text;
  for (const auto* paths : {&files.train, &files.eval})
    for (const auto& path : *paths) {
      std::error_code ignored;
      text += path.string() + ' ' + std::to_string(fs::file_size(path, ignored)) + ' ' +
              std::to_string(fs::last_write_time(path, ignored).time_since_epoch().count()) + '\n';
    }
  return text;
}

}  // namespace spin
