#include "server/store/garbage.h"

#include <algorithm>
#include <vector>

#include "server/store/artifact_files.h"

namespace spin {
namespace {

/// Rows that one step looks at, and those that it removes at most.
constexpr int kRowsPerStep = 4096;
constexpr std::size_t kRemovedPerStep = 256;
/// The system may take a while to free a large file.
constexpr int kFilesPerStep = 16;

// ?1 hash after which to go on, ?2 time before which an artifact is old, ?3 rows
constexpr char kScan[] =
    "SELECT a.hash, a.stored_at_ms < ?2 AND NOT EXISTS (SELECT 1 FROM job_artifact ja WHERE ja.artifact = "
    "a.hash)"
    " FROM artifact a WHERE a.hash > coalesce(?1, x'') ORDER BY a.hash LIMIT ?3";
constexpr char kDelete[] = "DELETE FROM artifact WHERE hash = ?1";
constexpr char kIsKnown[] = "SELECT count(*) FROM artifact WHERE hash = ?1";

Result<std::int64_t> count_artifacts(const ArtifactStore& artifacts) {
  std::int64_t count = 0;
  for (int folder = 0; folder < kArtifactFolders; ++folder) {
    SPIN_ASSIGN(const auto files, files_of(artifact_folder(artifacts.folder(), folder)));
    count += std::ranges::count_if(files, [](const ArtifactFile& file) { return file.id.has_value(); });
  }
  return count;
}

}  // namespace

Result<std::string> warn_of_lost_database(const ArtifactStore& artifacts, const GarbagePolicy& policy) {
  SPIN_ASSIGN(const auto count, count_artifacts(artifacts));
  if (count == 0) return std::string();
  const auto days = std::chrono::ceil<std::chrono::days>(policy.stray_grace).count();
  return "the database is new, but the artifact folder " + artifacts.folder().string() + " holds " +
         std::to_string(count) + (count == 1 ? " file" : " files") +
         " of another one: they will be removed when spind has run for " + std::to_string(days) +
         " days, unless it is stopped and the database that they belong to is put back (spind restore)";
}

Result<GarbageCollector> GarbageCollector::make(Database& database, ArtifactStore& artifacts,
                                                const GarbagePolicy& policy, std::int64_t now_ms) {
  GarbageCollector collector(database, artifacts);
  SPIN_ASSIGN(collector.scan_, database.prepare(kScan));
  SPIN_ASSIGN(collector.delete_, database.prepare(kDelete));
  SPIN_ASSIGN(collector.is_known_, database.prepare(kIsKnown));
  collector.unreferenced_before_ms_ = now_ms - policy.unreferenced_grace.count();
  collector.stray_before_ms_ = now_ms - policy.stray_grace.count();
  return collector;
}

Result<bool> GarbageCollector::step() {
  if (!doomed_.empty()) {
    SPIN_TRY(remove_some_files());
    return true;
  }
  if (!rows_done_) {
    SPIN_TRY(remove_unreferenced());
    return true;
  }
  if (next_folder_ < kArtifactFolders) {
    SPIN_TRY(find_strays(next_folder_++));
    return true;
  }
  const auto uploads = artifacts_->remove_forgotten_uploads();
  if (uploads.ok()) {
    report_.uploads = *uploads;
  } else {
    note_failure(uploads.error());
  }
  report_.complete = true;
  return false;
}

Result<std::vector<ArtifactId>> GarbageCollector::find_unreferenced() {
  std::vector<ArtifactId> found;
  auto rows = scan_.query(last_, unreferenced_before_ms_, kRowsPerStep);
  int seen = 0;
  while (found.size() < kRemovedPerStep && rows.next()) {
    ++seen;
    last_ = rows.digest(0);
    if (rows.integer(1) != 0) found.push_back({*last_});
  }
  SPIN_TRY(rows.status());
  rows_done_ = seen < kRowsPerStep && found.size() < kRemovedPerStep;
  return found;
}

Status GarbageCollector::remove_unreferenced() {
  SPIN_ASSIGN(const auto found, find_unreferenced());
  if (found.empty()) return {};
  SPIN_ASSIGN(auto transaction, Transaction::begin(*database_, Transaction::Kind::write));
  for (const auto& id : found) SPIN_TRY(delete_.run(id.digest));
  SPIN_TRY(transaction.commit());
  report_.artifacts += std::ssize(found);
  for (const auto& id : found) doomed_.push_back({id, unreferenced_before_ms_, false});
  return {};
}

Status GarbageCollector::find_strays(int folder) {
  const auto files = files_of(artifact_folder(artifacts_->folder(), folder));
  if (!files.ok()) {
    note_failure(files.error());
    return {};
  }
  for (const auto& file : *files) {
    if (!file.id || file.written_at_ms >= stray_before_ms_) continue;
    SPIN_ASSIGN(const bool known, is_known(*file.id));
    if (!known) doomed_.push_back({*file.id, stray_before_ms_, true});
  }
  return {};
}

Status GarbageCollector::remove_some_files() {
  for (int count = 0; count < kFilesPerStep && !doomed_.empty(); ++count) {
    const auto file = doomed_.back();
    doomed_.pop_back();
    SPIN_ASSIGN(const bool known, is_known(file.id));
    if (known) continue;
    const auto bytes = artifacts_->remove_older(file.id, file.before_ms);
    if (!bytes.ok()) note_failure(bytes.error());
    if (!bytes.ok() || !bytes->has_value()) continue;
    report_.bytes += **bytes;
    report_.strays += file.stray ? 1 : 0;
  }
  return {};
}

Result<bool> GarbageCollector::is_known(const ArtifactId& id) {
  auto rows = is_known_.query(id.digest);
  const bool known = rows.next() && rows.integer(0) != 0;
  SPIN_TRY(rows.status());
  return known;
}

void GarbageCollector::note_failure(const Error& error) {
  if (report_.failures++ == 0) report_.failure = error.message;
}

}  // namespace spin
