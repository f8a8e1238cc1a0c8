#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <set>

#include "schema/base/ids.h"
#include "schema/base/result.h"
#include "server/store/artifacts.h"

namespace spin {

/// What an ArtifactStore and its uploads share.
struct ArtifactStore::State {
  explicit State(std::filesystem::path path) : folder(std::move(path)) {}
  [[nodiscard]] std::filesystem::path incoming() const { return folder / "incoming"; }
  [[nodiscard]] std::filesystem::path incoming(const ArtifactId& id) const { return incoming() / id.hex(); }
  [[nodiscard]] std::filesystem::path complete(const ArtifactId& id) const {
    const auto hex = id.hex();
    return folder / hex.substr(0, 2) / hex;
  }
  /// resource_exhausted with what is needed and what is free.
  [[nodiscard]] Error full(std::int64_t needed_bytes) const;
  /// Ok where so many more bytes fit.
  [[nodiscard]] Status check_free(std::int64_t needed_bytes) const;
  /// "artifact FOLDER/..: reason of the system".
  [[nodiscard]] static Error failure(const std::filesystem::path& path, int error_number);

  const std::filesystem::path folder;
  std::mutex mutex;
  std::set<ArtifactId> uploading;  ///< behind mutex
};

}  // namespace spin
