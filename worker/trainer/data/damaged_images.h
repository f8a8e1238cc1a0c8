#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "schema/base/result.h"

namespace spin {

/// Counts the images of a split that could not be read, each once, and says when they are too many: more than
/// 1 % of the split, or 10 where that is more, or all of them. Safe to use from several threads.
class DamagedImages {
 public:
  /// `log` gets a line for each damaged image, from the thread that found it.
  DamagedImages(std::int64_t images, std::function<void(const std::string&)> log);

  /// data_loss, naming the first ones, from the image on that is one too many.
  Status add(std::int64_t index, const std::string& name, const std::string& reason);
  [[nodiscard]] std::int64_t count() const;

 private:
  const std::int64_t images_;
  const std::int64_t limit_;
  const std::function<void(const std::string&)> log_;

  mutable std::mutex mutex_;
  std::set<std::int64_t> indices_;  // behind mutex_
  std::vector<std::string> first_;  // behind mutex_: the first few, as "name (reason)"
};

}  // namespace spin
