#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "schema/job/session.h"

namespace spin::agent {

/// Reports that the coordinator has not acknowledged, in order. Mirrors the outbox on disk: a report may be
/// sent once it is durable there, and the artifacts that it names are at the coordinator.
class Reports {
 public:
  /// What an earlier process left; durable already.
  void recover(const std::vector<SequencedReport>& outbox);
  /// Gives the report its sequence.
  SequencedReport add(Report report);
  /// Reports that become sendable when the outbox is durable up to `sequence`.
  std::vector<SequencedReport> persisted(std::uint64_t sequence);
  /// The artifacts of the report are at the coordinator; the report, where it becomes sendable by that.
  std::optional<SequencedReport> artifacts_arrived(std::uint64_t sequence);
  /// Everything that may be sent, for a new stream.
  [[nodiscard]] std::vector<SequencedReport> sendable() const;
  /// False where the sequence is not known (any more).
  bool acknowledged(std::uint64_t sequence);
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] bool has(std::uint64_t sequence) const { return entries_.count(sequence) > 0; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Report report;
    bool durable = false;
    bool awaits_artifacts = false;
  };
  std::map<std::uint64_t, Entry> entries_;
  std::uint64_t next_ = 1;
};

/// Whether no report of the attempt follows this one.
[[nodiscard]] bool is_last(const ReportBody& body);
/// The artifacts that the report waits for.
[[nodiscard]] std::vector<ArtifactRef> artifacts_of(const ReportBody& body);

}  // namespace spin::agent
