#include "schema/base/ids.h"

#include <algorithm>

#include "schema/base/hex.h"
#include "schema/base/text.h"

namespace spin {
std::string to_hex(const Digest& digest) {
  return to_hex({reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()});
}

Result<Digest> digest_from_hex(std::string_view hex) {
  Digest digest;
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != digest.bytes.size())
    return Error{ErrorCode::invalid_argument,
                 "'" + shortened(hex, 80) + "' is not a hash: 64 hexadecimal digits are expected"};
  std::copy(bytes->begin(), bytes->end(), digest.bytes.begin());
  return digest;
}

}  // namespace spin
