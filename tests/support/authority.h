#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "proto/net/tls_files.h"
#include "tests/support/temp_folder.h"

namespace spin {

/// What a certificate of a test says.
struct CertificateText {
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";  ///< subjectAltName; empty = none
  std::string usage{};                                      ///< extendedKeyUsage; empty = any
  std::chrono::hours begins{-1}, ends{24};                  ///< from now
};

/// An authority of a test's own, with P-256 keys, in a folder of its own.
class Authority {
 public:
  explicit Authority(const std::string& name = "test authority");
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  /// NAME.pem and NAME.key in the folder, with a new key; each takes its place by renaming.
  net::TlsFiles issue(const std::string& name, const CertificateText& text = {}) const;
  [[nodiscard]] std::filesystem::path certificate() const { return folder_ / "authority.pem"; }
  [[nodiscard]] const TempFolder& folder() const { return folder_; }

 private:
  TempFolder folder_;
  EVP_PKEY* key_;
  X509* certificate_;
};

/// The options that name the files, for a command line.
std::vector<std::string> tls_options(const net::TlsFiles& files);

}  // namespace spin
