#include "worker/trainer/runtime.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <malloc.h>

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

Result<torch::Device> parse_device(const std::string& text) {
  if (text == "cpu") return torch::Device(torch::kCPU);
  const std::string prefix = "cuda:";
  const bool is_cuda = text.rfind(prefix, 0) == 0 && text.size() > prefix.size() &&
                       text.size() < prefix.size() + 4 &&
                       std::all_of(text.begin() + static_cast<std::ptrdiff_t>(prefix.size()), text.end(),
                                   [](char c) { return c >= '0' && c <= '9'; });
  if (!is_cuda)
    return Error{ErrorCode::invalid_argument, "device '" + text + "' is none of cpu, cuda:0, cuda:1, ..."};
  if (!torch::cuda::is_available())
    return Error{ErrorCode::invalid_argument, "device " + text +
                                                  ": this LibTorch (" TORCH_VERSION
                                                  ") finds no CUDA device; use --device cpu"};
  const int index = std::stoi(text.substr(prefix.size()));
  const auto count = static_cast<int>(torch::cuda::device_count());
  if (index >= count)
    return Error{ErrorCode::invalid_argument, "device " + text + ": there are " + std::to_string(count) +
                                                  " CUDA devices, cuda:0 is the first"};
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace

Result<Runtime> prepare_runtime(const std::string& device, int threads) {
  // Activations are tens of megabytes, allocated and freed at every step: mapping fresh zeroed pages each
  // time costs more than the arithmetic on them.
  mallopt(M_MMAP_THRESHOLD, kKeepBytes);
  mallopt(M_TRIM_THRESHOLD, kKeepBytes);
  // Before the OpenMP threads start, which inherit the mode.
  at::globalContext().setFlushDenormal(true);
  SPIN_ASSIGN(const auto parsed, parse_device(device));
  if (threads <= 0) threads = usable_cores();
  at::init_num_threads();
  at::set_num_threads(threads);
  return Runtime{parsed, threads, TORCH_VERSION, blas_name()};
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
