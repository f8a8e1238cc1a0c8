#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "proto/net/tls_files.h"
#include "schema/base/result.h"

namespace spin::net {

struct OpenSslDelete {
  void operator()(BIO* value) const { BIO_free_all(value); }
  void operator()(EVP_PKEY* value) const { EVP_PKEY_free(value); }
  void operator()(SSL* value) const { SSL_free(value); }
  void operator()(SSL_CTX* value) const { SSL_CTX_free(value); }
  void operator()(X509* value) const { X509_free(value); }
  void operator()(X509_STORE* value) const { X509_STORE_free(value); }
  void operator()(X509_STORE_CTX* value) const { X509_STORE_CTX_free(value); }
  void operator()(STACK_OF(X509) * value) const { sk_X509_free(value); }
};
template <class T>
using OpenSslPtr = std::unique_ptr<T, OpenSslDelete>;

using Certificates = std::vector<OpenSslPtr<X509>>;  ///< ours first, where they are a chain

/// OpenSSL's word on the last failed call of this thread, such as "ee key too small"; forgets it.
std::string openssl_reason();

// Facts of a certificate, for people.
std::string subject_of(const X509& certificate);
std::string issuer_of(const X509& certificate);
/// The host names and IP addresses that it is for, "a.example.org, 10.0.0.1"; empty = none.
std::string names_in(const X509& certificate);
/// "from 2026-11-25 16:33:16 UTC until 2026-11-27 16:33:16 UTC".
std::string validity_of(const X509& certificate);

/// What a failed verification (X509_V_ERR_...) says of the certificate `failing`, to go after its name:
/// "expired: it is valid from ...".
std::string verification_failure(int error, const X509* failing, const TlsFiles& files, Side side);

/// TLS 1.3 alone, with our certificate, ready to verify peers. The files have been checked.
Result<OpenSslPtr<SSL_CTX>> make_context(const TlsFiles& files, Side side);

}  // namespace spin::net
