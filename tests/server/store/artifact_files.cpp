#include "tests/server/store/artifact_files.h"

#include <fstream>

#include "server/store/artifact_files.h"
#include "tests/server/store/fixture.h"

namespace spin {

namespace fs = std::filesystem;

ArtifactId store_artifact(ArtifactStore& store, const std::string& bytes) {
  const auto id = artifact_id_of(bytes);
  const auto upload = value_of(store.upload(id, std::ssize(bytes)));
  EXPECT_TRUE(upload->append(0, bytes).ok());
  EXPECT_TRUE(upload->finish().ok());
  return id;
}

ArtifactId place_file(const fs::path& folder, const std::string& bytes) {
  const auto id = artifact_id_of(bytes);
  fs::create_directories(path_of_artifact(folder, id).parent_path());
  std::ofstream(path_of_artifact(folder, id), std::ios::binary) << bytes;
  return id;
}

void age_file(const fs::path& folder, const ArtifactId& id, std::chrono::hours age) {
  fs::last_write_time(path_of_artifact(folder, id), fs::file_time_type::clock::now() - age);
}

bool has_file(const fs::path& folder, const ArtifactId& id) {
  return fs::exists(path_of_artifact(folder, id));
}

}  // namespace spin
