#include "proto/net/tls_files.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/net/openssl.h"
#include "schema/base/file.h"

namespace spin::net {
namespace {

constexpr const char* kCertificateOption = "--tls-cert";
constexpr const char* kKeyOption = "--tls-key";
constexpr const char* kAuthorityOption = "--tls-ca";
constexpr std::size_t kLargestFileBytes = 1 << 20;

/// A file with the option that names it, for messages.
struct NamedFile {
  const char* option;
  const std::filesystem::path& path;
  [[nodiscard]] Error wrong(std::string_view what) const {
    return {ErrorCode::invalid_argument, fmt::format("{} {}: {}", option, path.string(), what)};
  }
  [[nodiscard]] Result<std::string> read() const {
    auto bytes = read_file(path, kLargestFileBytes);
    if (!bytes.ok())
      return Error{ErrorCode::invalid_argument, fmt::format("{} {}", option, bytes.error().message)};
    return bytes;
  }
};

Status check_complete(const TlsFiles& files) {
  std::string missing;
  for (const auto& file : {NamedFile{kCertificateOption, files.certificate}, NamedFile{kKeyOption, files.key},
                           NamedFile{kAuthorityOption, files.authority}}) {
    if (!file.path.empty()) continue;
    if (!missing.empty()) missing += ", ";
    missing += file.option;
  }
  if (missing.empty()) return {};
  return Error{ErrorCode::invalid_argument,
               fmt::format("HOST:PORT takes mutual TLS, so that nobody connects without a certificate: "
                           "missing {} (PEM files; deploy/make-certificates.sh makes them)",
                           missing)};
}

/// As ssh has it: a key that others can read is no secret. A group may read root's, as Debian's ssl-cert
/// does.
Status check_permissions(const NamedFile& key) {
  struct stat status {};
  if (stat(key.path.c_str(), &status) != 0) return key.wrong(std::strerror(errno));
  const bool is_roots = status.st_uid == 0 && geteuid() != 0;
  if ((status.st_mode & (is_roots ? S_IRWXO | S_IWGRP : S_IRWXO | S_IRWXG)) == 0) return {};
  return key.wrong(fmt::format("others may use this private key (mode {:04o}); type: chmod 600 {}",
                               status.st_mode & 07777, key.path.string()));
}

Result<Certificates> read_certificates(const NamedFile& file) {
  SPIN_ASSIGN(const std::string bytes, file.read());
  const OpenSslPtr<BIO> memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  Certificates all;
  while (X509* next = PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)) all.emplace_back(next);
  const auto end = ERR_peek_last_error();
  const bool is_at_end = ERR_GET_LIB(end) == ERR_LIB_PEM && ERR_GET_REASON(end) == PEM_R_NO_START_LINE;
  const std::string reason = openssl_reason();
  if (!is_at_end) return file.wrong("holds a certificate that cannot be read: " + reason);
  if (!all.empty()) return all;
  if (bytes.find("PRIVATE KEY-----") != std::string::npos)
    return file.wrong("holds a private key where a certificate is expected");
  return file.wrong("holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----");
}

/// OpenSSL would ask the terminal for a passphrase.
int refuse_passphrase(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

Result<OpenSslPtr<EVP_PKEY>> read_key(const NamedFile& file) {
  SPIN_ASSIGN(const std::string bytes, file.read());
  const OpenSslPtr<BIO> memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  bool was_asked = false;
  OpenSslPtr<EVP_PKEY> key(PEM_read_bio_PrivateKey(memory.get(), nullptr, refuse_passphrase, &was_asked));
  const std::string reason = key == nullptr ? openssl_reason() : "";
  if (was_asked)
    return file.wrong(
        fmt::format("is locked with a passphrase, which a daemon cannot type; openssl pkey -in {} "
                    "-out NEW.key unlocks it",
                    file.path.string()));
  if (key == nullptr)
    return file.wrong("holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----: " +
                      reason);
  return key;
}

Status check_chain(const Certificates& chain, const Certificates& authorities, const TlsFiles& files,
                   Side side) {
  const OpenSslPtr<X509_STORE> store(X509_STORE_new());
  for (const auto& authority : authorities) X509_STORE_add_cert(store.get(), authority.get());
  const OpenSslPtr<STACK_OF(X509)> intermediate(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(intermediate.get(), chain[i].get());
  const OpenSslPtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), intermediate.get());
  X509_STORE_CTX_set_purpose(context.get(),
                             side == Side::server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
  if (X509_verify_cert(context.get()) == 1) return {};
  const NamedFile file{kCertificateOption, files.certificate};
  return file.wrong("the certificate " + verification_failure(X509_STORE_CTX_get_error(context.get()),
                                                              X509_STORE_CTX_get_current_cert(context.get()),
                                                              files, side));
}

}  // namespace

void add_tls_options(CLI::App& app, TlsFiles& files) {
  app.add_option(kCertificateOption, files.certificate,
                 "For HOST:PORT: PEM file of this program's certificate, then intermediate ones")
      ->envname("SPIN_TLS_CERT")
      ->type_name("FILE");
  app.add_option(kKeyOption, files.key, "For HOST:PORT: PEM file of its private key, for its owner only")
      ->envname("SPIN_TLS_KEY")
      ->type_name("FILE");
  app.add_option(kAuthorityOption, files.authority,
                 "For HOST:PORT: PEM file of the authority that signs the certificates of both sides")
      ->envname("SPIN_TLS_CA")
      ->type_name("FILE");
}

Status check_tls_files(const TlsFiles& files, Side side) {
  SPIN_TRY(check_complete(files));
  const NamedFile key_file{kKeyOption, files.key};
  SPIN_ASSIGN(const auto chain, read_certificates({kCertificateOption, files.certificate}));
  SPIN_ASSIGN(const auto authorities, read_certificates({kAuthorityOption, files.authority}));
  SPIN_ASSIGN(const auto key, read_key(key_file));
  SPIN_TRY(check_permissions(key_file));
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    return key_file.wrong(fmt::format("does not belong to the certificate in {} {}", kCertificateOption,
                                      files.certificate.string()));
  }
  SPIN_TRY(check_chain(chain, authorities, files, side));
  // What OpenSSL still has against them: keys too short for its security level, say.
  auto context = make_context(files, side);
  return context.ok() ? Status() : Status(context.error());
}

}  // namespace spin::net
