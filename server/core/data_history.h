#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schema/design/dataset.h"

namespace spin::core {

/// What each data set was whenever jobs were trained on it.
class DataHistory {
 public:
  struct Known {
    DataState state;
    bool retired = false;  ///< what was trained on it, is trained anew
  };

  void restore(const std::string& dataset, Known known) { all_[dataset].push_back(std::move(known)); }
  /// Whether it was not known before, or counted as retired; from now on it counts.
  bool see(const std::string& dataset, const DataState& state);
  /// Jobs are trained anew on this state: the others count no more.
  void retire_others(const std::string& dataset, const std::string& fingerprint);
  /// For the log of a job that is trained on `state`, where others count: what the data were before.
  [[nodiscard]] std::optional<std::string> warning(const std::string& dataset, const DataState& state) const;

 private:
  std::map<std::string, std::vector<Known>> all_;  ///< by title_of() the data set
};

}  // namespace spin::core
