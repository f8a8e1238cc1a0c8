#include "worker/trainer/cuda_devices.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime_api.h>

namespace spin {

bool has_cuda() { return true; }

std::vector<CudaDevice> cuda_devices() {
  std::vector<CudaDevice> found;
  const auto count = static_cast<int>(c10::cuda::device_count());
  for (int number = 0; number < count; ++number) {
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(number));
    CudaDevice device;
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, number) == cudaSuccess) device.name = properties.name;
    std::size_t free_bytes = 0;
    std::size_t memory_bytes = 0;
    if (cudaMemGetInfo(&free_bytes, &memory_bytes) == cudaSuccess) {
      device.free_bytes = static_cast<std::int64_t>(free_bytes);
      device.memory_bytes = static_cast<std::int64_t>(memory_bytes);
    } else {
      cudaGetLastError();  // or the next call would report it
    }
    found.push_back(std::move(device));
  }
  return found;
}

void free_device_memory() { c10::cuda::CUDACachingAllocator::emptyCache(); }

}  // namespace spin
