#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/base/file.h"
#include "schema/base/ids.h"
#include "schema/base/result.h"

namespace spin {

/// Files named by their SHA-256 in one folder: ab/abcdef...; an upload grows in incoming/ and becomes visible
/// by rename, once complete and its hash is right. Thread-safe; two uploads of one artifact at a time are
/// refused (unavailable). A complete file whose time of writing is old may be removed, see remove_older();
/// whoever asks for it with stat() or upload() makes that time the present one.
class ArtifactStore {
 public:
  /// Makes the folder where there is none, and removes forgotten uploads. Uploads leave `reserve_bytes` of
  /// the disk free.
  static Result<std::unique_ptr<ArtifactStore>> open(const std::filesystem::path& folder,
                                                     std::uint64_t reserve_bytes = 0);

  /// Reads what lies in the folder, or nothing where there is none, and changes nothing: uploads are refused
  /// (failed_precondition).
  static Result<std::unique_ptr<ArtifactStore>> open_to_read(const std::filesystem::path& folder);

  struct Stat {
    bool complete = false;
    std::int64_t bytes = 0;  ///< present: all of it, or of the unfinished upload
  };
  [[nodiscard]] Stat stat(const ArtifactId& id) const;

  class Upload {
   public:
    /// Without finish() the bytes stay, for a later upload to go on.
    virtual ~Upload() = default;
    /// In order; invalid_argument where offset is not what is there, resource_exhausted where the disk has no
    /// more room.
    virtual Status append(std::int64_t offset, std::string_view bytes) = 0;
    /// fsync, check, rename, fsync of the folder. failed_precondition where bytes are missing; data_loss, and
    /// the bytes are thrown away, where the hash is wrong.
    virtual Status finish() = 0;
  };
  /// Goes on where an earlier upload of the same artifact ended. resource_exhausted where `bytes` do not fit
  /// beside the reserve. Where the artifact is complete already, the upload takes any bytes and changes
  /// nothing.
  Result<std::unique_ptr<Upload>> upload(const ArtifactId& id, std::int64_t bytes);

  /// Open for reading; not_found where it is not complete.
  Result<FileDescriptor> read(const ArtifactId& id) const;

  /// Removes a complete file that was written, or asked for, before `before_ms` (Unix). Its bytes; none where
  /// it stays or is not there. A file that is open stays readable.
  Result<std::optional<std::int64_t>> remove_older(const ArtifactId& id, std::int64_t before_ms);
  /// Removes unfinished uploads that nobody touched for a day; their number.
  Result<std::int64_t> remove_forgotten_uploads();
  [[nodiscard]] const std::filesystem::path& folder() const;

  struct State;

 private:
  explicit ArtifactStore(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace spin
