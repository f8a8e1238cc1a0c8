#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"
#include "worker/daemon/outbox.h"
#include "worker/daemon/outbox_file.h"

namespace spin::daemon {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kDeadline{20};

inline SequencedReport report(std::uint64_t sequence) {
  SequencedReport kept;
  kept.sequence = sequence;
  kept.report.job.digest.bytes[3] = 7;
  kept.report.attempt = {2, 5};
  if (sequence % 3 == 0) {
    kept.report.body = AttemptFailed{FailureKind::job_error, "SPNR in the text, " + std::to_string(sequence)};
  } else {
    kept.report.body = EpochFinished{
        {static_cast<int>(sequence), {{Metric::loss, 0.5}, {Metric::top1, 80}, {Metric::top5, 90}}}};
  }
  return kept;
}

inline std::vector<SequencedReport> reports(std::uint64_t count) {
  std::vector<SequencedReport> all;
  for (std::uint64_t i = 1; i <= count; ++i) all.push_back(report(i));
  return all;
}

inline std::string bytes_of(const std::vector<SequencedReport>& all) {
  std::string bytes;
  for (const auto& one : all) bytes += outbox_record(one);
  return bytes;
}

inline void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// An outbox whose callbacks are remembered.
struct Opened {
  explicit Opened(const fs::path& path) {
    auto result =
        Outbox::open(path, {[this](std::uint64_t sequence) { durable = sequence; },
                            [this](const std::string&) { ++warnings; }, [this](const Error&) { ++fatals; }});
    EXPECT_TRUE(result.ok()) << result.error().message;
    outbox = std::move(result->outbox);
    recovered = std::move(result->reports);
    problems = std::move(result->problems);
  }
  std::atomic<std::uint64_t> durable{0};
  std::atomic<int> warnings{0}, fatals{0};
  std::vector<SequencedReport> recovered;
  std::vector<std::string> problems;
  std::unique_ptr<Outbox> outbox;
};

}  // namespace spin::daemon
