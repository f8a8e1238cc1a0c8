#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "server/store/artifacts.h"

namespace spin {

/// Uploads the bytes in one part; a failure fails the test.
ArtifactId store_artifact(ArtifactStore& store, const std::string& bytes);

/// Puts a file there behind the back of the store.
ArtifactId place_file(const std::filesystem::path& folder, const std::string& bytes);

/// As if the artifact had been written so long ago.
void age_file(const std::filesystem::path& folder, const ArtifactId& id, std::chrono::hours age);

bool has_file(const std::filesystem::path& folder, const ArtifactId& id);

}  // namespace spin
