#include "server/core/data_history.h"

#include <algorithm>

namespace spin::core {

bool DataHistory::see(const std::string& dataset, const DataState& state) {
  auto& known = all_[dataset];
  const auto found = std::find_if(known.begin(), known.end(), [&](const Known& entry) {
    return entry.state.fingerprint == state.fingerprint;
  });
  if (found == known.end()) {
    known.push_back({state, false});
    return true;
  }
  const bool was_retired = found->retired;
  found->retired = false;
  return was_retired;
}

void DataHistory::retire_others(const std::string& dataset, const std::string& fingerprint) {
  for (auto& entry : all_[dataset]) entry.retired = entry.state.fingerprint != fingerprint;
}

std::optional<std::string> DataHistory::warning(const std::string& dataset, const DataState& state) const {
  const auto known = all_.find(dataset);
  if (known == all_.end()) return std::nullopt;
  std::string before;
  for (const auto& entry : known->second)
    if (!entry.retired && entry.state.fingerprint != state.fingerprint)
      before += (before.empty() ? "" : "; ") + entry.state.summary + " (" + entry.state.fingerprint + ")";
  if (before.empty()) return std::nullopt;
  return "WARNING: OTHER DATA: " + dataset + " is here " + state.summary + " (" + state.fingerprint +
         "), and other jobs were trained when it was " + before +
         "; their results do not compare with this one. `spinctl submit SWEEP.yaml --retrain` trains them "
         "anew, "
         "and dataset.id tells pictures apart that are meant to differ";
}

}  // namespace spin::core
