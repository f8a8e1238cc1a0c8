#pragma once

#include <filesystem>

#include "schema/base/result.h"

namespace CLI {
class App;
}

namespace spin::net {

/// PEM files that say who this process is and whom it believes.
struct TlsFiles {
  std::filesystem::path certificate;  ///< --tls-cert: ours, followed by intermediate ones
  std::filesystem::path key;          ///< --tls-key
  std::filesystem::path authority;    ///< --tls-ca: who signs our certificate and those of our peers
};

enum class Side { server, client };

/// --tls-cert, --tls-key, --tls-ca, or SPIN_TLS_CERT, SPIN_TLS_KEY, SPIN_TLS_CA. `files` outlives the app.
void add_tls_options(CLI::App& app, TlsFiles& files);

/// Whether a peer could believe us with these files: readable, PEM, key and certificate a pair, the key for
/// its owner only, the certificate valid now, for this side, and signed by the authority. Else
/// invalid_argument with the option, the file and what would do.
Status check_tls_files(const TlsFiles& files, Side side);

}  // namespace spin::net
