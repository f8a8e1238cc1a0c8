#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "schema/base/process_end.h"
#include "schema/job/session.h"
#include "schema/job/trainer_link.h"

namespace spin::agent {

/// Monotonic time; back-off, heartbeats and deadlines run on it.
using Now = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;

// What happens to the worker.

/// First event: what an earlier process of this worker left in the outbox, in order.
struct Begin {
  std::vector<SequencedReport> outbox;
};
struct Received {
  CoordinatorMessage message;
};
/// The stream ended or could not be opened.
struct LinkLost {
  Error error;
};
struct TrainerStartFailed {
  int slot = 0;
  Error error;
};
struct TrainerSaid {
  int slot = 0;
  TrainerEvent event;
};
/// The trainer sent something that is no event.
struct TrainerBroke {
  int slot = 0;
  Error error;
};
/// A line of standard error.
struct TrainerWrote {
  int slot = 0;
  std::string line;
};
/// Always the last event of a trainer process.
struct TrainerExited {
  int slot = 0;
  ProcessEnd end;
};
struct ScratchFailed {
  AttemptToken attempt;
  Error error;
};
struct Fetched {
  AttemptToken attempt;
  InputRole role = InputRole::resume;
  std::string path;
};
/// failed_precondition where our disk does not take it.
struct FetchFailed {
  AttemptToken attempt;
  InputRole role = InputRole::resume;
  Error error;
};
/// The artifact outlives this process and this machine's power.
struct ArtifactKept {
  AttemptToken attempt;
  ArtifactRef artifact;
};
/// The artifact is complete at the coordinator.
struct Uploaded {
  AttemptToken attempt;
  ArtifactRef artifact;
};
/// The file could not be read, or twice had other bytes than its name says; what the coordinator or the
/// network refuse is retried and never comes here.
struct UploadFailed {
  AttemptToken attempt;
  ArtifactKind kind = ArtifactKind::checkpoint;
  Error error;
};
/// The outbox is durable up to this sequence.
struct Persisted {
  std::uint64_t sequence = 0;
};
/// The outbox cannot be written now; Persisted follows once it can.
struct PersistFailed {
  std::string message;
};
/// The process is to end.
struct TerminateRequested {
  enum class How {
    drain,    ///< once its jobs have finished
    stop,     ///< once its jobs have saved what they learnt; they are given back
    at_once,  ///< nobody is left who would wait for it
  };
  How how = How::stop;
};
struct TimePassed {};
using Event = std::variant<Begin, Received, LinkLost, TrainerStartFailed, TrainerSaid, TrainerBroke,
                           TrainerWrote, TrainerExited, ScratchFailed, Fetched, FetchFailed, ArtifactKept,
                           Uploaded, UploadFailed, Persisted, PersistFailed, TerminateRequested, TimePassed>;

// What follows, in order.

/// Open a stream and send hello. Nothing of an earlier stream may arrive any more.
struct Connect {
  WorkerHello hello;
};
struct Disconnect {};
struct Send {
  WorkerMessage message;
};
struct StartTrainer {
  int slot = 0;
  std::string device;
};
struct CommandTrainer {
  int slot = 0;
  TrainerCommand command;
};
/// SIGKILL to the trainer's process group; TrainerExited follows.
struct KillTrainer {
  int slot = 0;
};
/// Make the attempt's folder for what it writes; ScratchFailed where that fails, resource_exhausted
/// where the disk is full.
struct MakeScratch {
  AttemptToken attempt;
};
struct RemoveScratch {
  AttemptToken attempt;
};
struct Fetch {
  AttemptToken attempt;
  InputRole role = InputRole::resume;
  ArtifactRef artifact;
};
/// Take a copy of the file as it is now, hash it and upload it. Retried until it succeeds or is cancelled.
struct UploadCheckpoint {
  AttemptToken attempt;
  std::string path;
};
/// Hash what the attempt leaves behind and put it where it outlives this process. Retried while the file is
/// there, until it succeeds or is cancelled.
struct KeepArtifact {
  AttemptToken attempt;
  ArtifactKind kind = ArtifactKind::model;
  std::string path;
};
/// Upload the artifact that this or an earlier process kept. Retried until it succeeds or is cancelled.
struct UploadKept {
  AttemptToken attempt;
  ArtifactRef artifact;
};
/// What was kept of the attempt is not needed any more.
struct ReleaseKept {
  AttemptToken attempt;
};
struct CancelTransfers {
  AttemptToken attempt;
};
struct Persist {
  SequencedReport report;
};
/// The outbox need not keep this sequence any more.
struct Forget {
  std::uint64_t sequence = 0;
};
enum class Severity { info, warning, error };
/// A line for the worker's own log.
struct Say {
  Severity severity = Severity::info;
  std::string text;
};
/// Ends the process; last effect ever. Trainers that still live have been killed by an effect before.
struct Exit {
  int code = 0;
  std::string message;  ///< for standard error; empty = nothing to say
};
using Effect = std::variant<Connect, Disconnect, Send, StartTrainer, CommandTrainer, KillTrainer, MakeScratch,
                            RemoveScratch, Fetch, UploadCheckpoint, KeepArtifact, UploadKept, ReleaseKept,
                            CancelTransfers, Persist, Forget, Say, Exit>;
using Effects = std::vector<Effect>;

}  // namespace spin::agent
