#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "schema/base/ids.h"
#include "schema/base/result.h"

namespace spin {

/// A file of an artifact folder.
struct ArtifactFile {
  std::string name;
  std::optional<ArtifactId> id;  ///< none where the name is not that of an artifact
  std::int64_t bytes = 0;
  std::int64_t written_at_ms = 0;  ///< Unix
};

/// Where the artifact lies once it is complete: FOLDER/ab/abcdef...
std::filesystem::path path_of_artifact(const std::filesystem::path& folder, const ArtifactId& id);
/// Unfinished uploads.
std::filesystem::path incoming_folder(const std::filesystem::path& folder);
/// Number of folders that artifacts are spread over.
inline constexpr int kArtifactFolders = 256;
/// The `index`th of them.
std::filesystem::path artifact_folder(const std::filesystem::path& folder, int index);

/// Files of one folder, in no order; none where it is not there. A file that goes meanwhile is left out.
Result<std::vector<ArtifactFile>> files_of(const std::filesystem::path& folder);

}  // namespace spin
