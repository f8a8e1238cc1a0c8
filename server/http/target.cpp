#include "server/http/target.h"

namespace spin {

std::string path_of_target(std::string_view target) {
  // RFC 9112, section 3.2: a server accepts the absolute form, too.
  if (const auto scheme = target.find("://"); scheme != std::string_view::npos && !target.starts_with('/')) {
    const auto path = target.find_first_of("/?#", scheme + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  target = target.substr(0, target.find_first_of("?#"));
  while (target.ends_with('/')) target.remove_suffix(1);
  return target.empty() ? "/" : std::string(target);
}

}  // namespace spin
