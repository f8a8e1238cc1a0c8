#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "tests/crash/fault_vfs.h"

namespace spin {

/// What a disk holds that lost its power: all that was synchronized, and of the rest whatever a seed decides.
class DiskModel {
 public:
  /// How the writes fare that were not synchronized.
  enum class Fate { all_lost, all_kept, some_lost, torn };

  /// A file that is there from the beginning, durably.
  void add_file(const std::string& path, std::string bytes);
  /// The call as it reached the disk: a write that is cut by the loss of power is applied before the disk is
  /// looked at, a sync() is not.
  void apply(const DiskCall& call);
  /// The files as the next start finds them, in `folder` under their own names.
  void write_to(const std::filesystem::path& folder, Fate fate, std::mt19937& random) const;

 private:
  struct Write {
    std::int64_t offset;
    std::string bytes;
  };
  struct Truncate {
    std::int64_t size;
  };
  using Change = std::variant<Write, Truncate>;
  struct File {
    std::string durable;          ///< content at the last sync
    std::vector<Change> changes;  ///< since then
    bool exists = false;          ///< durably
    bool removed = false;         ///< since then, not durably
  };
  static std::string content_of(const File& file, Fate fate, std::mt19937& random);

  std::map<std::string, File> files_;
};

}  // namespace spin
