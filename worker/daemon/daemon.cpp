#include "worker/daemon/daemon.h"

#include <csignal>
#include <cstdlib>
#include <random>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "schema/base/hex.h"
#include "schema/base/paths.h"
#include "schema/base/stop_signal_set.h"
#include "schema/base/version.h"

namespace spin::daemon {
namespace {

namespace fs = std::filesystem;
using boost::system::error_code;

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

/// That no other start of a worker has.
std::string random_name() {
  std::random_device source;
  std::string name;
  for (int i = 0; i < 4; ++i) name += hex_digits(source(), 8);
  return name;
}

/// An empty folder in place of whatever an earlier process left there.
Status make_empty_folder(const fs::path& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (!error) fs::create_directories(folder, error);
  if (error) return Error{ErrorCode::internal, folder.string() + ": " + error.message()};
  return {};
}

Error in_use(const fs::path& state, const Error& error) {
  if (error.code != ErrorCode::already_exists) return error;
  return {error.code,
          "another spin-worker keeps its state in " + state.string() + ": " + error.message +
              "; a second worker on a host takes a name of its own (--name), and with it a folder "
              "of its own unless --state names one"};
}

agent::AgentSettings agent_settings(const Options& options) {
  agent::AgentSettings settings;
  settings.hello.name = options.name;
  settings.hello.version = kVersion;
  settings.hello.host = host_name();
  settings.hello.devices = options.devices;
  settings.hello.slots = options.slots;
  settings.hello.threads = options.threads;
  settings.hello.pid = ::getpid();
  settings.hello.labels = options.labels;
  settings.hello.instance = random_name();
  settings.data = options.data;
  settings.scratch = (options.state / "scratch").string();
  settings.seed = std::random_device{}();
  settings.checkpoint_seconds = options.checkpoint_seconds;
  // The trainer sets the pace; of two that come close together, as around an epoch's end, one travels.
  settings.checkpoint_interval = std::chrono::milliseconds(options.checkpoint_seconds * 500);
  settings.save_limit = std::chrono::seconds(options.save_seconds);
  return settings;
}

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::open(Options options) {
  SPIN_ASSIGN(net::Endpoint coordinator, net::Endpoint::make(options.connect));
  std::unique_ptr<Daemon> daemon(new Daemon(std::move(options), std::move(coordinator)));
  SPIN_TRY(daemon->open_state());
  return daemon;
}

Daemon::Daemon(Options options, net::Endpoint coordinator)
    : options_(std::move(options)),
      coordinator_(std::move(coordinator)),
      trainers_(static_cast<std::size_t>(options_.slots) * options_.devices.size()) {}

Daemon::~Daemon() {
  outbox_.reset();     // writes what is queued; its callbacks only post
  transfers_.reset();  // waits for the tries under way
  link_.reset();
}

Status Daemon::open_state() {
  const fs::path& state = options_.state;
  SPIN_TRY(make_private_folders(state));
  auto lock = lock_file(state / "lock");
  if (!lock.ok()) return in_use(state, lock.error());
  lock_ = std::move(*lock);
  SPIN_TRY(make_empty_folder(state / "scratch"));
  SPIN_TRY(make_empty_folder(state / "spool"));
  SPIN_ASSIGN(cache_, ArtifactCache::open(state / "artifacts", options_.cache_bytes));

  Outbox::Callbacks callbacks;
  callbacks.durable = [this](std::uint64_t sequence) {
    boost::asio::post(io_, [this, sequence] { handle(agent::Persisted{sequence}); });
  };
  callbacks.stuck = [this](const std::string& reason) { post(agent::PersistFailed{reason}); };
  callbacks.fatal = [](const Error& error) {
    // What the disk has lost it does not give back: the next start reads what is really there.
    spdlog::critical("outbox: {}", error.message);
    std::_Exit(1);
  };
  SPIN_ASSIGN(auto opened, Outbox::open(state / "outbox", std::move(callbacks)));
  for (const auto& problem : opened.problems) spdlog::warn("outbox: {}", problem);
  outbox_ = std::move(opened.outbox);
  SPIN_ASSIGN(kept_, KeptArtifacts::open(state / "kept", opened.reports));
  recovered_ = std::move(opened.reports);
  return {};
}

int Daemon::run() {
  const auto channel = open_channel(coordinator_);
  link_ = std::make_unique<Link>(
      io_, channel, coordinator_,
      [this](CoordinatorMessage message) { handle(agent::Received{std::move(message)}); },
      [this](Error error) { handle(agent::LinkLost{std::move(error)}); });
  transfers_ = std::make_unique<Transfers>(io_, channel, *cache_, *kept_, options_.state / "spool",
                                           [this](agent::Event event) { handle(event); });
  agent_ = std::make_unique<agent::Agent>(agent_settings(options_), std::chrono::steady_clock::now());
  watch_signals();
  watch_children();
  handle(agent::Begin{std::exchange(recovered_, {})});
  io_.run();
  return exit_code_;
}

void Daemon::post(agent::Event event) {
  boost::asio::post(io_, [this, event = std::move(event)] { handle(event); });
}

void Daemon::handle(const agent::Event& event) {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& effect : agent_->handle(event, now)) {
    std::visit([this](const auto& value) { apply(value); }, effect);
  }
  const auto* received = std::get_if<agent::Received>(&event);
  if (received != nullptr && std::holds_alternative<Welcome>(received->message)) tell_ready();
  arm_timer();
}

void Daemon::arm_timer() {
  const auto deadline = agent_->next_deadline();
  if (!deadline || exiting_) {
    timer_.expires_at(std::chrono::steady_clock::time_point::min());
    return;
  }
  if (timer_.expiry() == *deadline) return;
  timer_.expires_at(*deadline);
  timer_.async_wait([this](const error_code& error) {
    if (error) return;
    timer_.expires_at(std::chrono::steady_clock::time_point::min());
    handle(agent::TimePassed{});
  });
}

void Daemon::watch_signals() {
  hear_stop_signals(terminate_);
  const auto wait = [this](auto&& self) -> void {
    terminate_.async_wait([this, self](const error_code& error, int) {
      if (error) return;
      handle(agent::TerminateRequested{how_to_end()});
      self(self);
    });
  };
  wait(wait);
}

agent::TerminateRequested::How Daemon::how_to_end() const {
  using How = agent::TerminateRequested::How;
  // The coordinator of whoever started this one goes with it, and nobody would hear of what is saved.
  if (options_.parent_pid != 0 && ::getppid() != options_.parent_pid) return How::at_once;
  return options_.on_term == OnTerm::drain && !agent_->is_draining() ? How::drain : How::stop;
}

void Daemon::watch_children() {
  children_.add(SIGCHLD);
  const auto wait = [this](auto&& self) -> void {
    children_.async_wait([this, self](const error_code& error, int) {
      if (error) return;
      // Reaping may replace a slot's trainer, so go over a copy.
      const auto trainers = trainers_;
      for (const auto& trainer : trainers) {
        if (trainer) trainer->reap();
      }
      self(self);
    });
  };
  wait(wait);
}

void Daemon::tell_ready() {
  if (options_.ready_fd < 0 || std::exchange(told_ready_, true)) return;
  if (::write(options_.ready_fd, "\n", 1) != 1) spdlog::warn("nobody reads the descriptor of --ready-fd");
  ::close(options_.ready_fd);
}

fs::path Daemon::scratch(const AttemptToken& attempt) const {
  return options_.state / "scratch" / agent::token_name(attempt);
}

}  // namespace spin::daemon
