#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "schema/base/result.h"
#include "server/core/changes.h"
#include "server/store/database.h"
#include "server/store/deletion_writer.h"
#include "server/store/sweep_writer.h"

namespace spin {

/// Newest lines of a job's log that are kept.
inline constexpr std::int64_t kKeptLogLines = 5000;

/// Turns changes of the core into rows. Its statements are prepared once.
class ChangeWriter {
 public:
  /// The database outlives the writer.
  static Result<ChangeWriter> make(Database& database);
  /// Inside a transaction of the caller. An error is a defect of ours or of the disk, and the transaction is
  /// lost.
  Status apply(const core::Change& change, std::int64_t now_ms);
  /// At the end of every transaction: what is written once for many changes.
  Status finish(std::int64_t now_ms);
  /// After a transaction that was undone, before the next.
  Status forget_undone();

 private:
  ChangeWriter(Database& database, SweepWriter sweeps, DeletionWriter deletions)
      : database_(&database), sweeps_(std::move(sweeps)), deletions_(std::move(deletions)) {}
  Status write(const core::InsertSweep& change, std::int64_t now_ms) {
    return sweeps_.insert(change, now_ms);
  }
  Status write(const core::ExtendSweep& change, std::int64_t) { return sweeps_.extend(change); }
  Status write(const core::SetSweepData& change, std::int64_t) { return sweeps_.set_data(change); }
  Status write(const core::SetSweepState& change, std::int64_t) { return sweeps_.set_state(change); }
  Status write(const core::ReachEarly& change, std::int64_t) { return sweeps_.reach_early(change); }
  Status write(const core::ForgetEarly& change, std::int64_t) { return sweeps_.forget_early(change); }
  Status write(const core::DeleteJobs& change, std::int64_t) { return deletions_.write(change); }
  Status write(const core::DeleteSweep& change, std::int64_t) { return deletions_.write(change); }
  Status write(const core::SetJobState& change, std::int64_t now_ms);
  Status write(const core::SetJobPriority& change, std::int64_t now_ms);
  Status write(const core::InsertAttempt& change, std::int64_t now_ms);
  Status write(const core::EndAttempt& change, std::int64_t now_ms);
  Status write(const core::InsertEpoch& change, std::int64_t now_ms);
  Status write(const core::InsertArtifact& change, std::int64_t now_ms);
  Status write(const core::ForgetArtifact& change, std::int64_t now_ms);
  Status write(const core::InsertResult& change, std::int64_t now_ms);
  Status write(const core::SupersedeResult& change, std::int64_t now_ms);
  Status write(const core::NoteData& change, std::int64_t now_ms);
  Status write(const core::RetireData& change, std::int64_t now_ms);
  Status write(const core::AppendLog& change, std::int64_t now_ms);
  Status write(const core::UpsertWorker& change, std::int64_t now_ms);

  Database* database_;
  SweepWriter sweeps_;
  DeletionWriter deletions_;
  std::map<std::string, std::int64_t> jobs_done_;  ///< by worker, in this transaction
  Statement set_job_state_, forget_job_state_, clear_job_state_, set_job_priority_, insert_attempt_,
      end_attempt_, insert_epoch_, insert_artifact_, set_job_artifact_, forget_artifact_, insert_result_,
      count_jobs_, last_line_, insert_line_, delete_lines_, upsert_worker_, keep_superseded_, delete_result_,
      delete_epochs_, note_data_, retire_data_;
};

}  // namespace spin
