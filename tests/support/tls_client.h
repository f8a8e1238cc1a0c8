#pragma once

#include <optional>
#include <string>

#include "proto/net/tls_files.h"

namespace spin {

/// What a client of OpenSSL's own, not gRPC's, got from a server.
struct TlsAnswer {
  bool has_shaken_hands = false;  ///< in TLS 1.3 the server may still refuse the client's certificate
  std::string version;            ///< "TLSv1.3"
  std::string common_name;        ///< of the server's certificate
  std::string bytes;              ///< its first ones, HTTP/2's where it takes us; empty: it hung up
};

/// Connects to 127.0.0.1:PORT in this version of TLS (TLS1_2_VERSION, ...) and believes any server. No files:
/// no certificate.
TlsAnswer ask_over_tls(int port, int version, const std::optional<net::TlsFiles>& files);

/// Sends bytes without any TLS, and what comes back until the server hangs up.
std::string ask_in_the_clear(int port, const std::string& bytes);

}  // namespace spin
