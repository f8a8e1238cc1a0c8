#include "server/store/artifact_files.h"

#include <system_error>

#include <sys/stat.h>

#include "schema/base/hex.h"
#include "server/store/database_files.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

}  // namespace

fs::path path_of_artifact(const fs::path& folder, const ArtifactId& id) {
  return artifact_folder(folder, id.digest.bytes[0]) / id.hex();
}

fs::path incoming_folder(const fs::path& folder) { return folder / "incoming"; }

fs::path artifact_folder(const fs::path& folder, int index) {
  return folder / hex_digits(static_cast<std::uint64_t>(index), 2);
}

Result<std::vector<ArtifactFile>> files_of(const fs::path& folder) {
  std::vector<ArtifactFile> files;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error == std::errc::no_such_file_or_directory) return files;
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    struct ::stat status {};
    if (::stat(entries->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    ArtifactFile file{entries->path().filename(),
                      {},
                      status.st_size,
                      std::int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000};
    if (const auto digest = digest_from_hex(file.name); digest.ok() && to_hex(*digest) == file.name) {
      file.id = ArtifactId{*digest};
    }
    files.push_back(std::move(file));
  }
  if (error) return system_failure(folder, error.value());
  return files;
}

}  // namespace spin
