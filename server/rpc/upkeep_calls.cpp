#include <utility>

#include "proto/wire/upkeep.h"
#include "server/rpc/control_service.h"

namespace spin {
namespace {

constexpr std::size_t kMessageBytes = 256 << 10;
constexpr std::size_t kMaxSqlBytes = 64 << 10;

}  // namespace

/// Rows on their way to the client, in messages of some size.
class ControlService::RowStream final : public QueryVisitor {
 public:
  explicit RowStream(OutStream<v1::QueryRows>& out) : out_(out) {}

  void columns(std::vector<std::string> names) override {
    for (auto& name : names) message_.add_columns(std::move(name));
  }
  bool row(QueryRow row) override {
    auto* wire = message_.add_rows();
    wire::to_wire(row, wire);
    bytes_ += wire->ByteSizeLong();
    return bytes_ < kMessageBytes || flush();
  }
  bool go_on() override { return out_.is_live(); }
  /// What is left; `cut`: there are more rows.
  void finish(bool cut) {
    message_.set_cut(cut);
    flush();
  }

 private:
  bool flush() {
    bytes_ = 0;
    return out_.write(std::exchange(message_, {}));
  }

  OutStream<v1::QueryRows>& out_;
  v1::QueryRows message_;
  std::size_t bytes_ = 0;
};

ControlService::Unary* ControlService::Drain(Context* context, const v1::DrainWorkerRequest* request,
                                             v1::DrainWorkerResponse* response) {
  return answer_on(orders_, context, [this, request, response]() -> Status {
    SPIN_ASSIGN(const int running, backend_.drain(request->worker()));
    response->set_running(running);
    response->set_boot_epoch(backend_.boot_epoch());
    return {};
  });
}

grpc::ServerWriteReactor<v1::QueryRows>* ControlService::Query(Context* context,
                                                               const v1::QueryRequest* request) {
  return produce_on<v1::QueryRows>(
      queries_, calls_, context, [this, request](OutStream<v1::QueryRows>& out) -> Status {
        if (request->sql().size() > kMaxSqlBytes)
          return Error{ErrorCode::invalid_argument,
                       "the statement has " + std::to_string(request->sql().size()) + " bytes; at most " +
                           std::to_string(kMaxSqlBytes) + " are accepted"};
        if (request->max_rows() < 0)
          return Error{ErrorCode::invalid_argument,
                       "max_rows is " + std::to_string(request->max_rows()) + "; 0 or more is accepted"};
        RowStream rows(out);
        SPIN_ASSIGN(const bool cut, backend_.query(request->sql(), request->max_rows(), rows));
        rows.finish(cut);
        return {};
      });
}

grpc::ServerWriteReactor<v1::BackupProgress>* ControlService::Backup(Context* context,
                                                                     const v1::BackupRequest* request) {
  return produce_on<v1::BackupProgress>(
      upkeep_, calls_, context, [this, request](OutStream<v1::BackupProgress>& out) -> Status {
        return backend_.backup(request->name(), request->replace(), [&out](const BackupProgress& progress) {
          v1::BackupProgress message;
          wire::to_wire(progress, &message);
          return out.write(std::move(message));
        });
      });
}

ControlService::Unary* ControlService::Examine(Context* context, const v1::ExamineRequest* request,
                                               v1::ExamineResponse* response) {
  return answer_on(upkeep_, context, [this, context, request, response]() -> Status {
    SPIN_ASSIGN(const auto checks, backend_.examine(request->deep(), [this, context] {
      return !calls_.is_stopping() && !context->IsCancelled();
    }));
    for (const auto& check : checks) wire::to_wire(check, response->add_checks());
    return {};
  });
}

}  // namespace spin
