#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "schema/sweep/plan.h"
#include "schema/sweep/yaml.h"

namespace spin::sweep {

/// Where a sweep came from; words its errors.
class Source {
 public:
  Source(std::string_view file, const std::vector<Override>& overrides)
      : file_(file), overrides_(overrides) {}

  /// "FILE:LINE: PATH: WHAT", or "--set PATH=VALUE: WHAT".
  [[nodiscard]] Error error(Where where, std::string_view path, std::string_view what,
                            ErrorCode code = ErrorCode::invalid_argument) const;
  /// "FILE: WHAT", of the file as a whole.
  [[nodiscard]] Error error(std::string_view what, ErrorCode code) const;
  [[nodiscard]] const std::vector<Override>& overrides() const { return overrides_; }

 private:
  std::string file_;
  const std::vector<Override>& overrides_;
};

}  // namespace spin::sweep
