#include "worker/trainer/openmp.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include "schema/base/program_path.h"
#include "worker/trainer/event_log.h"

namespace spin {
namespace {

constexpr std::array kBindings = {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY", "KMP_AFFINITY"};

template <class Function>
Function* find_function(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

/// OpenMP has bound this thread to the first of its places; they come from the cores that the process was
/// given.
void unbind_thread() {
  const auto num_places = find_function<int()>("omp_get_num_places");
  const auto num_procs = find_function<int(int)>("omp_get_place_num_procs");
  const auto proc_ids = find_function<void(int, int*)>("omp_get_place_proc_ids");
  if (num_places == nullptr || num_procs == nullptr || proc_ids == nullptr) return;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  for (int place = 0; place < num_places(); ++place) {
    std::vector<int> ids(static_cast<std::size_t>(num_procs(place)));
    proc_ids(place, ids.data());
    for (const int id : ids)
      if (id >= 0 && id < CPU_SETSIZE) CPU_SET(id, &cores);
  }
  if (CPU_COUNT(&cores) > 0) sched_setaffinity(0, sizeof cores, &cores);
}

}  // namespace

void fit_openmp(char** argv) {
  const bool spins = std::getenv("GOMP_SPINCOUNT") == nullptr && std::getenv("OMP_WAIT_POLICY") == nullptr;
  const bool is_bound = std::any_of(kBindings.begin(), kBindings.end(),
                                    [](auto* name) { return std::getenv(name) != nullptr; });
  if (!spins && !is_bound) return;
  if (is_bound) unbind_thread();
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto program = program_path();
  // Through the dynamic loader, whose own options nobody knows any more.
  if (!std::filesystem::equivalent(executable, program, error) && !error) {
    if (is_bound)
      log_line("warning: OMP_PROC_BIND or a relative of it binds the threads to few cores; unset it");
    return;
  }
  if (spins) setenv("GOMP_SPINCOUNT", "10000", /*overwrite=*/1);
  for (const auto* name : kBindings) unsetenv(name);
  // By its path, so that the process keeps its name; a file that was replaced since has none any more.
  execv(executable.c_str(), argv);
  execv("/proc/self/exe", argv);  // comes back only where it failed, and then the environment stays
}

}  // namespace spin
