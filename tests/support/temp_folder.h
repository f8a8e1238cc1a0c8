#pragma once

#include <filesystem>
#include <string>
#include <system_error>

#include <stdlib.h>

namespace spin {

/// A folder of a test's own that goes with the object. Short, so that Unix sockets fit in.
class TempFolder {
 public:
  TempFolder() {
    std::string name = "/tmp/spin-test.XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace spin
