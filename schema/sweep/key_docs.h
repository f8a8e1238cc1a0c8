#pragma once

#include <string>
#include <vector>

namespace spin::sweep {

/// What people are told of one key of the sweep file.
struct KeyDoc {
  std::string path;
  std::string type;       ///< "whole number", "adamw | sgd"
  std::string accepted;   ///< "1 to 1024"; empty where the type says all
  std::string otherwise;  ///< what holds where the key is missing, as a file would write it, or in words
  std::string meaning;
  std::string source;  ///< where the setting comes from; empty where it is ours
};

/// Every key, in the order of the contract; `axes` stands for each setting below it, and `pretrain.X` follows
/// `training.X`.
const std::vector<KeyDoc>& key_docs();

}  // namespace spin::sweep
