#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "schema/base/result.h"

namespace spin {

/// A SHA-256 value.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const Digest&) const = default;
};

/// 64 lower-case hexadecimal digits.
std::string to_hex(const Digest& digest);
/// Accepts exactly 64 hexadecimal digits.
Result<Digest> digest_from_hex(std::string_view hex);

namespace detail {
/// Distinct types over one representation: a JobId is never an ArtifactId.
template <class Tag>
struct DigestId {
  Digest digest;
  auto operator<=>(const DigestId&) const = default;
  [[nodiscard]] std::string hex() const { return to_hex(digest); }
  /// The first 12 digits, which listings show and commands accept.
  [[nodiscard]] std::string short_hex() const { return hex().substr(0, 12); }
};
template <class Tag>
struct NumberId {
  std::int64_t value = 0;
  auto operator<=>(const NumberId&) const = default;
};
}  // namespace detail

/// Identity of a job: versioned SHA-256 of its canonical configuration.
using JobId = detail::DigestId<struct JobTag>;
/// Name of an artifact: SHA-256 of its bytes.
using ArtifactId = detail::DigestId<struct ArtifactTag>;
/// Row of a sweep in the coordinator's database; grows, never reused.
using SweepId = detail::NumberId<struct SweepTag>;
/// One connection of a worker to this boot of the coordinator.
using SessionId = detail::NumberId<struct SessionTag>;

/// Fencing token of an attempt: (boot epoch of the coordinator, sequence within it). Ordered by age.
struct AttemptToken {
  std::int64_t boot_epoch = 0;
  std::int64_t sequence = 0;
  auto operator<=>(const AttemptToken&) const = default;
};

}  // namespace spin

template <class Tag>
struct std::hash<spin::detail::DigestId<Tag>> {
  std::size_t operator()(const spin::detail::DigestId<Tag>& id) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, id.digest.bytes.data(), sizeof value);
    return value;
  }
};
template <class Tag>
struct std::hash<spin::detail::NumberId<Tag>> {
  std::size_t operator()(const spin::detail::NumberId<Tag>& id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
template <>
struct std::hash<spin::AttemptToken> {
  constexpr std::size_t operator()(const spin::AttemptToken& token) const noexcept {
    return static_cast<std::uint64_t>(token.boot_epoch) * 1'000'003 +
           static_cast<std::uint64_t>(token.sequence);
  }
};
