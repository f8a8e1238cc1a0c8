#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

#include "schema/base/ids.h"

namespace spin {

/// Incremental SHA-256 (OpenSSL).
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  /// Forgets what it has seen, and goes on from where the other one stands.
  void go_on_from(const Sha256& other);
  /// Ends the computation; the next update() begins another.
  [[nodiscard]] Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

[[nodiscard]] Digest sha256(std::string_view bytes);
/// Reads the file in blocks. not_found, or internal with the system's reason.
Result<Digest> sha256_file(const std::filesystem::path& path);

}  // namespace spin
