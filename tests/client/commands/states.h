#pragma once

#include "schema/job/views.h"

namespace spin::cli {

inline void count(StateCounts& counts, JobState state) {
  switch (state) {
    case JobState::waiting:
      ++counts.waiting;
      break;
    case JobState::ready:
      ++counts.ready;
      break;
    case JobState::backoff:
      ++counts.backoff;
      break;
    case JobState::running:
      ++counts.running;
      break;
    case JobState::completed:
      ++counts.completed;
      break;
    case JobState::diverged:
      ++counts.diverged;
      break;
    case JobState::failed:
      ++counts.failed;
      break;
    case JobState::blocked:
      ++counts.blocked;
      break;
    case JobState::cancelled:
      ++counts.cancelled;
      break;
    case JobState::paused:
      ++counts.paused;
      break;
  }
}

inline bool is_live(JobState state) {
  StateCounts counts;
  count(counts, state);
  return counts.live() > 0;
}

}  // namespace spin::cli
