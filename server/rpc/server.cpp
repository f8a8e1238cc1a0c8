#include "server/rpc/server.h"

#include <chrono>

#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>

#include "proto/wire/library.h"
#include "schema/base/paths.h"
#include "schema/base/unix_socket.h"
#include "server/rpc/control_service.h"
#include "server/rpc/fleet_service.h"

namespace spin {
namespace {

constexpr int kMaxReceiveBytes = 4 << 20;
/// Threads for calls: one per transfer, watcher and listing; a call beyond them is refused as
/// resource_exhausted.
constexpr int kMaxThreads = 64;
constexpr int kMaxStreamsPerConnection = 128;
constexpr int kKeepaliveTime_ms = 20'000;
constexpr int kKeepaliveTimeout_ms = 10'000;
/// Clients may send keepalive pings as often as this.
constexpr int kMinPingInterval_ms = 5'000;
/// How long running calls may take to end before they are cancelled.
constexpr std::chrono::seconds kStopGrace{2};

void configure(grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("spind");
  quota.SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTime_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeout_ms);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingInterval_ms);
}

class GrpcServer final : public Server {
 public:
  GrpcServer(SocketClaim claim, FleetBackend& fleet, ControlBackend& control, ArtifactStore& artifacts)
      : claim_(std::move(claim)), fleet_(fleet, artifacts), control_(control) {}
  ~GrpcServer() override { stop(); }

  Status listen() {
    wire::keep_grpc();
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    configure(builder);
    builder.AddListeningPort("unix:" + claim_.path(), grpc::InsecureServerCredentials());
    builder.RegisterService(&fleet_);
    builder.RegisterService(&control_);
    const OwnerOnlyUmask owner_only;
    server_ = builder.BuildAndStart();
    if (server_ == nullptr)
      return Error{ErrorCode::invalid_argument, "cannot listen on unix:" + claim_.path()};
    return {};
  }

  void stop() override {
    if (server_ == nullptr) return;
    control_.stop();
    fleet_.stop(Error{ErrorCode::unavailable, "spind is stopping"});
    server_->Shutdown(std::chrono::system_clock::now() + kStopGrace);
    server_->Wait();
    server_.reset();
  }

 private:
  SocketClaim claim_;
  FleetService fleet_;
  ControlService control_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

Result<SocketClaim> Server::claim(const std::string& address) {
  SPIN_ASSIGN(const std::string path, unix_socket_path(address));
  return SocketClaim::take(path);
}

Result<std::unique_ptr<Server>> Server::start(SocketClaim claim, FleetBackend& fleet, ControlBackend& control,
                                              ArtifactStore& artifacts) {
  auto server = std::make_unique<GrpcServer>(std::move(claim), fleet, control, artifacts);
  SPIN_TRY(server->listen());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace spin
