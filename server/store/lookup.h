#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schema/base/ids.h"
#include "schema/base/result.h"
#include "server/core/changes.h"
#include "server/store/database.h"
#include "server/store/mark_runs.h"

namespace spin {

/// Finds what a person named.
class Lookup {
 public:
  /// The database outlives the lookup.
  static Result<Lookup> make(Database& database);
  Result<SweepId> find_sweep(const std::string& text);
  Result<core::JobKey> find_job(const std::string& text);

 private:
  Lookup() = default;
  Error no_such_sweep(const std::string& text);
  Result<core::JobKey> find_job_by_hash(const std::string& text);
  Result<core::JobKey> find_job_by_name(const std::string& sweep, const std::string& name);

  /// "; did you mean ...", of the first jobs of the sweep; empty where none is near.
  Result<std::string> near_names(SweepId sweep, const std::string& name);

  /// Numbers and identities of jobs that begin so, at most one more than are listed.
  Result<std::vector<std::pair<core::JobKey, JobId>>> jobs_between(const Digest& from, const Digest& to);

  Statement sweep_by_id_, sweep_by_name_, newest_sweeps_, hash_of_job_, job_at_, job_names_;
  std::optional<MarkReader> marks_;
};

}  // namespace spin
