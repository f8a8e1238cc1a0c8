#pragma once

#include <cstdint>
#include <string>

#include <torch/torch.h>

#include "schema/base/result.h"

namespace spin {

/// What the process runs on.
struct Runtime {
  torch::Device device{torch::kCPU};
  int threads = 1;
  std::string libtorch;  ///< version
  std::string blas;      ///< "OpenBLAS ...", "MKL", "reference"
};

/// Sets malloc, threads and denormals for this process; call once, on the thread that trains, before any
/// tensor. `threads` 0 = one per core. invalid_argument where LibTorch does not have the device.
Result<Runtime> prepare_runtime(const std::string& device, int threads);

/// The BLAS that LibTorch calls for matrix products.
std::string blas_name();
/// True for the one that is some twenty times slower than the others.
bool is_reference_blas(const std::string& name);

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

}  // namespace spin
