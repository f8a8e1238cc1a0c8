#pragma once

#include <string_view>

#include "schema/base/ids.h"

namespace spin {

/// SHA-256 without OpenSSL, for spin-train, which builds on hosts that lack it. Several times slower than
/// sha256(), so for short texts alone.
[[nodiscard]] Digest portable_sha256(std::string_view bytes);

}  // namespace spin
