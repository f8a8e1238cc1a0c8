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
  std::string root;              ///< folder of the files; empty = where the name's data usually lies
  std::int64_t train_limit = 0;  ///< first N training images; 0 = all
  std::int64_t eval_limit = 0;
  DatasetFacts facts;
  bool operator==(const Dataset& other) const {
    return name == other.name && root == other.root && train_limit == other.train_limit &&
           eval_limit == other.eval_limit && facts.channels == other.facts.channels &&
           facts.classes == other.facts.classes && facts.resolution == other.facts.resolution;
  }
};

/// mnist, fashion-mnist, cifar10, cifar100, imagenet, imagefolder, synthetic.
std::optional<DatasetFacts> dataset_facts(std::string_view name);
std::vector<std::string> dataset_names();
/// Folder where Debian's package or custom puts the files of `name`; empty where there is none.
std::string default_dataset_root(std::string_view name);

}  // namespace spin
