#include "proto/net/address.h"

#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "schema/base/paths.h"

namespace spin::net {
namespace {

constexpr const char* kAccepted =
    "unix:PATH or HOST:PORT is accepted, such as unix:/run/spin/spind.sock, gpu1.example.org:7443, "
    "[::1]:7443";
constexpr std::size_t kLongestHost = 253;  // RFC 1035

Error wrong(std::string_view text, std::string_view what) {
  return Error{ErrorCode::invalid_argument, fmt::format("address '{}': {}; {}", text, what, kAccepted)};
}

bool only_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
// With a zone, as in fe80::1%eth0.
constexpr std::string_view kIpv6Characters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:%";

struct Parts {
  std::string_view host, port;
  bool has_brackets = false;
};

Result<Parts> split(const std::string& text) {
  const std::string_view all = text;
  if (all.starts_with('[')) {
    const auto close = all.find("]:");
    if (close == std::string_view::npos) return wrong(text, "there is no ]:PORT after the [");
    return Parts{all.substr(1, close - 1), all.substr(close + 2), true};
  }
  const auto colon = all.rfind(':');
  if (colon == std::string_view::npos) {
    const bool is_path = all.find('/') != std::string_view::npos;
    return wrong(text, is_path ? "a socket's path stands after unix:" : "the port is missing");
  }
  return Parts{all.substr(0, colon), all.substr(colon + 1), false};
}

Result<Address> parse_tcp(const std::string& text) {
  SPIN_ASSIGN(const Parts parts, split(text));
  if (parts.host.empty()) return wrong(text, "the host is missing");
  if (parts.host.find('/') != std::string_view::npos) return wrong(text, "it has a / in its host");
  if (!parts.has_brackets && parts.host.find(':') != std::string_view::npos)
    return wrong(text, "an IPv6 host stands in brackets");
  if (!only_of(parts.host, parts.has_brackets ? kIpv6Characters : kNameCharacters) ||
      parts.host.size() > kLongestHost)
    return wrong(text, "its host is no name and no IP address");
  TcpAddress address{std::string(parts.host), 0};
  const char* end = parts.port.data() + parts.port.size();
  const auto [rest, error] = std::from_chars(parts.port.data(), end, address.port);
  if (error != std::errc{} || rest != end)
    return wrong(text, fmt::format("'{}' is no port from 0 to 65535", parts.port));
  return Address(std::move(address));
}

}  // namespace

std::string TcpAddress::text() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port);
}

Result<Address> parse_address(const std::string& text) {
  if (!text.starts_with("unix:")) return parse_tcp(text);
  SPIN_ASSIGN(std::string path, unix_socket_path(text));
  return Address(UnixAddress{std::move(path)});
}

}  // namespace spin::net
