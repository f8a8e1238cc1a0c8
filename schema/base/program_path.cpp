#include "schema/base/program_path.h"

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

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

}  // namespace

std::filesystem::path program_path() {
  std::string path = mapped_file(reinterpret_cast<std::uintptr_t>(&kAnchor));
  constexpr std::string_view deleted = " (deleted)";  // replaced since by another file, which may be newer
  if (path.size() > deleted.size() &&
      path.compare(path.size() - deleted.size(), deleted.size(), deleted) == 0)
    path.resize(path.size() - deleted.size());
  return path;
}

}  // namespace spin
