#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "schema/job/submission.h"
#include "server/core/changes.h"
#include "server/store/reader.h"

namespace spin {

/// Finished jobs of a plan whose data were others than whoever hands the plan in sees now.
class ChangedData {
 public:
  /// Reads all results where a data set has ever been another, and else a few rows.
  static Result<ChangedData> look(Reader& reader, const std::filesystem::path& database,
                                  const std::vector<DataSeen>& seen);

  /// A job of the plan; each as often as one likes.
  void see(const JobId& job);
  /// failed_precondition, with what can be done, where jobs of the plan are among them.
  [[nodiscard]] Status refusal() const;
  [[nodiscard]] const std::unordered_set<JobId>& jobs() const { return found_; }

 private:
  struct Other {
    std::size_t seen = 0;  ///< which data set
    std::string data;      ///< fingerprint that it had
  };
  std::vector<DataSeen> seen_;
  std::vector<std::map<std::string, std::string>> summaries_;  ///< of each, by fingerprint
  std::unordered_map<JobId, Other> others_;                    ///< of any plan
  std::unordered_set<JobId> found_;
};

}  // namespace spin
