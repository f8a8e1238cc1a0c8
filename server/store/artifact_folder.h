#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <set>

#include "schema/base/ids.h"
#include "schema/base/result.h"
#include "server/store/artifact_files.h"
#include "server/store/artifacts.h"

namespace spin {

/// What an ArtifactStore and its uploads share.
struct ArtifactStore::State {
  State(std::filesystem::path path, std::uint64_t reserve)
      : folder(std::move(path)), reserve_bytes(reserve) {}
  [[nodiscard]] std::filesystem::path incoming(const ArtifactId& id) const {
    return incoming_folder(folder) / id.hex();
  }
  [[nodiscard]] std::filesystem::path complete(const ArtifactId& id) const {
    return path_of_artifact(folder, id);
  }
  /// resource_exhausted with what is needed and what is free.
  [[nodiscard]] Error full(std::int64_t needed_bytes) const;
  /// Ok where so many more bytes leave the reserve of the disk free.
  [[nodiscard]] Status check_free(std::int64_t needed_bytes) const;
  /// "artifact FOLDER/..: reason of the system".
  [[nodiscard]] static Error failure(const std::filesystem::path& path, int error_number);

  const std::filesystem::path folder;
  const std::uint64_t reserve_bytes;
  bool is_read_only = false;  ///< constant from the beginning on
  /// Also held from the look at a complete file to what follows from it: that it is kept, or removed.
  std::mutex mutex;
  std::set<ArtifactId> uploading;  ///< behind mutex
};

}  // namespace spin
