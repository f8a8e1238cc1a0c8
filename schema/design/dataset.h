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

/// mnist, fashion-mnist, cifar10, cifar100, imagenet, imagefolder, synthetic.
std::optional<DatasetFacts> dataset_facts(std::string_view name);
std::vector<std::string> dataset_names();
/// Folder where Debian's package or custom puts the files of `name`; empty where there is none.
std::string default_dataset_root(std::string_view name);
/// Whether data sets of this name are told apart by an id.
bool has_id(std::string_view name);
/// "fashion-mnist", "imagefolder pets": one text for data that are meant to be the same, limits aside.
std::string title_of(const Dataset& dataset);

}  // namespace spin
