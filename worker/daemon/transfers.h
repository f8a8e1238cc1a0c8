#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <variant>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "worker/agent/backoff.h"
#include "worker/agent/events.h"
#include "worker/daemon/artifact_cache.h"
#include "worker/daemon/artifact_client.h"

namespace spin::daemon {

/// Fetches and uploads the artifacts of attempts, and tries again with back-off what can be tried again. On
/// the strand; the blocking work of one try runs on a few threads of its own.
class Transfers {
 public:
  using Sink = std::function<void(agent::Event)>;

  /// `spool`: an empty folder on the file system of the scratch folders. `sink` is called on the strand.
  Transfers(boost::asio::io_context& io, const std::shared_ptr<grpc::Channel>& channel, ArtifactCache& cache,
            std::filesystem::path spool, Sink sink);
  /// Breaks off what is under way.
  ~Transfers();

  /// The artifact appears at `target`; answered by Fetched or FetchFailed.
  void fetch(const AttemptToken& attempt, agent::Input input, const ArtifactRef& artifact,
             const std::filesystem::path& target);
  /// `file` as it is now; answered by Uploaded or UploadFailed.
  void upload(const AttemptToken& attempt, ArtifactKind kind, const std::filesystem::path& file);
  /// Nothing more is said of the attempt's transfers.
  void cancel(const AttemptToken& attempt);

 private:
  struct Fetching {
    agent::Input input;
    ArtifactRef artifact;
    std::filesystem::path target;
    bool had_wrong_bytes = false;
  };
  struct Uploading {
    ArtifactKind kind;
    std::filesystem::path file;           ///< in the spool, ours
    std::optional<ArtifactRef> artifact;  ///< once hashed
  };
  struct Transfer {
    std::uint64_t number;
    AttemptToken attempt;
    std::variant<Fetching, Uploading> what;
    agent::Backoff backoff;
    boost::asio::steady_timer timer;
    Cancellation cancellation;
    bool first_try = true;
    ~Transfer();
  };
  using TransferPtr = std::shared_ptr<Transfer>;

  void begin(const AttemptToken& attempt, std::variant<Fetching, Uploading> what);
  void try_once(const TransferPtr& transfer);
  // On the pool's threads; between two posts the transfer belongs to the one who runs it.
  Status work(Transfer& transfer);
  Status work(Transfer& transfer, Fetching& fetching);
  Status work(Transfer& transfer, Uploading& uploading);
  // On the strand again.
  void tried(const TransferPtr& transfer, const Status& status);
  void succeed(const Transfer& transfer);
  void give_up(const Transfer& transfer, const Error& error);

  boost::asio::io_context& io_;
  ArtifactClient client_;
  ArtifactCache& cache_;
  const std::filesystem::path spool_;
  const Sink sink_;
  std::map<std::uint64_t, TransferPtr> transfers_;
  std::uint64_t next_number_ = 1;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  boost::asio::thread_pool pool_;
};

}  // namespace spin::daemon
