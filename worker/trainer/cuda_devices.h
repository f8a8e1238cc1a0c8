#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace spin {

// What needs a LibTorch with CUDA stands in cuda/, what there is without in no_cuda/; the build takes one.

struct CudaDevice {
  std::string name;
  std::int64_t memory_bytes = 0;  ///< of the device, or of the slice that this process sees; 0 = not told
  std::int64_t free_bytes = 0;
  std::string problem;  ///< why name or memory are not told; empty = they are
};
/// Whether this LibTorch was built with CUDA.
bool has_cuda();
/// Those that this process sees, in the order of their numbers. Opens each of them; one that cannot be opened
/// has no memory.
std::vector<CudaDevice> cuda_devices();
/// Gives the memory back that LibTorch keeps for tensors to come.
void free_device_memory();

}  // namespace spin
