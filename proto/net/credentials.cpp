#include "proto/net/credentials.h"

#include <cstdlib>

#include <grpcpp/security/tls_credentials_options.h>

#include "proto/wire/library.h"

namespace spin::net {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

constexpr unsigned kLookInterval_s = 5;

/// gRPC 1.51 has no setting for the lowest version of TLS, only a list of cipher suites for those below 1.3:
/// it holds one that needs a key shared beforehand, which nobody has, so that no handshake below 1.3 can
/// succeed. gRPC reads the variable once.
void forbid_tls_below_1_3() {
  [[maybe_unused]] static const int done =
      ::setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES256-GCM-SHA384", /*overwrite=*/1);
}

std::shared_ptr<FileWatcherCertificateProvider> watch(const TlsFiles& files) {
  wire::keep_grpc();
  forbid_tls_below_1_3();
  return std::make_shared<FileWatcherCertificateProvider>(files.key.string(), files.certificate.string(),
                                                          files.authority.string(), kLookInterval_s);
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const TlsFiles& files) {
  grpc::experimental::TlsServerCredentialsOptions options(watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const TlsFiles& files) {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace spin::net
