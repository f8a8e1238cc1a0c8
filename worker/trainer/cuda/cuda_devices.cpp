#include "worker/trainer/cuda_devices.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <cuda_runtime_api.h>

namespace spin {
namespace {

CudaDevice describe(int number) {
  CudaDevice device;
  const auto went_well = [&device](cudaError_t error) {
    if (error == cudaSuccess) return true;
    if (device.problem.empty()) device.problem = cudaGetErrorString(error);
    cudaGetLastError();  // or the next call would report it
    return false;
  };
  cudaDeviceProp properties{};
  if (went_well(cudaGetDeviceProperties(&properties, number))) device.name = properties.name;
  std::size_t free_bytes = 0;
  std::size_t memory_bytes = 0;
  if (went_well(cudaSetDevice(number)) && went_well(cudaMemGetInfo(&free_bytes, &memory_bytes))) {
    device.free_bytes = static_cast<std::int64_t>(free_bytes);
    device.memory_bytes = static_cast<std::int64_t>(memory_bytes);
  }
  return device;
}

}  // namespace

bool has_cuda() { return true; }

// With the functions of CUDA itself, which do not throw: a card that cannot be opened hides no other.
std::vector<CudaDevice> cuda_devices() {
  std::vector<CudaDevice> found;
  const auto count = static_cast<int>(c10::cuda::device_count());
  int current = 0;
  const bool has_current = cudaGetDevice(&current) == cudaSuccess;
  for (int number = 0; number < count; ++number) found.push_back(describe(number));
  if (!has_current || cudaSetDevice(current) != cudaSuccess) cudaGetLastError();
  return found;
}

void free_device_memory() { c10::cuda::CUDACachingAllocator::emptyCache(); }

}  // namespace spin
