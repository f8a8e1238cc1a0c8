#include "server/rpc/server.h"

#include <chrono>
#include <deque>

#include <grpcpp/grpcpp.h>
#include <grpcpp/server_posix.h>
#include <spdlog/spdlog.h>

#include "proto/net/credentials.h"
#include "proto/net/renewal.h"
#include "proto/wire/library.h"
#include "server/rpc/control_service.h"
#include "server/rpc/fleet_service.h"
#include "server/rpc/unix_listener.h"

namespace spin {
namespace {

constexpr int kMaxReceiveBytes = 4 << 20;
/// gRPC lets a client wait without a word at this limit; those of CallLimits and FleetService tell it why.
constexpr int kMaxStreamsPerConnection = 2048;
constexpr int kKeepaliveTime_ms = 20'000;
constexpr int kKeepaliveTimeout_ms = 10'000;
/// Clients may send keepalive pings as often as this.
constexpr int kMinPingInterval_ms = 5'000;
/// Who has not shown a certificate by then is hung up on.
constexpr int kHandshakeTimeout_ms = 10'000;
/// How long running calls may take to end before they are cancelled.
constexpr std::chrono::seconds kStopGrace{2};

void configure(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTime_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeout_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingInterval_ms);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeout_ms);
  // Otherwise a second process of this user could listen at the same port and get half of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

/// Where the server shall listen, and whether it does.
struct Listening {
  std::string address;
  int port = 0;  ///< of gRPC; 0 = it does not listen
};

/// `renewed`: null where no port is claimed.
std::deque<Listening> add_addresses(grpc::ServerBuilder& builder, const ListenClaim& claim,
                                    const net::RenewedFiles* renewed) {
  std::deque<Listening> all;  // gRPC keeps pointers to the ports
  const auto add = [&](std::string address, std::shared_ptr<grpc::ServerCredentials> credentials) {
    auto& one = all.emplace_back(Listening{std::move(address), 0});
    builder.AddListeningPort(one.address, std::move(credentials), &one.port);
  };
  if (renewed == nullptr) return all;
  const auto credentials = net::server_credentials(renewed->copies());
  for (const auto& port : claim.ports())
    for (const auto& endpoint : port.endpoints()) add(endpoint, credentials);
  return all;
}

void log_renewal(const Status& renewed) {
  if (renewed.ok())
    spdlog::info("the renewed TLS files are in use");
  else
    spdlog::error("the renewed TLS files are not taken up, those from before stay in use: {}",
                  renewed.error().message);
}

class GrpcServer final : public Server {
 public:
  GrpcServer(ListenClaim claim, FleetBackend& fleet, ControlBackend& control, ArtifactStore& artifacts)
      : claim_(std::move(claim)), fleet_(fleet, artifacts), control_(control) {}
  ~GrpcServer() override { stop(); }

  Status listen() {
    wire::keep_grpc();
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    configure(builder);
    if (!claim_.ports().empty()) {
      SPIN_ASSIGN(renewed_, net::RenewedFiles::start(claim_.tls(), net::Side::server, log_renewal));
    }
    auto listening = add_addresses(builder, claim_, renewed_.get());
    builder.RegisterService(&fleet_);
    builder.RegisterService(&control_);
    server_ = builder.BuildAndStart();
    if (server_ != nullptr) return listen_at_sockets();
    for (const auto& [address, port] : listening)
      if (port == 0) return Error{ErrorCode::already_exists, "cannot listen at " + address};
    return Error{ErrorCode::internal, "gRPC's server does not start"};
  }

  std::int64_t calls_cut_off() override { return fleet_.cut_off() + control_.cut_off(); }

  void stop() override {
    if (server_ == nullptr) return;
    control_.stop();
    sockets_.clear();
    fleet_.stop(Error{ErrorCode::unavailable, "spind is stopping"});
    server_->Shutdown(std::chrono::system_clock::now() + kStopGrace);
    server_->Wait();
    server_.reset();
  }

 private:
  Status listen_at_sockets() {
    for (auto& socket : claim_.take_sockets()) {
      SPIN_ASSIGN(auto listener, UnixListener::start(std::move(socket), [this](FileDescriptor connection) {
                    grpc::AddInsecureChannelFromFd(server_.get(), connection.release());
                  }));
      sockets_.push_back(std::move(listener));
    }
    return {};
  }

  ListenClaim claim_;
  FleetService fleet_;
  ControlService control_;
  std::unique_ptr<net::RenewedFiles> renewed_;  ///< gRPC reads its copies as long as the server lives
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::unique_ptr<UnixListener>> sockets_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ListenClaim claim, FleetBackend& fleet, ControlBackend& control,
                                              ArtifactStore& artifacts) {
  auto server = std::make_unique<GrpcServer>(std::move(claim), fleet, control, artifacts);
  SPIN_TRY(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace spin
