#include "worker/trainer/openmp.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <unistd.h>

#include "schema/base/program_path.h"

namespace spin {
namespace {

// Runs before the initialisers of all libraries, that of LibTorch's OpenMP among them, and of the sanitizers:
// it may call nothing.
#define SPIN_BEFORE_LIBRARIES __attribute__((no_sanitize("address", "thread", "undefined")))

/// Whether `entry` of an environment is NAME=....
SPIN_BEFORE_LIBRARIES bool is_of(const char* entry, const char* name) {
  while (*name != '\0' && *entry == *name) ++entry, ++name;
  return *name == '\0' && *entry == '=';
}

/// Takes what binds threads to cores out of the environment that the libraries are going to read.
SPIN_BEFORE_LIBRARIES void free_threads(int /*argc*/, char** /*argv*/, char** environment) {
  static constexpr const char* kBindings[] = {"OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY",
                                              "KMP_AFFINITY"};
  char** kept = environment;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    bool binds = false;
    for (const char* const name : kBindings) binds = binds || is_of(*entry, name);
    if (!binds) *kept++ = *entry;
  }
  *kept = nullptr;
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const kFreeThreads)(int, char**, char**) = free_threads;

}  // namespace

void fit_openmp(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  // Through the dynamic loader, whose own options nobody knows any more.
  if (!std::filesystem::equivalent(executable, program_path(), error) && !error) return;
  setenv("GOMP_SPINCOUNT", "10000", /*overwrite=*/1);
  // By its path, so that the process keeps its name; a file that was replaced since has none any more.
  execv(executable.c_str(), argv);
  execv("/proc/self/exe", argv);  // comes back only where it failed, and then the environment stays
}

}  // namespace spin
