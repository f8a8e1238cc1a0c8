#include "worker/daemon/transfers.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "schema/base/sha256.h"

namespace spin::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kThreads = 3;
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
  if (const auto* uploading = std::get_if<Uploading>(&what)) fs::remove(uploading->file, ignored);
}

Transfers::Transfers(boost::asio::io_context& io, const std::shared_ptr<grpc::Channel>& channel,
                     ArtifactCache& cache, fs::path spool, Sink sink)
    : io_(io),
      client_(channel),
      cache_(cache),
      spool_(std::move(spool)),
      sink_(std::move(sink)),
      pool_(kThreads) {}

Transfers::~Transfers() {
  for (auto& [number, transfer] : transfers_) transfer->cancellation.cancel();
  pool_.join();
}

void Transfers::fetch(const AttemptToken& attempt, agent::Input input, const ArtifactRef& artifact,
                      const fs::path& target) {
  begin(attempt, Fetching{input, artifact, target});
}

void Transfers::upload(const AttemptToken& attempt, ArtifactKind kind, const fs::path& file) {
  const fs::path copy = spool_ / std::to_string(next_number_);
  if (const Status linked = link_or_copy(file, copy); !linked.ok()) {
    boost::asio::post(io_, [this, alive = std::weak_ptr<int>(alive_), attempt, kind, error = linked.error()] {
      if (!alive.expired()) sink_(agent::UploadFailed{attempt, kind, error});
    });
    return;
  }
  begin(attempt, Uploading{kind, copy, {}});
}

void Transfers::begin(const AttemptToken& attempt, std::variant<Fetching, Uploading> what) {
  const std::uint64_t number = next_number_++;
  TransferPtr transfer(new Transfer{number,
                                    attempt,
                                    std::move(what),
                                    agent::Backoff(kFirstWait, kLongestWait, number),
                                    boost::asio::steady_timer(io_),
                                    {},
                                    true});
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
  boost::asio::post(pool_, [this, transfer, alive = std::weak_ptr<int>(alive_)] {
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
  const fs::path partial = cache_.partial(id, transfer.number);
  SPIN_TRY(client_.download(id, partial, transfer.cancellation));
  SPIN_ASSIGN(const Digest found, sha256_file(partial));
  std::error_code ignored;
  if (found != id.digest) {
    fs::remove(partial, ignored);
    return Error{ErrorCode::data_loss,
                 "artifact " + id.hex() + " has wrong bytes: expected that SHA-256, found " + to_hex(found)};
  }
  SPIN_TRY(link_or_copy(partial, fetching.target));
  const Status kept = cache_.put(id, partial);
  fs::remove(partial, ignored);
  if (!kept.ok()) spdlog::warn("artifact cache: {}", kept.error().message);
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
    // Jobs that start from this model may run here.
    if (uploading.kind == ArtifactKind::model) {
      if (const Status kept = cache_.put({*digest}, uploading.file); !kept.ok()) {
        spdlog::warn("artifact cache: {}", kept.error().message);
      }
    }
  }
  return client_.upload(uploading.file, uploading.artifact->id, uploading.artifact->bytes, transfer.first_try,
                        transfer.cancellation);
}

void Transfers::tried(const TransferPtr& transfer, const Status& status) {
  if (status.ok()) {
    succeed(*transfer);
    transfers_.erase(transfer->number);
    return;
  }
  const Error& error = status.error();
  bool again = error.code != ErrorCode::not_found;
  std::string what = "upload of a result";
  if (auto* fetching = std::get_if<Fetching>(&transfer->what)) {
    const bool wrong_again =
        error.code == ErrorCode::data_loss && std::exchange(fetching->had_wrong_bytes, true);
    again = may_pass(error) || (error.code == ErrorCode::data_loss && !wrong_again);
    what = "fetching artifact " + fetching->artifact.id.short_hex();
  }
  if (!again) {
    give_up(*transfer, error);
    transfers_.erase(transfer->number);
    return;
  }
  const bool quiet = std::exchange(transfer->first_try, false) && error.code == ErrorCode::invalid_argument;
  const auto wait = transfer->backoff.next();
  if (!quiet) spdlog::warn("{} waits: {}; next try in {} ms", what, error.message, wait.count());
  transfer->timer.expires_after(wait);
  transfer->timer.async_wait(
      [this, transfer, alive = std::weak_ptr<int>(alive_)](const boost::system::error_code& stopped) {
        if (!stopped && !alive.expired() && transfers_.count(transfer->number) > 0) try_once(transfer);
      });
}

void Transfers::succeed(const Transfer& transfer) {
  if (const auto* fetching = std::get_if<Fetching>(&transfer.what)) {
    sink_(agent::Fetched{transfer.attempt, fetching->input, fetching->target.string()});
  } else {
    sink_(agent::Uploaded{transfer.attempt, *std::get<Uploading>(transfer.what).artifact});
  }
}

void Transfers::give_up(const Transfer& transfer, const Error& error) {
  if (const auto* fetching = std::get_if<Fetching>(&transfer.what)) {
    sink_(agent::FetchFailed{transfer.attempt, fetching->input, error});
  } else {
    sink_(agent::UploadFailed{transfer.attempt, std::get<Uploading>(transfer.what).kind, error});
  }
}

}  // namespace spin::daemon
