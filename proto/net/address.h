#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "schema/base/result.h"

namespace spin::net {

struct UnixAddress {
  std::string path;
};

struct TcpAddress {
  std::string host;  ///< name, IPv4, or IPv6 without its brackets
  std::uint16_t port = 0;

  /// HOST:PORT, an IPv6 host in brackets.
  [[nodiscard]] std::string text() const;
};

using Address = std::variant<UnixAddress, TcpAddress>;

/// "unix:PATH" or "HOST:PORT". invalid_argument with what is wrong and what would do.
Result<Address> parse_address(const std::string& text);

}  // namespace spin::net
