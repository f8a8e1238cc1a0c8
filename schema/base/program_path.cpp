#include "schema/base/program_path.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace spin {
namespace {

/// Lies in the program itself, which this library is a part of.
constexpr char kAnchor = 0;

/// The path of the mapping that holds the address: "FROM-TO PERMISSIONS OFFSET DEVICE INODE   PATH".
std::string mapped_file(std::uintptr_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::size_t used = 0;
    const auto from = std::stoull(line, &used, 16);
    const auto to = std::stoull(line.substr(used + 1), nullptr, 16);
    if (address < from || address >= to) continue;
    const auto path = line.find('/');
    return path == std::string::npos ? "" : line.substr(path);
  }
  return {};
}

bool is_program(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::filesystem::path program_path() {
  std::string path = mapped_file(reinterpret_cast<std::uintptr_t>(&kAnchor));
  constexpr std::string_view deleted = " (deleted)";  // replaced since by another file, which may be newer
  if (path.size() > deleted.size() &&
      path.compare(path.size() - deleted.size(), deleted.size(), deleted) == 0)
    path.resize(path.size() - deleted.size());
  return path;
}

Result<std::string> find_program(const std::string& name) {
  const auto folder = program_path().parent_path();
  if (!folder.empty() && is_program(folder / name)) return (folder / name).string();
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const auto part = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const auto candidate = std::filesystem::path(part) / name;
    if (!part.empty() && is_program(candidate)) return candidate.string();
  }
  return Error{ErrorCode::not_found, name + " is neither in " + folder.string() + " nor in $PATH"};
}

}  // namespace spin
