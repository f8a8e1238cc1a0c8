#include "worker/trainer/cuda_devices.h"

namespace spin {

bool has_cuda() { return false; }
std::vector<CudaDevice> cuda_devices() { return {}; }
void free_device_memory() {}

}  // namespace spin
