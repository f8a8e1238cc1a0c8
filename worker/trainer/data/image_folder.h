#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "schema/base/result.h"
#include "worker/trainer/data/image_source.h"

namespace spin {

/// The files of one split of an image folder: folder/CLASS/IMAGE, sorted by class and by name.
class FolderImages : public ImageSource {
 public:
  struct File {
    std::int64_t label = 0;  ///< index of its class
    std::string name;
  };
  FolderImages(std::filesystem::path folder, std::vector<std::string> classes, std::vector<File> files)
      : folder_(std::move(folder)), classes_(std::move(classes)), files_(std::move(files)) {}

  [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(files_.size()); }
  [[nodiscard]] int channels() const override { return 3; }
  [[nodiscard]] std::string name(std::int64_t index) const override;
  /// Gray, CMYK, palettes and 16 bits become RGB of 8 bits; transparency is dropped.
  Result<Decoded> read(std::int64_t index, const ChooseView& choose) const override;

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] std::vector<std::int64_t> labels() const;
  /// `limit` images, taking one of every class in turn; all where it is 0 or larger than there are.
  [[nodiscard]] std::shared_ptr<const FolderImages> first(std::int64_t limit) const;

 private:
  std::filesystem::path folder_;
  std::vector<std::string> classes_;
  std::vector<File> files_;
};

/// Both splits: FOLDER/train/CLASS/*.{jpg,jpeg,png} and FOLDER/val, or the first that is there of validation,
/// valid, eval and test.
struct ImageFolder {
  std::shared_ptr<const FolderImages> train;
  std::shared_ptr<const FolderImages> eval;
  std::vector<std::string>
      notes;  ///< for the job's log: what was passed over, which other splits stay unread
};

/// Lists the files without opening them. What is_system_name knows is passed over. not_found where `folder`
/// is missing; invalid_argument where it holds no splits, train has not `classes` class folders, the two
/// splits have not the same ones, or one is empty; internal where a file system gives an error that may pass;
/// failed_precondition where it is to stop.
Result<ImageFolder> list_image_folder(const std::string& dataset, const std::filesystem::path& folder,
                                      int classes, const std::stop_token& stop = {});

/// Names the class folders and the state they are in on this disk: another text where files came or went.
std::string disk_state(const std::filesystem::path& folder);

}  // namespace spin
