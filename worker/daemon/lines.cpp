#include "worker/daemon/lines.h"

#include <utility>

namespace spin::daemon {

bool Lines::feed(std::string_view bytes, const std::function<void(std::string_view)>& each) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (pending_.size() + part.size() > limit_bytes_ && policy_ == TooLong::refuse) return false;
    pending_ += part.substr(0, limit_bytes_ - pending_.size());
    if (end == std::string_view::npos) return true;
    each(pending_);
    pending_.clear();
    bytes.remove_prefix(end + 1);
  }
  return true;
}

void Lines::finish(const std::function<void(std::string_view)>& each) {
  if (!pending_.empty()) each(std::exchange(pending_, {}));
}

}  // namespace spin::daemon
