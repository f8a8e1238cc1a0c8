#pragma once

#include <cstdint>

#include "schema/base/result.h"

namespace spin {

/// Measures the peak of resident memory from construction on, where the kernel lets us reset its mark; else
/// since the start of the process.
class PeakMemory {
 public:
  PeakMemory();
  [[nodiscard]] std::int64_t bytes() const;
};

/// Gives memory that is free inside malloc back to the system where it is more than a gibibyte. Less is kept:
/// to map it anew would cost the next job a tenth of a second.
void trim_memory();

/// resource_exhausted where a job that is predicted to need `predicted` bytes would be killed on a machine of
/// `available` rather than fail: where it is more by far than a prediction can be wrong.
Status check_memory(std::int64_t predicted, std::int64_t available);

/// What a job fails with whose memory ran out. `peak` is what was seen, 0 where nothing measures it.
Error out_of_memory(std::int64_t predicted, std::int64_t peak);

}  // namespace spin
