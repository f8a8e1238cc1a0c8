#include "server/rpc/listen_claim.h"

#include <algorithm>
#include <variant>

namespace spin {

Result<ListenClaim> ListenClaim::take(const std::vector<std::string>& addresses, const net::TlsFiles& tls) {
  ListenClaim claim(tls);
  for (auto at = addresses.begin(); at != addresses.end(); ++at) {
    if (std::find(addresses.begin(), at, *at) != at)
      return Error{ErrorCode::invalid_argument, "--listen " + *at + " is given twice"};
    SPIN_ASSIGN(const net::Address address, net::parse_address(*at));
    SPIN_TRY(std::visit([&claim](const auto& one) { return claim.add(one); }, address));
  }
  return claim;
}

Status ListenClaim::add(const net::UnixAddress& address) {
  SPIN_ASSIGN(SocketClaim socket, SocketClaim::take(address.path));
  addresses_.push_back("unix:" + address.path);
  endpoints_.push_back(addresses_.back());
  sockets_.push_back(std::move(socket));
  return {};
}

Status ListenClaim::add(const net::TcpAddress& address) {
  if (ports_.empty()) SPIN_TRY(net::check_tls_files(tls_, net::Side::server));
  SPIN_ASSIGN(net::PortClaim port, net::PortClaim::take(address));
  addresses_.push_back(port.address().text());
  endpoints_.insert(endpoints_.end(), port.endpoints().begin(), port.endpoints().end());
  ports_.push_back(std::move(port));
  return {};
}

}  // namespace spin
