#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spin {

/// What the design space needs to know of a data set.
struct DatasetFacts {
  int channels = 0;
  int classes = 0;
  int resolution = 0;             ///< pixels; the default of network.resolution
  std::int64_t train_images = 0;  ///< 0 = known only where the data lies
  std::int64_t eval_images = 0;
};

/// How the files of a data set are read.
enum class DatasetFormat {
  idx,           ///< two files a split, of images and of labels
  cifar,         ///< the binary version of CIFAR-10: a label before each image
  cifar_fine,    ///< that of CIFAR-100: two labels, of which the second counts
  image_folder,  ///< a folder a class, with JPEG and PNG files
  synthetic,     ///< no files: the trainer draws the pixels
};

/// Mean and standard deviation of the training pixels for each channel, in units of full brightness.
struct PixelStatistics {
  std::vector<double> mean;
  std::vector<double> deviation;
};

/// All that spin knows of a data set by its name.
struct KnownDataset {
  std::string_view name;
  DatasetFormat format;
  DatasetFacts facts;
  PixelStatistics pixels;
  bool takes_any_classes = false;  ///< as many as the configuration says; `facts` has the default
  std::string_view root{};         ///< folder where a package or custom puts the files; empty = none
  // Of formats with a few files, in a folder of data sets that a person names.
  std::vector<std::string_view> subfolders{};     ///< where its archives and PyTorch put them
  std::vector<std::string_view> train{}, eval{};  ///< plain, or with .gz
  std::string_view advice{};                      ///< how to get them

  /// It holds what its owner put there, who has to say where it lies and how many classes it has.
  [[nodiscard]] bool is_of_owner() const {
    return format == DatasetFormat::image_folder && takes_any_classes;
  }
};

struct Dataset {
  std::string name;
  /// Folder of the files; empty = where the name's data usually lies. Where data lie is no part of what they
  /// are: two data sets that differ in it alone are equal.
  std::string root;
  std::int64_t train_limit = 0;  ///< first N training images; 0 = all
  std::int64_t eval_limit = 0;
  DatasetFacts facts;
  std::string id{};  ///< tells an imagefolder from others; empty = its root; of other data sets always empty
  bool operator==(const Dataset& other) const {
    return name == other.name && id == other.id && train_limit == other.train_limit &&
           eval_limit == other.eval_limit && facts.channels == other.facts.channels &&
           facts.classes == other.facts.classes && facts.resolution == other.facts.resolution;
  }
};

/// Where a sweep or a job finds a data set.
struct DataPlace {
  std::string dataset;  ///< title_of() it
  std::string root;     ///< see Dataset
  bool operator==(const DataPlace&) const = default;
};

/// What the files of a data set were when somebody looked. `fingerprint`: 32 hexadecimal digits, the same
/// where the data are; empty where there is nothing to look at. `summary`: for people, "120 + 30 images of 3
/// classes, 1.2 MB".
struct DataState {
  std::string fingerprint;
  std::string summary;
  bool operator==(const DataState&) const = default;
};

/// The registry: a new data set is a row of it.
const std::vector<KnownDataset>& known_datasets();
/// Null where there is none of this name.
const KnownDataset* find_dataset(std::string_view name);
std::optional<DatasetFacts> dataset_facts(std::string_view name);
std::vector<std::string> dataset_names();
/// KnownDataset::root; empty for other names.
std::string default_dataset_root(std::string_view name);
/// Whether data sets of this name are told apart by an id.
bool has_id(std::string_view name);
/// "fashion-mnist", "imagefolder pets": one text for data that are meant to be the same, limits aside.
std::string title_of(const Dataset& dataset);

}  // namespace spin
