#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/base/ids.h"
#include "schema/base/result.h"
#include "server/core/changes.h"
#include "server/store/artifacts.h"
#include "server/store/database.h"

namespace spin {

struct GarbagePolicy {
  /// An artifact that no job names is kept for so long after it was stored, or asked for last: a report that
  /// names it may be on its way.
  std::chrono::milliseconds unreferenced_grace = std::chrono::hours(1);
  /// So long is a file kept that the database does not know, as of an upload whose report a worker still
  /// holds.
  std::chrono::milliseconds stray_grace = std::chrono::days(7);
  bool operator==(const GarbagePolicy&) const = default;
};

struct GarbageReport {
  std::int64_t artifacts =
      0;  ///< that no job named; their rows are gone, and their files unless asked for meanwhile
  std::int64_t strays = 0;   ///< files that the database did not know
  std::int64_t uploads = 0;  ///< unfinished, that nobody went on with
  std::int64_t bytes = 0;    ///< of the files that were removed, without unfinished uploads
  std::int64_t failures =
      0;  ///< files and folders that the system did not let go or show; a later pass tries again
  std::string failure;    ///< the first of them
  bool complete = false;  ///< false: the store was closed before the end
};

/// What to tell where the database knows no sweep and there are files of artifacts, which are those of
/// another database: how many there are, when a pass removes them, and what keeps them. Empty where there are
/// none.
Result<std::string> warn_of_lost_database(const ArtifactStore& artifacts, const GarbagePolicy& policy);

/// One pass over artifacts that nothing needs, in steps that are short enough to stand between two commits.
/// Used by the only thread that writes to the database, so that no job begins to name an artifact between the
/// look at its row and the removal of its file. A crash in between leaves a file without a row, which a later
/// pass removes.
class GarbageCollector {
 public:
  /// Database and artifacts outlive the collector. `now_ms`: wall clock, Unix.
  static Result<GarbageCollector> make(Database& database, ArtifactStore& artifacts,
                                       const GarbagePolicy& policy, std::int64_t now_ms);

  /// False once nothing is left to do. An error is one of the database.
  Result<bool> step();
  [[nodiscard]] const GarbageReport& report() const { return report_; }

 private:
  GarbageCollector(Database& database, ArtifactStore& artifacts)
      : database_(&database), artifacts_(&artifacts) {}
  /// A file that is to go, where it was neither written nor asked for since, and no row names it again.
  struct Doomed {
    ArtifactId id;
    std::int64_t before_ms = 0;
    bool stray = false;
  };
  Result<std::vector<ArtifactId>> find_unreferenced();
  Status remove_unreferenced();
  Status find_strays(int folder);
  Status remove_some_files();
  Result<bool> is_known(const ArtifactId& id);
  void note_failure(const Error& error);

  Database* database_;
  ArtifactStore* artifacts_;
  Statement scan_, delete_, is_known_;
  std::int64_t unreferenced_before_ms_ = 0, stray_before_ms_ = 0;
  std::optional<Digest> last_;  ///< row that was looked at last
  bool rows_done_ = false;
  int next_folder_ = 0;
  std::vector<Doomed> doomed_;
  GarbageReport report_;
};

}  // namespace spin
