#include <utility>

#include "proto/wire/error.h"
#include "proto/wire/upkeep.h"
#include "server/rpc/control_service.h"

namespace spin {
namespace {

constexpr std::size_t kMessageBytes = 256 << 10;
constexpr std::size_t kMaxSqlBytes = 64 << 10;

grpc::Status refused(const Error& error) { return wire::to_grpc(error); }

}  // namespace

/// Rows on their way to the client, in messages of some size.
class ControlService::RowStream final : public QueryVisitor {
 public:
  RowStream(ControlService& service, grpc::ServerContext& context, grpc::ServerWriter<v1::QueryRows>& writer)
      : service_(service), context_(context), writer_(writer) {}

  void columns(std::vector<std::string> names) override {
    for (auto& name : names) message_.add_columns(std::move(name));
  }
  bool row(QueryRow row) override {
    auto* wire = message_.add_rows();
    wire::to_wire(row, wire);
    bytes_ += wire->ByteSizeLong();
    return bytes_ < kMessageBytes || flush();
  }
  bool go_on() override {
    whole_ = whole_ && !service_.stopping_ && !context_.IsCancelled();
    return whole_;
  }
  /// What is left; `cut`: there are more rows.
  bool finish(bool cut) {
    message_.set_cut(cut);
    return flush();
  }
  [[nodiscard]] bool is_whole() const { return whole_; }

 private:
  bool flush() {
    whole_ = whole_ && service_.write(context_, writer_, message_);
    message_.Clear();
    bytes_ = 0;
    return whole_;
  }

  ControlService& service_;
  grpc::ServerContext& context_;
  grpc::ServerWriter<v1::QueryRows>& writer_;
  v1::QueryRows message_;
  std::size_t bytes_ = 0;
  bool whole_ = true;
};

grpc::Status ControlService::Drain(grpc::ServerContext* /*context*/, const v1::DrainWorkerRequest* request,
                                   v1::DrainWorkerResponse* response) {
  const auto running = backend_.drain(request->worker());
  if (!running.ok()) return refused(running.error());
  response->set_running(*running);
  return grpc::Status::OK;
}

grpc::Status ControlService::Query(grpc::ServerContext* context, const v1::QueryRequest* request,
                                   grpc::ServerWriter<v1::QueryRows>* writer) {
  if (request->sql().size() > kMaxSqlBytes)
    return refused({ErrorCode::invalid_argument,
                    "the statement has " + std::to_string(request->sql().size()) + " bytes; at most " +
                        std::to_string(kMaxSqlBytes) + " are accepted"});
  if (request->max_rows() < 0)
    return refused({ErrorCode::invalid_argument,
                    "max_rows is " + std::to_string(request->max_rows()) + "; 0 or more is accepted"});
  RowStream rows(*this, *context, *writer);
  const auto cut = backend_.query(request->sql(), request->max_rows(), rows);
  if (!rows.is_whole()) return stream_end(*context);
  if (!cut.ok()) return refused(cut.error());
  return rows.finish(*cut) ? grpc::Status::OK : stream_end(*context);
}

grpc::Status ControlService::Backup(grpc::ServerContext* context, const v1::BackupRequest* request,
                                    grpc::ServerWriter<v1::BackupProgress>* writer) {
  bool whole = true;
  const Status status =
      backend_.backup(request->name(), request->replace(), [&](const BackupProgress& progress) {
        v1::BackupProgress message;
        wire::to_wire(progress, &message);
        whole = !context->IsCancelled() && write(*context, *writer, message);
        return whole;
      });
  if (status.ok()) return grpc::Status::OK;
  return whole ? refused(status.error()) : stream_end(*context);
}

grpc::Status ControlService::Examine(grpc::ServerContext* context, const v1::ExamineRequest* request,
                                     v1::ExamineResponse* response) {
  const auto checks =
      backend_.examine(request->deep(), [&] { return !stopping_ && !context->IsCancelled(); });
  if (!checks.ok()) return refused(checks.error());
  for (const auto& check : *checks) wire::to_wire(check, response->add_checks());
  return grpc::Status::OK;
}

}  // namespace spin
