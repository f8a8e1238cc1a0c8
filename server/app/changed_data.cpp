#include "server/app/changed_data.h"

#include <algorithm>
#include <utility>

namespace spin {
namespace {

std::string words_of(const std::string& fingerprint, const std::string& summary) {
  return summary.empty() ? fingerprint : summary + " (" + fingerprint + ")";
}

}  // namespace

Result<ChangedData> ChangedData::look(Reader& reader, const std::filesystem::path& database,
                                      const std::vector<DataSeen>& seen) {
  ChangedData changed;
  changed.seen_ = seen;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const auto& [dataset, now] = seen[i];
    auto& summaries = changed.summaries_.emplace_back();
    SPIN_ASSIGN(const auto states, reader.data_states(dataset));
    for (const auto& state : states) summaries[state.fingerprint] = state.summary;
    const bool was_another = std::any_of(
        states.begin(), states.end(),
        [&, &current = now](const DataState& state) { return state.fingerprint != current.fingerprint; });
    if (!was_another) continue;
    // Through a connection of its own: others may want rows meanwhile.
    SPIN_ASSIGN(const auto own, Reader::open(database));
    SPIN_ASSIGN(const auto jobs, own->trained_on_others(dataset, now.fingerprint));
    for (const auto& [job, data] : jobs) changed.others_[job] = {i, data};
  }
  return changed;
}

void ChangedData::see(const JobId& job) {
  if (others_.contains(job)) found_.insert(job);
}

Status ChangedData::refusal() const {
  if (found_.empty()) return {};
  std::map<std::pair<std::size_t, std::string>, std::int64_t> counts;
  for (const JobId& job : found_) {
    const Other& other = others_.at(job);
    ++counts[{other.seen, other.data}];
  }
  std::string text;
  for (const auto& [key, jobs] : counts) {
    const auto& [number, data] = key;
    const auto& [dataset, now] = seen_[number];
    const auto summary = summaries_[number].find(data);
    text += (text.empty() ? "" : "; ") + std::to_string(jobs) + (jobs == 1 ? " job" : " jobs") +
            " of this sweep, finished already, trained on OTHER DATA: " + dataset + " was then " +
            words_of(data, summary == summaries_[number].end() ? "" : summary->second) + " and is now " +
            words_of(now.fingerprint, now.summary);
  }
  return Error{
      ErrorCode::failed_precondition,
      text +
          ". Put the old data back; or train these jobs anew with --retrain, which keeps what they had "
          "found in the view `superseded`; or let their results count all the same with --retrain=none. "
          "Nothing was stored"};
}

}  // namespace spin
