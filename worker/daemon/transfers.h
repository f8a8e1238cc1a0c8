#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "worker/agent/backoff.h"
#include "worker/agent/events.h"
#include "worker/daemon/artifact_cache.h"
#include "worker/daemon/artifact_client.h"
#include "worker/daemon/kept_artifacts.h"

namespace spin::daemon {

/// Fetches and uploads the artifacts of attempts, and tries again with back-off what can be tried again. On
/// the strand; the blocking work of one try runs on a few threads of its own.
class Transfers {
 public:
  using Sink = std::function<void(agent::Event)>;

  /// `spool`: an empty folder on the file system of the scratch folders. `sink` is called on the strand.
  Transfers(boost::asio::io_context& io, const std::shared_ptr<grpc::Channel>& channel, ArtifactCache& cache,
            KeptArtifacts& kept, std::filesystem::path spool, Sink sink);
  /// Breaks off what is under way.
  ~Transfers();

  /// The artifact appears at `target`; answered by Fetched or FetchFailed.
  void fetch(const AttemptToken& attempt, InputRole role, const ArtifactRef& artifact,
             const std::filesystem::path& target);
  /// `file` as it is now; answered by Uploaded or UploadFailed.
  void upload_checkpoint(const AttemptToken& attempt, const std::filesystem::path& file);
  /// Answered by ArtifactKept or UploadFailed.
  void keep(const AttemptToken& attempt, ArtifactKind kind, const std::filesystem::path& file);
  /// An artifact that was kept; answered by Uploaded or UploadFailed.
  void upload_kept(const AttemptToken& attempt, const ArtifactRef& artifact);
  /// Nothing more is said of the attempt's transfers.
  void cancel(const AttemptToken& attempt);

 private:
  struct Fetching {
    InputRole role;
    ArtifactRef artifact;
    std::filesystem::path target;
  };
  struct Keeping {
    std::filesystem::path file;
    ArtifactKind kind;
    ArtifactRef artifact{};  ///< once kept
  };
  struct Uploading {
    std::filesystem::path file;
    ArtifactKind kind;
    std::optional<ArtifactRef> artifact;  ///< once hashed
  };
  using What = std::variant<Fetching, Keeping, Uploading>;
  struct Transfer {
    std::uint64_t number;
    AttemptToken attempt;
    What what;
    std::filesystem::path leftover;  ///< of this transfer alone: goes with it; empty = none
    agent::Backoff backoff;
    boost::asio::steady_timer timer;
    Cancellation cancellation;
    bool first_try = true;
    std::optional<std::chrono::steady_clock::time_point> say_again_at = std::nullopt;  ///< that it waits
    bool had_wrong_bytes = false;
    ~Transfer();
  };
  using TransferPtr = std::shared_ptr<Transfer>;

  void begin(const AttemptToken& attempt, What what, std::filesystem::path leftover);
  void try_once(const TransferPtr& transfer);
  // On the pools' threads; between two posts the transfer belongs to the one who runs it.
  Status work(Transfer& transfer);
  Status work(Transfer& transfer, Fetching& fetching);
  Status work(Transfer& transfer, Keeping& keeping);
  Status work(Transfer& transfer, Uploading& uploading);
  // On the strand again.
  void tried(const TransferPtr& transfer, const Status& status);
  static bool may_try_again(Transfer& transfer, const Error& error);
  static std::string describe(const Transfer& transfer);
  void succeed(Transfer& transfer);
  void give_up(const Transfer& transfer, const Error& error);

  boost::asio::io_context& io_;
  ArtifactClient client_;
  ArtifactCache& cache_;
  KeptArtifacts& kept_;
  const std::filesystem::path spool_;
  const Sink sink_;
  std::map<std::uint64_t, TransferPtr> transfers_;
  std::uint64_t next_number_ = 1;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  boost::asio::thread_pool net_{3};
  boost::asio::thread_pool disk_{1};  ///< so that keeping an artifact waits for no upload
};

}  // namespace spin::daemon
