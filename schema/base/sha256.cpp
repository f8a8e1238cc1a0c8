#include "schema/base/sha256.h"

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include "schema/base/file.h"

namespace spin {

struct Sha256::Context {
  Context() {
    // Looked up once: EVP_sha256() would have OpenSSL search its providers for every hash.
    static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    // OpenSSL fails here only for want of memory.
    if (value == nullptr || EVP_DigestInit_ex(value, kSha256, nullptr) != 1) std::abort();
  }
  void begin_anew() {
    if (EVP_DigestInit_ex(value, nullptr, nullptr) != 1) std::abort();
  }
  ~Context() { EVP_MD_CTX_free(value); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MD_CTX* value = EVP_MD_CTX_new();
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  if (EVP_DigestUpdate(context_->value, bytes.data(), bytes.size()) != 1) std::abort();
}

void Sha256::go_on_from(const Sha256& other) {
  if (EVP_MD_CTX_copy_ex(context_->value, other.context_->value) != 1) std::abort();
}

Digest Sha256::finish() {
  Digest digest;
  if (EVP_DigestFinal_ex(context_->value, digest.bytes.data(), nullptr) != 1) std::abort();
  context_->begin_anew();
  return digest;
}

Digest sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

Result<Digest> sha256_file(const std::filesystem::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    const auto code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::internal;
    return Error{code, path.string() + ": " + std::generic_category().message(errno)};
  }
  Sha256 hash;
  std::vector<char> block(std::size_t{1} << 18U);
  for (;;) {
    const auto count = ::read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return Error{ErrorCode::internal, path.string() + ": " + std::generic_category().message(errno)};
    if (count == 0) return hash.finish();
    hash.update({block.data(), static_cast<std::size_t>(count)});
  }
}

}  // namespace spin
