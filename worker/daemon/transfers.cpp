#include "worker/daemon/transfers.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "schema/base/sha256.h"
#include "schema/design/names.h"

namespace spin::daemon {
namespace {

namespace fs = std::filesystem;

constexpr agent::Millis kFirstWait{100};
constexpr agent::Millis kLongestWait{10'000};

/// Whether another try at fetching may end otherwise.
bool may_pass(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::internal ||
         error.code == ErrorCode::resource_exhausted;
}

}  // namespace

Transfers::Transfer::~Transfer() {
  std::error_code ignored;
  if (!leftover.empty()) fs::remove(leftover, ignored);
}

Transfers::Transfers(boost::asio::io_context& io, const std::shared_ptr<grpc::Channel>& channel,
                     ArtifactCache& cache, KeptArtifacts& kept, fs::path spool, Sink sink)
    : io_(io),
      client_(channel),
      cache_(cache),
      kept_(kept),
      spool_(std::move(spool)),
      sink_(std::move(sink)) {}

Transfers::~Transfers() {
  for (auto& [number, transfer] : transfers_) transfer->cancellation.cancel();
  disk_.join();
  net_.join();
}

void Transfers::fetch(const AttemptToken& attempt, InputRole role, const ArtifactRef& artifact,
                      const fs::path& target) {
  const fs::path partial = cache_.partial(artifact.id, next_number_);
  begin(attempt, Fetching{role, artifact, target}, partial);
}

void Transfers::upload_checkpoint(const AttemptToken& attempt, const fs::path& file) {
  const fs::path copy = spool_ / std::to_string(next_number_);
  if (const Status linked = link_or_copy(file, copy); !linked.ok()) {
    boost::asio::post(io_, [this, alive = std::weak_ptr<int>(alive_), attempt, error = linked.error()] {
      if (!alive.expired()) sink_(agent::UploadFailed{attempt, ArtifactKind::checkpoint, error});
    });
    return;
  }
  begin(attempt, Uploading{copy, ArtifactKind::checkpoint, {}}, copy);
}

void Transfers::keep(const AttemptToken& attempt, ArtifactKind kind, const fs::path& file) {
  begin(attempt, Keeping{file, kind}, kept_.path(attempt, kind));
}

void Transfers::upload_kept(const AttemptToken& attempt, const ArtifactRef& artifact) {
  begin(attempt, Uploading{kept_.path(attempt, artifact.kind), artifact.kind, artifact}, {});
}

void Transfers::begin(const AttemptToken& attempt, What what, fs::path leftover) {
  const std::uint64_t number = next_number_++;
  TransferPtr transfer(new Transfer{number,
                                    attempt,
                                    std::move(what),
                                    std::move(leftover),
                                    agent::Backoff(kFirstWait, kLongestWait, number),
                                    boost::asio::steady_timer(io_),
                                    {}});
  transfers_[number] = transfer;
  try_once(transfer);
}

void Transfers::cancel(const AttemptToken& attempt) {
  for (auto at = transfers_.begin(); at != transfers_.end();) {
    if (at->second->attempt != attempt) {
      ++at;
      continue;
    }
    at->second->cancellation.cancel();
    at->second->timer.cancel();
    at = transfers_.erase(at);
  }
}

void Transfers::try_once(const TransferPtr& transfer) {
  auto& pool = std::holds_alternative<Keeping>(transfer->what) ? disk_ : net_;
  boost::asio::post(pool, [this, transfer, alive = std::weak_ptr<int>(alive_)] {
    const Status status = transfer->cancellation.is_cancelled() ? Status() : work(*transfer);
    boost::asio::post(io_, [this, transfer, alive, status] {
      if (!alive.expired() && transfers_.count(transfer->number) > 0) tried(transfer, status);
    });
  });
}

Status Transfers::work(Transfer& transfer) {
  return std::visit([&](auto& what) { return work(transfer, what); }, transfer.what);
}

Status Transfers::work(Transfer& transfer, Fetching& fetching) {
  const ArtifactId& id = fetching.artifact.id;
  if (cache_.take(id, fetching.target).ok()) return {};
  const fs::path& partial = transfer.leftover;
  SPIN_TRY(client_.download(id, partial, transfer.cancellation));
  SPIN_ASSIGN(const Digest found, sha256_file(partial));
  if (found != id.digest) {
    std::error_code ignored;
    fs::remove(partial, ignored);
    return Error{ErrorCode::data_loss,
                 "artifact " + id.hex() + " has wrong bytes: expected that SHA-256, found " + to_hex(found)};
  }
  if (const Status placed = link_or_copy(partial, fetching.target); !placed.ok()) {
    // As where the download finds no room: another worker may be able to keep it.
    const bool is_full = placed.error().code == ErrorCode::resource_exhausted;
    return is_full ? Error{ErrorCode::failed_precondition, "cannot keep it: " + placed.error().message}
                   : placed.error();
  }
  if (const Status cached = cache_.put(id, partial); !cached.ok()) {
    spdlog::warn("artifact cache: {}", cached.error().message);
  }
  return {};
}

Status Transfers::work(Transfer& transfer, Keeping& keeping) {
  SPIN_ASSIGN(keeping.artifact, kept_.keep(transfer.attempt, keeping.kind, keeping.file));
  // Jobs that start from it may run here.
  const fs::path kept = kept_.path(transfer.attempt, keeping.kind);
  if (const Status cached = cache_.put(keeping.artifact.id, kept); !cached.ok()) {
    spdlog::warn("artifact cache: {}", cached.error().message);
  }
  return {};
}

Status Transfers::work(Transfer& transfer, Uploading& uploading) {
  if (!uploading.artifact) {
    std::error_code error;
    const auto bytes = fs::file_size(uploading.file, error);
    auto digest = sha256_file(uploading.file);
    if (error || !digest.ok()) {
      return Error{ErrorCode::not_found,
                   error ? uploading.file.string() + ": " + error.message() : digest.error().message};
    }
    uploading.artifact = ArtifactRef{{*digest}, uploading.kind, static_cast<std::int64_t>(bytes)};
  }
  return client_.upload(uploading.file, uploading.artifact->id, uploading.artifact->bytes, transfer.first_try,
                        transfer.cancellation);
}

void Transfers::tried(const TransferPtr& transfer, const Status& status) {
  if (status.ok()) {
    if (transfer->say_again_at) spdlog::info("{} went through", describe(*transfer));
    succeed(*transfer);
    transfers_.erase(transfer->number);
    return;
  }
  const Error& error = status.error();
  if (!may_try_again(*transfer, error)) {
    give_up(*transfer, error);
    transfers_.erase(transfer->number);
    return;
  }
  const bool quiet = std::exchange(transfer->first_try, false) && error.code == ErrorCode::invalid_argument;
  const auto wait = transfer->backoff.next();
  const auto now = std::chrono::steady_clock::now();
  if (!quiet && (!transfer->say_again_at || now >= *transfer->say_again_at)) {
    spdlog::warn("{} waits and is tried again: {}", describe(*transfer), error.message);
    transfer->say_again_at = now + agent::kSayAgain;
  }
  transfer->timer.expires_after(wait);
  transfer->timer.async_wait(
      [this, transfer, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& stopped) {
        if (!stopped && !alive.expired() && transfers_.count(transfer->number) > 0) try_once(transfer);
      });
}

// Bytes that are wrong on their way may be right the next time, bytes that are wrong twice are wrong.
bool Transfers::may_try_again(Transfer& transfer, const Error& error) {
  if (error.code == ErrorCode::data_loss) return !std::exchange(transfer.had_wrong_bytes, true);
  if (std::holds_alternative<Fetching>(transfer.what)) return may_pass(error);
  return error.code != ErrorCode::not_found;
}

std::string Transfers::describe(const Transfer& transfer) {
  if (const auto* fetching = std::get_if<Fetching>(&transfer.what)) {
    return "fetching artifact " + fetching->artifact.id.short_hex();
  }
  const auto* keeping = std::get_if<Keeping>(&transfer.what);
  return keeping == nullptr ? "upload of a result" : "keeping a " + std::string(enum_name(keeping->kind));
}

void Transfers::succeed(Transfer& transfer) {
  if (const auto* fetching = std::get_if<Fetching>(&transfer.what)) {
    sink_(agent::Fetched{transfer.attempt, fetching->role, fetching->target.string()});
  } else if (const auto* keeping = std::get_if<Keeping>(&transfer.what)) {
    transfer.leftover.clear();  // the outbox tells of it from now on
    sink_(agent::ArtifactKept{transfer.attempt, keeping->artifact});
  } else {
    sink_(agent::Uploaded{transfer.attempt, *std::get<Uploading>(transfer.what).artifact});
  }
}

void Transfers::give_up(const Transfer& transfer, const Error& error) {
  if (const auto* fetching = std::get_if<Fetching>(&transfer.what)) {
    sink_(agent::FetchFailed{transfer.attempt, fetching->role, error});
  } else {
    const auto* keeping = std::get_if<Keeping>(&transfer.what);
    const ArtifactKind kind = keeping != nullptr ? keeping->kind : std::get<Uploading>(transfer.what).kind;
    sink_(agent::UploadFailed{transfer.attempt, kind, error});
  }
}

}  // namespace spin::daemon
