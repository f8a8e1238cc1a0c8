#pragma once

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
/// tensor. `threads` 0 = one per usable core. invalid_argument where LibTorch does not have the device.
Result<Runtime> prepare_runtime(const std::string& device, int threads);

/// The BLAS that LibTorch calls for matrix products.
std::string blas_name();
/// True for the one that is some twenty times slower than the others.
bool is_reference_blas(const std::string& name);

}  // namespace spin
