#include "worker/agent/reports.h"

#include <utility>

namespace spin::agent {

void Reports::recover(const std::vector<SequencedReport>& outbox) {
  for (const auto& kept : outbox) {
    entries_[kept.sequence] = Entry{kept.report, true, !artifacts_of(kept.report.body).empty()};
    next_ = std::max(next_, kept.sequence + 1);
  }
}

SequencedReport Reports::add(Report report) {
  const std::uint64_t sequence = next_++;
  entries_[sequence] = Entry{report, false, !artifacts_of(report.body).empty()};
  return {sequence, std::move(report)};
}

std::vector<SequencedReport> Reports::persisted(std::uint64_t sequence) {
  std::vector<SequencedReport> fresh;
  for (auto& [number, entry] : entries_) {
    if (number > sequence) break;
    if (std::exchange(entry.durable, true) || entry.awaits_artifacts) continue;
    fresh.push_back({number, entry.report});
  }
  return fresh;
}

std::optional<SequencedReport> Reports::artifacts_arrived(std::uint64_t sequence) {
  Entry& entry = entries_.at(sequence);
  entry.awaits_artifacts = false;
  if (!entry.durable) return std::nullopt;
  return SequencedReport{sequence, entry.report};
}

std::vector<SequencedReport> Reports::sendable() const {
  std::vector<SequencedReport> found;
  for (const auto& [number, entry] : entries_) {
    if (entry.durable && !entry.awaits_artifacts) found.push_back({number, entry.report});
  }
  return found;
}

bool Reports::acknowledged(std::uint64_t sequence) { return entries_.erase(sequence) > 0; }

bool is_last(const ReportBody& body) {
  return std::holds_alternative<AttemptFinished>(body) || std::holds_alternative<AttemptFailed>(body);
}

std::vector<ArtifactRef> artifacts_of(const ReportBody& body) {
  if (const auto* finished = std::get_if<AttemptFinished>(&body)) return finished->outputs;
  const auto* failed = std::get_if<AttemptFailed>(&body);
  if (failed == nullptr || !failed->checkpoint) return {};
  return {*failed->checkpoint};
}

}  // namespace spin::agent
