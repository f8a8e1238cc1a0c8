#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "schema/base/file.h"
#include "worker/agent/agent.h"
#include "worker/daemon/artifact_cache.h"
#include "worker/daemon/kept_artifacts.h"
#include "worker/daemon/link.h"
#include "worker/daemon/options.h"
#include "worker/daemon/outbox.h"
#include "worker/daemon/trainer.h"
#include "worker/daemon/transfers.h"

namespace spin::daemon {

/// Runs the agent: brings it events and carries out its effects. Everything but gRPC, the outbox's writer and
/// single tries of transfers happens on the thread that calls run(), which must be the process's main thread
/// (see spawn()).
class Daemon {
 public:
  /// Takes the state folder; already_exists where another worker has it, invalid_argument where the
  /// coordinator's address is none or lacks certificates that would do.
  static Result<std::unique_ptr<Daemon>> open(Options options);
  ~Daemon();

  /// Until the agent says Exit; the exit code of the process.
  int run();

 private:
  Daemon(Options options, net::Endpoint coordinator);
  Status open_state();

  /// Brings an event to the agent after what is being done now.
  void post(agent::Event event);
  void handle(const agent::Event& event);
  void arm_timer();
  void watch_signals();
  [[nodiscard]] agent::TerminateRequested::How how_to_end() const;
  void watch_children();

  void apply(const agent::Connect& effect);
  void apply(const agent::Disconnect& effect);
  void apply(const agent::Send& effect);
  void apply(const agent::StartTrainer& effect);
  void apply(const agent::CommandTrainer& effect);
  void apply(const agent::KillTrainer& effect);
  void apply(const agent::MakeScratch& effect);
  void apply(const agent::RemoveScratch& effect);
  void apply(const agent::Fetch& effect);
  void apply(const agent::UploadCheckpoint& effect);
  void apply(const agent::KeepArtifact& effect);
  void apply(const agent::UploadKept& effect);
  void apply(const agent::ReleaseKept& effect);
  void apply(const agent::CancelTransfers& effect);
  void apply(const agent::Persist& effect);
  void apply(const agent::Forget& effect);
  void apply(const agent::Say& effect);
  void apply(const agent::Exit& effect);

  void trainer_event(agent::Event event);
  void tell_ready();
  void stop_if_done();
  [[nodiscard]] std::filesystem::path scratch(const AttemptToken& attempt) const;

  const Options options_;
  const net::Endpoint coordinator_;
  FileDescriptor lock_;

  boost::asio::io_context io_{1};
  boost::asio::signal_set terminate_{io_};
  boost::asio::signal_set children_{io_};
  boost::asio::steady_timer timer_{io_};
  std::unique_ptr<ArtifactCache> cache_;
  std::unique_ptr<KeptArtifacts> kept_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<Transfers> transfers_;
  std::unique_ptr<Outbox> outbox_;
  std::vector<SequencedReport> recovered_;
  std::unique_ptr<agent::Agent> agent_;
  std::vector<std::shared_ptr<Trainer>> trainers_;  ///< by slot
  bool told_ready_ = false;
  bool exiting_ = false;
  int exit_code_ = 0;
};

}  // namespace spin::daemon
