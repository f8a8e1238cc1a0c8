#include <fmt/format.h>
#include <openssl/err.h>

#include "proto/net/openssl.h"

namespace spin::net {

Result<OpenSslPtr<SSL_CTX>> make_context(const TlsFiles& files, Side side) {
  OpenSslPtr<SSL_CTX> context(SSL_CTX_new(side == Side::server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* raw = context.get();
  const bool is_usable = raw != nullptr && SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1 &&
                         SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()) == 1 &&
                         SSL_CTX_use_PrivateKey_file(raw, files.key.c_str(), SSL_FILETYPE_PEM) == 1 &&
                         SSL_CTX_load_verify_file(raw, files.authority.c_str()) == 1;
  if (!is_usable)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("--tls-cert {}, --tls-key {}, --tls-ca {}: TLS cannot use them: {}",
                             files.certificate.string(), files.key.string(), files.authority.string(),
                             openssl_reason())};
  return context;
}

}  // namespace spin::net
