#include "worker/trainer/runtime.h"

#include <fstream>
#include <sstream>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <malloc.h>

#include "schema/base/device.h"
#include "schema/base/machine.h"

namespace spin {
namespace {

constexpr int kKeepBytes = 1 << 30;  // blocks below this are reused, not returned to the system at each free

std::string text_of(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<torch::Device> find_device(const std::string& text) {
  SPIN_ASSIGN(const Device device, parse_device(text));
  if (device.kind == Device::Kind::cpu) return torch::Device(torch::kCPU);
  if (!torch::cuda::is_available())
    return Error{ErrorCode::invalid_argument, "device " + text +
                                                  ": this LibTorch (" TORCH_VERSION
                                                  ") finds no CUDA device; use --device cpu"};
  const auto count = static_cast<int>(torch::cuda::device_count());
  if (device.index >= count)
    return Error{ErrorCode::invalid_argument, "device " + text + ": there are " + std::to_string(count) +
                                                  " CUDA devices, cuda:0 is the first"};
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(device.index));
}

}  // namespace

Result<Runtime> prepare_runtime(const std::string& device, int threads) {
  // Activations are tens of megabytes, allocated and freed at every step: mapping fresh zeroed pages each
  // time costs more than the arithmetic on them.
  mallopt(M_MMAP_THRESHOLD, kKeepBytes);
  mallopt(M_TRIM_THRESHOLD, kKeepBytes);
  // Before the OpenMP threads start, which inherit the mode.
  at::globalContext().setFlushDenormal(true);
  // LibTorch's defaults differ between convolutions and products, and between versions; training.precision:
  // fp32 is fp32 in all of them. bf16 is what trades digits for speed.
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
  SPIN_ASSIGN(const auto found, find_device(device));
  if (threads <= 0) threads = usable_cores();
  at::init_num_threads();
  at::set_num_threads(threads);
  return Runtime{found, threads, TORCH_VERSION, blas_name()};
}

std::string blas_name() {
  if (at::hasMKL()) return "MKL";
  using ConfigFunction = const char* (*)();
  if (auto* config = reinterpret_cast<ConfigFunction>(dlsym(RTLD_DEFAULT, "openblas_get_config")))
    return config();
  const auto maps = text_of("/proc/self/maps");
  for (const auto* const known : {"openblas", "blis", "atlas", "mkl", "nvpl"})
    if (maps.find(known) != std::string::npos) return known;
  return "reference";
}

bool is_reference_blas(const std::string& name) { return name == "reference"; }

}  // namespace spin
