#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace spin {

/// The space that shall stay free on some disks. Used by one thread.
class Headroom {
 public:
  /// Called whenever the answer changes: why no more work should be begun; empty where there is room again.
  using Changed = std::function<void(const std::string& reason)>;

  Headroom(std::vector<std::filesystem::path> folders, std::uint64_t reserve_bytes, Changed changed);
  void look();

 private:
  [[nodiscard]] std::string find_reason() const;

  const std::vector<std::filesystem::path> folders_;
  const std::uint64_t reserve_bytes_;
  const Changed changed_;
  bool low_ = false;
};

}  // namespace spin
