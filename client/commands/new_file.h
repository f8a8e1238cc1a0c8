#pragma once

#include <filesystem>
#include <string_view>

#include "schema/base/file.h"

namespace spin::cli {

/// A file that is written under a temporary name beside its own, and gets that once it is whole. Without that
/// nothing is left of it.
class NewFile {
 public:
  /// In a folder that is there.
  static Result<NewFile> make(const std::filesystem::path& path);
  ~NewFile();
  NewFile(NewFile&&) noexcept = default;
  NewFile& operator=(NewFile&&) = delete;

  /// resource_exhausted where the disk is full.
  Status write(std::string_view bytes);
  /// On disk, still under the temporary name.
  Status sync();
  /// Takes the place of what bears its name.
  Status put();

 private:
  NewFile(std::filesystem::path path, std::filesystem::path temporary, FileDescriptor file)
      : path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}

  std::filesystem::path path_, temporary_;
  FileDescriptor file_;  ///< closed once it has its name
};

}  // namespace spin::cli
