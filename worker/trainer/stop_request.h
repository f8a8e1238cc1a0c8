#pragma once

namespace spin {

/// What is asked of a running job.
enum class StopRequest {
  none,
  save,     ///< stop after the step in hand, which the checkpoint then holds
  discard,  ///< stop after the step in hand
};

}  // namespace spin
