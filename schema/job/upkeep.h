#pragma once

#include <cstdint>
#include <string>

// What people are told of the coordinator's own health.

namespace spin {

enum class CheckState { ok, warning, failed };
constexpr const char* to_string(CheckState state) {
  constexpr const char* kNames[] = {"ok", "warning", "failed"};
  return kNames[static_cast<int>(state)];
}

/// One thing that was looked at.
struct CheckRow {
  std::string name;  ///< "database", "disk", ...
  CheckState state = CheckState::ok;
  std::string found;
  std::string advice;  ///< what to do; empty where nothing is
  bool operator==(const CheckRow&) const = default;
};

/// How far a backup has come.
struct BackupProgress {
  std::int64_t done_bytes = 0, total_bytes = 0;
  bool complete = false;  ///< durable and checked
  std::string path{};     ///< where a complete one is, on the coordinator's host
};

}  // namespace spin
