#pragma once

#include <variant>

// What people do to a sweep or to a job while everything runs.

namespace spin::steer {

/// Jobs that are not final end; a sweep is cancelled.
struct Cancel {
  bool operator==(const Cancel&) const = default;
};
/// Running attempts stop with their checkpoint; nothing is handed out until a resume.
struct Pause {
  bool operator==(const Pause&) const = default;
};
struct Resume {
  bool operator==(const Resume&) const = default;
};
/// Failed and cancelled jobs begin anew, with all their attempts.
struct Retry {
  bool failed_only = false;
  bool operator==(const Retry&) const = default;
};
struct SetPriority {
  int priority = 0;  ///< higher first
  bool operator==(const SetPriority&) const = default;
};
/// Of a sweep that has no job to go: it goes for good, with the jobs that no other sweep has.
struct Delete {
  bool operator==(const Delete&) const = default;
};
using Action = std::variant<Cancel, Pause, Resume, Retry, SetPriority, Delete>;

}  // namespace spin::steer
