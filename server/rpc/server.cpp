#include "server/rpc/server.h"

#include <chrono>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <spdlog/spdlog.h>

#include "proto/net/credentials.h"
#include "proto/net/renewal.h"
#include "proto/wire/library.h"
#include "server/listen/listener.h"
#include "server/rpc/control_service.h"
#include "server/rpc/fleet_service.h"

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
}

/// Takes connections for the server, which shakes hands with them as the credentials say.
Listener::Accepted hand_over(grpc::ServerBuilder& builder,
                             std::shared_ptr<grpc::ServerCredentials> credentials) {
  using Acceptor = grpc::experimental::ExternalConnectionAcceptor;
  std::shared_ptr<Acceptor> acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, std::move(credentials));
  return [acceptor](FileDescriptor connection) {
    Acceptor::NewConnectionParameters parameters;
    parameters.fd = connection.release();
    acceptor->HandleNewConnection(&parameters);
  };
}

/// Opens doors for all that was claimed.
template <class Claim>
Status open_doors(std::vector<Claim> claims, const Listener::Accepted& accepted,
                  std::vector<Listener::Entrance>& entrances) {
  for (auto& claim : claims) {
    SPIN_ASSIGN(auto door, open_door(std::move(claim)));
    entrances.push_back({std::move(door), accepted});
  }
  return {};
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
      : claim_(std::move(claim)), fleet_(fleet, artifacts), control_(control, artifacts) {}
  ~GrpcServer() override { stop(); }

  Status listen() {
    wire::keep_grpc();
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    configure(builder);
    std::vector<Listener::Entrance> entrances;
    SPIN_TRY(
        open_doors(claim_.take_sockets(), hand_over(builder, grpc::InsecureServerCredentials()), entrances));
    if (auto ports = claim_.take_ports(); !ports.empty()) {
      SPIN_ASSIGN(renewed_, net::RenewedFiles::start(claim_.tls(), net::Side::server, log_renewal));
      const auto credentials = net::server_credentials(renewed_->copies());
      SPIN_TRY(open_doors(std::move(ports), hand_over(builder, credentials), entrances));
    }
    builder.RegisterService(&fleet_);
    builder.RegisterService(&control_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return Error{ErrorCode::internal, "gRPC's server does not start"};
    SPIN_ASSIGN(listener_, Listener::start(std::move(entrances)));
    return {};
  }

  std::int64_t calls_cut_off() override { return fleet_.cut_off() + control_.cut_off(); }

  void stop() override {
    if (server_ == nullptr) return;
    control_.stop();
    listener_.reset();
    fleet_.stop(Error{ErrorCode::unavailable, "spind is stopping"});
    server_->Shutdown(std::chrono::system_clock::now() + kStopGrace);
    server_->Wait();
    server_.reset();
  }

 private:
  ListenClaim claim_;
  FleetService fleet_;
  ControlService control_;
  std::unique_ptr<net::RenewedFiles> renewed_;  ///< gRPC reads its copies as long as the server lives
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ListenClaim claim, FleetBackend& fleet, ControlBackend& control,
                                              ArtifactStore& artifacts) {
  auto server = std::make_unique<GrpcServer>(std::move(claim), fleet, control, artifacts);
  SPIN_TRY(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace spin
