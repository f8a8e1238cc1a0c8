#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "schema/design/names.h"
#include "worker/daemon/daemon.h"

namespace spin::daemon {

namespace fs = std::filesystem;

void Daemon::apply(const agent::Connect& effect) { link_->open(effect.hello); }

void Daemon::apply(const agent::Disconnect&) { link_->close(); }

void Daemon::apply(const agent::Send& effect) { link_->send(effect.message); }

void Daemon::apply(const agent::StartTrainer& effect) {
  const std::vector<std::string> argv = {options_.trainer, "--serve",   "--device",
                                         effect.device,    "--threads", std::to_string(options_.threads)};
  auto started =
      Trainer::start(io_, effect.slot, argv, [this](agent::Event event) { trainer_event(std::move(event)); });
  if (!started.ok()) return post(agent::TrainerStartFailed{effect.slot, started.error()});
  trainers_[static_cast<std::size_t>(effect.slot)] = std::move(started).value();
}

void Daemon::apply(const agent::CommandTrainer& effect) {
  if (const auto& trainer = trainers_[static_cast<std::size_t>(effect.slot)])
    trainer->command(effect.command);
}

void Daemon::apply(const agent::KillTrainer& effect) {
  if (const auto& trainer = trainers_[static_cast<std::size_t>(effect.slot)]) trainer->kill();
}

// Trainers speak from within their own handlers, so their place is cleared before the agent hears of the
// exit.
void Daemon::trainer_event(agent::Event event) {
  if (const auto* exited = std::get_if<agent::TrainerExited>(&event)) {
    trainers_[static_cast<std::size_t>(exited->slot)].reset();
    if (exiting_) return stop_if_done();
  }
  handle(event);
}

void Daemon::apply(const agent::MakeScratch& effect) {
  std::error_code error;
  fs::create_directory(scratch(effect.attempt), error);
  if (!error) return;
  const bool full =
      error == std::errc::no_space_on_device || error == std::error_code(EDQUOT, std::generic_category());
  post(agent::ScratchFailed{effect.attempt,
                            {full ? ErrorCode::resource_exhausted : ErrorCode::internal,
                             scratch(effect.attempt).string() + ": " + error.message()}});
}

void Daemon::apply(const agent::RemoveScratch& effect) {
  std::error_code error;
  fs::remove_all(scratch(effect.attempt), error);
  if (error) spdlog::warn("{}: {}", scratch(effect.attempt).string(), error.message());
}

void Daemon::apply(const agent::Fetch& effect) {
  const auto name = std::string(enum_name(effect.role)) + "-" + effect.artifact.id.short_hex();
  transfers_->fetch(effect.attempt, effect.role, effect.artifact, scratch(effect.attempt) / name);
}

void Daemon::apply(const agent::UploadCheckpoint& effect) {
  transfers_->upload_checkpoint(effect.attempt, effect.path);
}

void Daemon::apply(const agent::KeepArtifact& effect) {
  transfers_->keep(effect.attempt, effect.kind, effect.path);
}

void Daemon::apply(const agent::UploadKept& effect) {
  transfers_->upload_kept(effect.attempt, effect.artifact);
}

void Daemon::apply(const agent::ReleaseKept& effect) { kept_->remove(effect.attempt); }

void Daemon::apply(const agent::CancelTransfers& effect) { transfers_->cancel(effect.attempt); }

void Daemon::apply(const agent::Persist& effect) { outbox_->append(effect.report); }

void Daemon::apply(const agent::Forget& effect) { outbox_->forget(effect.sequence); }

void Daemon::apply(const agent::Say& effect) {
  const auto level = effect.severity == agent::Severity::error     ? spdlog::level::err
                     : effect.severity == agent::Severity::warning ? spdlog::level::warn
                                                                   : spdlog::level::info;
  spdlog::log(level, "{}", effect.text);
}

void Daemon::apply(const agent::Exit& effect) {
  exiting_ = true;
  exit_code_ = effect.code;
  if (!effect.message.empty()) spdlog::error("{}", effect.message);
  boost::asio::post(io_, [this] { stop_if_done(); });
}

// The trainers were killed; the process ends when the last one has been waited for.
void Daemon::stop_if_done() {
  const bool all_gone =
      std::none_of(trainers_.begin(), trainers_.end(), [](const auto& trainer) { return trainer; });
  if (all_gone) io_.stop();
}

}  // namespace spin::daemon
