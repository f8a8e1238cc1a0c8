#include "server/store/deletion_writer.h"

#include <string>

#include "schema/sql/tables.h"

namespace spin {
namespace {

constexpr char kDeleteRanges[] = "DELETE FROM sweep_range WHERE sweep = ?1 AND first >= ?2";
const std::string kShortenRange =
    "UPDATE sweep_range SET jobs = ?2 - first WHERE sweep = ?1 AND first > ?2 - " +
    std::to_string(kMostJobsOfRange) + " AND first + jobs > ?2";
constexpr char kDeleteCells[] =
    "DELETE FROM cell WHERE sweep = ?1"
    " AND position >= (SELECT (?2 + seeds - 1) / seeds FROM sweep WHERE id = ?1)";
constexpr char kDeleteSweep[] = "DELETE FROM sweep WHERE id = ?1";
constexpr char kDeleteData[] = "DELETE FROM sweep_data WHERE sweep = ?1";
constexpr char kDeleteMarks[] = "DELETE FROM mark_run WHERE list = ?1";
// No later sweep gets the id.
constexpr char kNoteSweep[] =
    "INSERT INTO meta (key, value) VALUES ('last_sweep', ?1)"
    " ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)";
constexpr char kDeleteAttempts[] = "DELETE FROM attempt WHERE job = ?1";
constexpr char kDeleteEpochs[] = "DELETE FROM epoch WHERE job = ?1";
constexpr char kDeleteResult[] = "DELETE FROM result WHERE job = ?1";
constexpr char kDeleteSuperseded[] = "DELETE FROM superseded_result WHERE job = ?1";
constexpr char kDeleteArtifacts[] = "DELETE FROM job_artifact WHERE job = ?1";
constexpr char kDeleteLog[] = "DELETE FROM log_line WHERE job = ?1";
constexpr char kDeleteState[] = "DELETE FROM job_state WHERE job = ?1";
constexpr char kDeleteInputs[] = "DELETE FROM job_input WHERE job = ?1";
constexpr char kDeleteJob[] = "DELETE FROM job WHERE key = ?1";

}  // namespace

Result<DeletionWriter> DeletionWriter::make(Database& database) {
  DeletionWriter writer;
  SPIN_ASSIGN(writer.delete_ranges_, database.prepare(kDeleteRanges));
  SPIN_ASSIGN(writer.shorten_range_, database.prepare(kShortenRange));
  SPIN_ASSIGN(writer.delete_cells_, database.prepare(kDeleteCells));
  SPIN_ASSIGN(writer.delete_sweep_, database.prepare(kDeleteSweep));
  SPIN_ASSIGN(writer.delete_data_, database.prepare(kDeleteData));
  SPIN_ASSIGN(writer.delete_marks_, database.prepare(kDeleteMarks));
  SPIN_ASSIGN(writer.note_sweep_, database.prepare(kNoteSweep));
  SPIN_ASSIGN(writer.delete_attempts_, database.prepare(kDeleteAttempts));
  SPIN_ASSIGN(writer.delete_epochs_, database.prepare(kDeleteEpochs));
  SPIN_ASSIGN(writer.delete_result_, database.prepare(kDeleteResult));
  SPIN_ASSIGN(writer.delete_superseded_, database.prepare(kDeleteSuperseded));
  SPIN_ASSIGN(writer.delete_artifacts_, database.prepare(kDeleteArtifacts));
  SPIN_ASSIGN(writer.delete_log_, database.prepare(kDeleteLog));
  SPIN_ASSIGN(writer.delete_state_, database.prepare(kDeleteState));
  SPIN_ASSIGN(writer.delete_inputs_, database.prepare(kDeleteInputs));
  SPIN_ASSIGN(writer.delete_job_, database.prepare(kDeleteJob));
  return writer;
}

Status DeletionWriter::write(const core::DeleteJobs& change) {
  SPIN_TRY(delete_ranges_.run(change.sweep.value, change.left));
  SPIN_TRY(shorten_range_.run(change.sweep.value, change.left));
  SPIN_TRY(delete_cells_.run(change.sweep.value, change.left));
  for (const core::JobKey job : change.jobs) SPIN_TRY(delete_job(job));
  return {};
}

Status DeletionWriter::delete_job(core::JobKey job) {
  for (Statement* rows : {&delete_attempts_, &delete_epochs_, &delete_result_, &delete_superseded_,
                          &delete_artifacts_, &delete_log_, &delete_state_, &delete_inputs_, &delete_job_})
    SPIN_TRY(rows->run(job.value));
  return {};
}

Status DeletionWriter::write(const core::DeleteSweep& change) {
  SPIN_TRY(delete_marks_.run(change.id.value));
  SPIN_TRY(delete_data_.run(change.id.value));
  SPIN_TRY(note_sweep_.run(change.id.value));
  return delete_sweep_.run(change.id.value);
}

}  // namespace spin
