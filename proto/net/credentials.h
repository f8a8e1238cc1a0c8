#pragma once

#include <memory>

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include "proto/net/tls_files.h"

namespace spin::net {

// Mutual TLS 1.3: both sides show a certificate that the authority has signed, in the handshake, so that
// nobody else gets as far as gRPC's HTTP/2 parser; a client also looks for the host in the server's
// certificate. Files that are renewed while a process runs count for new connections a few seconds later:
// gRPC takes key and certificate together, so they are to be replaced one right after the other, each by
// renaming.

/// Precondition of both: check_tls_files() was content.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const TlsFiles& files);
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const TlsFiles& files);

}  // namespace spin::net
