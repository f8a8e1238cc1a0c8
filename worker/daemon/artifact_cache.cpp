#include "worker/daemon/artifact_cache.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "schema/base/sha256.h"

namespace spin::daemon {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPartial = ".partial";

Error failure(const fs::path& path, const std::error_code& error) {
  ErrorCode code = ErrorCode::internal;
  if (error == std::errc::no_such_file_or_directory) code = ErrorCode::not_found;
  const bool is_full =
      error == std::errc::no_space_on_device || error.value() == EDQUOT || error.value() == EFBIG;
  if (is_full) code = ErrorCode::resource_exhausted;
  return {code, path.string() + ": " + error.message()};
}

}  // namespace

Status link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::remove(to, error);
  fs::create_hard_link(from, to, error);
  if (!error) return {};
  fs::copy_file(from, to, fs::copy_options::overwrite_existing, error);
  return error ? Status(failure(from, error)) : Status();
}

Result<std::unique_ptr<ArtifactCache>> ArtifactCache::open(const fs::path& folder, std::int64_t limit_bytes) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return failure(folder, error);
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().extension() == kPartial) fs::remove(entry->path(), ignored);
  }
  if (error) return failure(folder, error);
  std::unique_ptr<ArtifactCache> cache(new ArtifactCache(folder, limit_bytes));
  cache->evict({});
  return cache;
}

fs::path ArtifactCache::partial(const ArtifactId& id, std::uint64_t number) const {
  return folder_ / (id.hex() + "." + std::to_string(number) + kPartial);
}

Status ArtifactCache::take(const ArtifactId& id, const fs::path& target) {
  const fs::path file = folder_ / id.hex();
  {
    const std::lock_guard lock(mutex_);
    SPIN_TRY(link_or_copy(file, target));
  }
  std::error_code ignored;
  const auto digest = sha256_file(target);
  if (digest.ok() && *digest == id.digest) {
    fs::last_write_time(file, fs::file_time_type::clock::now(), ignored);
    return {};
  }
  fs::remove(file, ignored);
  fs::remove(target, ignored);
  return Error{ErrorCode::not_found, file.string() + ": its bytes were not those of its name"};
}

Status ArtifactCache::put(const ArtifactId& id, const fs::path& file) {
  const std::lock_guard lock(mutex_);
  const fs::path kept = folder_ / id.hex();
  SPIN_TRY(link_or_copy(file, kept));
  std::error_code ignored;
  fs::last_write_time(kept, fs::file_time_type::clock::now(), ignored);
  evict(kept);
  return {};
}

void ArtifactCache::evict(const fs::path& keep) {
  struct Entry {
    fs::file_time_type used;
    fs::path path;
    std::int64_t bytes = 0;
  };
  std::vector<Entry> entries;
  std::int64_t total = 0;
  std::error_code error;
  // Incremented by hand, since a ++ that fails throws, and nobody catches that on a thread of Transfers.
  for (fs::directory_iterator file(folder_, error), end; !error && file != end; file.increment(error)) {
    if (file->path().extension() == kPartial || file->path() == keep) continue;
    std::error_code gone;
    const auto used = file->last_write_time(gone);
    const auto bytes = static_cast<std::int64_t>(file->file_size(gone));
    if (gone) continue;
    entries.push_back({used, file->path(), bytes});
    total += bytes;
  }
  if (!keep.empty()) total += static_cast<std::int64_t>(fs::file_size(keep, error));
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const auto& entry : entries) {
    if (total <= limit_bytes_) return;
    if (fs::remove(entry.path, error)) total -= entry.bytes;
  }
}

}  // namespace spin::daemon
