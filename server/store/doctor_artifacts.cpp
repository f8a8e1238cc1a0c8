#include <chrono>
#include <vector>

#include <sys/stat.h>

#include "schema/base/sha256.h"
#include "server/store/artifact_files.h"
#include "server/store/doctor_checks.h"
#include "server/store/garbage.h"

namespace spin::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRowsPerPage = 1000;
/// Names that a result shows.
constexpr std::int64_t kExamples = 3;
constexpr std::int64_t kForgottenMs = std::int64_t{24} * 3600 * 1000;

// ?1 hash after which the page begins, ?2 rows
constexpr char kPage[] =
    "SELECT a.hash, a.bytes, EXISTS (SELECT 1 FROM job_artifact ja WHERE ja.artifact = a.hash) FROM artifact "
    "a"
    " WHERE a.hash > coalesce(?1, x'') ORDER BY a.hash LIMIT ?2";
constexpr char kArtifactIsKnown[] = "SELECT count(*) FROM artifact WHERE hash = ?1";

struct Row {
  ArtifactId id;
  std::int64_t bytes = 0;
  bool needed = false;  ///< by a job
};

/// Pages of their own, so that no old snapshot is held while files are read.
Result<std::vector<Row>> next_page(Statement& page, const std::optional<Digest>& after) {
  std::vector<Row> found;
  auto rows = page.query(after, kRowsPerPage);
  while (rows.next()) found.push_back({ArtifactId{rows.digest(0)}, rows.integer(1), rows.integer(2) != 0});
  SPIN_TRY(rows.status());
  return found;
}

Result<bool> is_known(Statement& statement, const ArtifactId& id) {
  auto rows = statement.query(id.digest);
  const bool known = rows.next() && rows.integer(0) != 0;
  SPIN_TRY(rows.status());
  return known;
}

/// Artifacts of one fault.
struct Faults {
  std::int64_t count = 0;
  std::string examples;
  void add(const std::string& name) {
    if (count++ < kExamples) examples += (examples.empty() ? "" : ", ") + name;
  }
  [[nodiscard]] std::string text(const std::string& what) const {
    if (count == 0) return "";
    return "; " + counted(count, "artifact") + " " + what + " (" + examples +
           (count > kExamples ? ", ..." : "") + ")";
  }
};

class ArtifactCheck {
 public:
  explicit ArtifactCheck(const DoctorInput& input) : input_(input) {}

  Result<CheckRow> run(Database& database) {
    SPIN_ASSIGN(auto page, database.prepare(kPage));
    SPIN_ASSIGN(is_known_, database.prepare(kArtifactIsKnown));
    std::optional<Digest> last;
    for (;;) {
      SPIN_ASSIGN(const auto rows, next_page(page, last));
      for (const auto& row : rows) {
        if (!input_.go_on()) return Error{ErrorCode::unavailable, "broken off"};
        SPIN_TRY(look_at(row));
        last = row.id.digest;
      }
      if (std::ssize(rows) < kRowsPerPage) return result();
    }
  }

 private:
  Status look_at(const Row& row) {
    ++count_;
    const auto path = path_of_artifact(input_.artifacts, row.id);
    struct ::stat file {};
    if (::stat(path.c_str(), &file) != 0) return look_at_missing(row);
    if (file.st_size != row.bytes) {
      resized_.add(row.id.short_hex());
    } else if (input_.deep) {
      const auto digest = sha256_file(path);
      if (!digest.ok()) {
        unreadable_.add(row.id.short_hex());
      } else if (*digest != row.id.digest) {
        changed_.add(row.id.short_hex());
      }
    }
    return {};
  }

  /// Garbage collection may have taken row and file since the page was read.
  Status look_at_missing(const Row& row) {
    SPIN_ASSIGN(const bool still_known, is_known(is_known_, row.id));
    if (still_known) (row.needed ? missing_ : missing_unneeded_).add(row.id.short_hex());
    return {};
  }

  [[nodiscard]] CheckRow result() const {
    CheckRow result;
    result.found = counted(count_, "artifact") + (input_.deep ? ", all of them read" : ", not read") +
                   missing_.text("that a job needs have no file") +
                   missing_unneeded_.text("that no job needs have no file") +
                   resized_.text("have a file of another size") +
                   changed_.text("have other bytes than their hash says") +
                   unreadable_.text("cannot be read");
    if (missing_.count + resized_.count + changed_.count + unreadable_.count > 0) {
      result.state = CheckState::failed;
      result.advice =
          "put the files back from a copy of the folder; a job whose checkpoint is gone begins anew, one "
          "that "
          "starts from a model that is gone fails and names it";
    } else if (missing_unneeded_.count > 0) {
      result.state = CheckState::warning;
      result.advice = "nothing is lost; garbage collection removes the rows";
    }
    return result;
  }

  const DoctorInput& input_;
  Statement is_known_;
  std::int64_t count_ = 0;
  Faults missing_, missing_unneeded_, resized_, changed_, unreadable_;
};

}  // namespace

Result<CheckRow> check_artifacts(Database& database, const DoctorInput& input) {
  return ArtifactCheck(input).run(database);
}

Result<CheckRow> check_strays(Database& database, const DoctorInput& input) {
  SPIN_ASSIGN(auto statement, database.prepare(kArtifactIsKnown));
  const auto grace = GarbagePolicy().unreferenced_grace;
  const auto old_ms = input.now_ms - grace.count();
  std::int64_t strays = 0, young = 0, foreign = 0;
  std::uint64_t bytes = 0;
  for (int folder = 0; folder < kArtifactFolders; ++folder) {
    SPIN_ASSIGN(const auto files, files_of(artifact_folder(input.artifacts, folder)));
    for (const auto& file : files) {
      if (!file.id) {
        ++foreign;
      } else {
        SPIN_ASSIGN(const bool known, is_known(statement, *file.id));
        if (known) continue;
        const bool is_old = file.written_at_ms < old_ms;
        ++(is_old ? strays : young);
        if (is_old) bytes += static_cast<std::uint64_t>(file.bytes);
      }
    }
  }
  CheckRow result{"", CheckState::ok, "every file is that of an artifact", ""};
  if (young > 0)  // The report that names such a file may be on its way.
    result.found = counted(young, "file") + " that no job names, younger than " +
                   counted(std::chrono::duration_cast<std::chrono::hours>(grace).count(), "hour");
  if (strays + foreign == 0) return result;
  result.state = CheckState::warning;
  result.found = counted(strays, "file") + " with " + readable_bytes(bytes) +
                 " that the database does not know, " + counted(foreign, "file") + " of another program";
  result.advice = "files that the database does not know are removed after a week; move other files out of " +
                  input.artifacts.string();
  return result;
}

Result<CheckRow> check_uploads(const DoctorInput& input) {
  SPIN_ASSIGN(const auto files, files_of(incoming_folder(input.artifacts)));
  std::int64_t forgotten = 0;
  std::uint64_t bytes = 0;
  for (const auto& file : files) {
    if (file.written_at_ms < input.now_ms - kForgottenMs) ++forgotten;
    bytes += static_cast<std::uint64_t>(file.bytes);
  }
  CheckRow result{"", CheckState::ok,
                  counted(std::ssize(files), "unfinished upload") + " with " + readable_bytes(bytes), ""};
  if (forgotten == 0) return result;
  result.state = CheckState::warning;
  result.found += ", " + std::to_string(forgotten) + " of them untouched for a day";
  result.advice = "garbage collection removes them";
  return result;
}

}  // namespace spin::doctor
