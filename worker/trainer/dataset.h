#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "schema/base/result.h"
#include "schema/design/dataset.h"
#include "worker/trainer/data/damaged_images.h"
#include "worker/trainer/data/image_folder.h"

namespace spin {

/// One split of a data set: its pixels in memory, or the files that hold them.
struct Split {
  torch::Tensor images;  // [N, H, W, C] uint8 on the device that trains; undefined where there are files
  std::shared_ptr<const FolderImages> files;  // N of them, decoded when they are needed; or null
  torch::Tensor labels;                       // [N] int64 on the device that trains
  std::shared_ptr<DamagedImages> damaged;     // those of `files` that this job could not read
  [[nodiscard]] std::int64_t size() const { return labels.size(0); }
};

/// What a job trains and is evaluated on. A copy shares the pixels; to train on other labels (label noise),
/// give `train.labels` another tensor and leave the one that it holds as it is.
struct ImageData {
  Split train;
  Split eval;
  PixelStatistics pixels;
  DataState state;                 ///< of all the data, whatever the limits
  std::vector<std::string> notes;  ///< for the job's log: what trains and what judges, what was passed over
};

/// The data set used last, so that a warm trainer reads files once.
class DataStore {
 public:
  explicit DataStore(torch::Device device) : device_(device) {}

  /// The data of `dataset`, limits applied: the first images, of a folder one of each class in turn. Where
  /// they lie in `folder` or the configuration's root say find_dataset_files and find_image_folder; where
  /// both are empty, the files are where they usually lie. Nothing is read for synthetic. not_found lists
  /// what was looked for; data_loss where a file is damaged or files do not fit together; invalid_argument
  /// where an image folder does not have the classes that the configuration says; unsupported where this
  /// build cannot decode the files; failed_precondition where the store was abandoned.
  Result<ImageData> load(const Dataset& dataset, const std::string& folder);

  /// For good. Another thread, which a dead disk may hold for ever, may be within load(): the store holds no
  /// data from now on, and that call ends before it reads or makes more.
  void abandon();

 private:
  struct Kept {
    std::string key;         ///< says which files, and in which state, the data were read from
    ImageData data;          ///< without limits; its notes are those of reading
    std::string train_from;  ///< folder or file
    std::string eval_from;
  };
  /// What is kept where it has this key, else what `read` gives.
  Result<Kept> kept_or(std::string key, const std::function<Result<Kept>()>& read);
  [[nodiscard]] Status check_wanted() const;
  /// `used`, with what the job's log is to say of it.
  static ImageData with_notes(ImageData used, const Dataset& dataset, const Kept& kept);
  Result<ImageData> load_synthetic(const KnownDataset& known, const Dataset& dataset);
  Result<ImageData> load_files(const KnownDataset& known, const Dataset& dataset, const std::string& folder);
  Result<ImageData> load_folder(const KnownDataset& known, const Dataset& dataset, const std::string& folder);

  const torch::Device device_;
  std::stop_source abandoned_;
  std::mutex mutex_;
  Kept kept_;  // behind mutex_
};

}  // namespace spin
