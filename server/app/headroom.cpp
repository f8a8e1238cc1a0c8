#include "server/app/headroom.h"

#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace spin {

Headroom::Headroom(std::vector<std::filesystem::path> folders, std::uint64_t reserve_bytes, Changed changed)
    : folders_(std::move(folders)), reserve_bytes_(reserve_bytes), changed_(std::move(changed)) {}

void Headroom::look() {
  const std::string reason = find_reason();
  if (reason.empty() != low_) return;
  low_ = !low_;
  changed_(reason);
}

std::string Headroom::find_reason() const {
  for (const auto& folder : folders_) {
    std::error_code error;
    const auto space = std::filesystem::space(folder, error);
    // A disk that cannot be asked says so when it is written to.
    if (error || space.available >= reserve_bytes_) continue;
    return fmt::format("the disk of {} has {} MiB free, and {} MiB are reserved", folder.string(),
                       space.available >> 20, reserve_bytes_ >> 20);
  }
  return {};
}

}  // namespace spin
