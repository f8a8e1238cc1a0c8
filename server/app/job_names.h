#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "schema/job/views.h"
#include "server/store/reader.h"

namespace spin {

/// Names the running jobs of a status, which the coordinator knows by their numbers. Remembers names, because
/// those who watch ask for the same again and again. Thread-safe.
class JobNames {
 public:
  /// The reader outlives it.
  explicit JobNames(Reader& reader) : reader_(reader) {}
  /// A job that is deleted meanwhile stays without a name.
  void fill(SweepStatus& status);

 private:
  std::string name_of(SweepId sweep, core::JobKey job);

  Reader& reader_;
  std::mutex mutex_;
  std::map<std::pair<SweepId, core::JobKey>, std::string> names_;  ///< behind the mutex; bounded
};

}  // namespace spin
