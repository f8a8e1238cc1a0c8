#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "tests/support/places.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace spin::cli {

inline const std::string kSpinctl = program("spinctl");

inline Finished spinctl(std::vector<std::string> args) {
  args.insert(args.begin(), kSpinctl);
  return run_command(args, "client-test", std::chrono::seconds(60));
}

/// A shell starts background jobs with SIGINT ignored, and nohup with SIGHUP: the program would respect both.
inline void expect_default_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::signal(number, SIG_DFL);
}

inline std::string write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

/// Two cells of one seed: unshared, and sequential at rate 2.
inline const char* const kSweep = R"(version: 1
name: tiny
dataset: fashion-mnist
network: {family: convmixer, channels: 64, depth: 8, patch: 4, kernel: 3}
sharing: {mapping: sequential}
axes:
  sharing.rate: [1, 2]
)";

}  // namespace spin::cli
