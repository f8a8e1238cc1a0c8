#pragma once

#include <string>

namespace spin {

/// Whether a coordinator does its work, for those who start it anew when it does not.
struct Health {
  bool ok = true;
  std::string reason{};  ///< why not, for people
};

}  // namespace spin
