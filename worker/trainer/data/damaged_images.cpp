#include "worker/trainer/data/damaged_images.h"

#include <algorithm>
#include <utility>

namespace spin {
namespace {

constexpr std::int64_t kAlwaysPassedOver = 10;
constexpr std::size_t kNamed = 10;

}  // namespace

DamagedImages::DamagedImages(std::int64_t images, std::function<void(const std::string&)> log)
    : images_(images),
      limit_(std::min(std::max(kAlwaysPassedOver, images / 100), images - 1)),
      log_(std::move(log)) {}

Status DamagedImages::add(std::int64_t index, const std::string& name, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (indices_.insert(index).second) {
    log_("passed over: " + name + ": " + reason);
    if (first_.size() < kNamed) first_.push_back(name + " (" + reason + ")");
  }
  const auto found = static_cast<std::int64_t>(indices_.size());
  if (found <= limit_) return {};
  std::string message = std::to_string(found) + " of " + std::to_string(images_) +
                        " images are damaged, more than the " + std::to_string(limit_) +
                        " that are passed over; repair or remove them. The first: ";
  for (std::size_t i = 0; i < first_.size(); ++i) message += (i == 0 ? "" : ", ") + first_[i];
  return Error{ErrorCode::data_loss, message};
}

std::int64_t DamagedImages::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(indices_.size());
}

}  // namespace spin
