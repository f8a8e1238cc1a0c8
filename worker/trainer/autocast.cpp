#include "worker/trainer/autocast.h"

#include <ATen/autocast_mode.h>

namespace spin {
namespace {

// The interface by device type came with 2.4 and deprecated the other.
void set_autocast(torch::Device device, bool enabled) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_dtype(device.type(), at::kBFloat16);
  at::autocast::set_autocast_enabled(device.type(), enabled);
#else
  if (device.is_cpu()) {
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(enabled);
  } else {
    at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
    at::autocast::set_enabled(enabled);
  }
#endif
}

}  // namespace

bool has_fast_bf16(torch::Device device) {
#ifdef __x86_64__
  if (device.is_cpu()) return __builtin_cpu_supports("avx512bf16") != 0;
#endif
  return true;
}

Autocast::Autocast(torch::Device device, Precision precision)
    : device_(device), active_(precision == Precision::bf16) {
  if (active_) set_autocast(device_, true);
}

Autocast::~Autocast() {
  if (!active_) return;
  set_autocast(device_, false);
  at::autocast::clear_cache();  // of parameters in bf16, which the step is about to change
}

}  // namespace spin
