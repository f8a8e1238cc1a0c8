#pragma once

#include <map>
#include <string>
#include <vector>

#include "schema/base/result.h"
#include "schema/design/dataset.h"

namespace spin::sweep {

/// Where the data sets of a plan lie: each in one place.
class PlanData {
 public:
  /// invalid_argument, worded as those of validate(), where the plan has the same data in another place.
  Status see(const Dataset& canonical_dataset);
  /// In the order of their titles.
  [[nodiscard]] std::vector<DataPlace> take() const;

 private:
  std::map<std::string, std::string> root_of_;
  std::string last_title_, last_root_;  ///< most cells have the data of the one before
};

}  // namespace spin::sweep
