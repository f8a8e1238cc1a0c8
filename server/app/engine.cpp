#include "server/app/engine.h"

#include <chrono>
#include <iterator>
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace spin {
namespace {

/// Workers are read no further while more changes than this wait for the disk.
constexpr std::size_t kMaxWaitingChanges = 20'000;

core::Now now() { return std::chrono::steady_clock::now(); }

void append(core::Effects& all, core::Effects more) {
  std::move(more.changes.begin(), more.changes.end(), std::back_inserter(all.changes));
  std::move(more.messages.begin(), more.messages.end(), std::back_inserter(all.messages));
}

}  // namespace

Engine::Engine(Parts parts, core::Restoration restoration)
    : strand_(parts.strand),
      store_(parts.store),
      metrics_(parts.metrics),
      delivery_(parts.reader,
                [this](const core::SendLease& order, const Error& error) {
                  strand_.post([this, order, error] { refuse_lease(order, error); });
                }),
      coordinator_(std::move(restoration), now()),
      timer_(parts.strand.context()) {}

void Engine::start() { handle(core::TimePassed{}); }

void Engine::stop() {
  stopped_ = true;
  timer_.cancel();
  requests_.clear();
}

void Engine::attach(WorkerHello hello, std::shared_ptr<WorkerLink> link) {
  if (!disk_full_.empty())
    return link->close(Error{ErrorCode::unavailable, full("no worker can attach").message});
  const SessionId session{++last_session_};
  std::vector<std::string> devices;
  for (const DeviceOffer& offer : hello.devices) devices.push_back(offer.device);
  spdlog::info("worker {} on {} attached: session {}, {} slot(s) on each of {}", hello.name, hello.host,
               session.value, hello.slots, fmt::join(devices, ", "));
  sessions_[link.get()] = session;
  links_[session] = std::move(link);
  handle(core::WorkerAttached{session, std::move(hello)});
}

/// One commit for all messages of a batch.
void Engine::receive(const std::shared_ptr<WorkerLink>& link, std::vector<WorkerMessage> messages) {
  const auto found = sessions_.find(link.get());
  if (stopped_ || found == sessions_.end()) return;
  const SessionId session = found->second;
  core::Effects effects;
  for (WorkerMessage& message : messages)
    append(effects, coordinator_.handle(core::WorkerSaid{session, std::move(message)}, now()));
  finish_step(std::move(effects));
}

void Engine::detached(const std::shared_ptr<WorkerLink>& link) {
  const auto found = sessions_.find(link.get());
  if (found == sessions_.end()) return;
  const SessionId session = found->second;
  spdlog::info("session {} ended", session.value);
  sessions_.erase(found);
  links_.erase(session);
  handle(core::WorkerDetached{session});
}

void Engine::hold_leases(const std::string& reason) {
  if (reason.empty())
    spdlog::info("leases are granted again");
  else
    spdlog::error("no lease is granted: {}", reason);
  handle(core::HoldLeases{!reason.empty(), reason});
}

void Engine::disk_full(const std::string& reason) {
  disk_full_ = reason;
  if (reason.empty()) return;
  for (auto& batch : batches_)
    for (const auto& answer : std::exchange(batch.answers, {})) answer();
  for (auto& [request, pending] : requests_)
    if (!std::exchange(pending.waits, true))
      pending.answered(core::RequestRefused{
          request, full("what was asked for is not stored yet, and will be when there is room")});
}

Error Engine::full(const std::string& so) const {
  return {ErrorCode::resource_exhausted, so + ": " + disk_full_};
}

void Engine::after_commits(std::function<void()> task) {
  if (batches_.empty()) return task();
  batches_.back().tasks.push_back(std::move(task));
}

void Engine::answer_after_commits(std::function<void()> answer) {
  if (batches_.empty() || !disk_full_.empty()) return answer();
  batches_.back().answers.push_back(std::move(answer));
}

void Engine::handle(const core::Event& event) {
  if (!stopped_) finish_step(coordinator_.handle(event, now()));
}

void Engine::finish_step(core::Effects effects) {
  log_defects();
  commit(std::move(effects));
  if (observer_ != nullptr) observer_->stepped();
  arm_timer();
  settle_on();
}

/// One part at a time, and each once the one before it is durable, so that everybody else gets between.
void Engine::settle_on() {
  if (is_settling_ || !coordinator_.is_unsettled()) return;
  is_settling_ = true;
  after_commits([this] {
    strand_.post([this] {
      is_settling_ = false;
      handle(core::SettleOn{});
    });
  });
}

void Engine::log_defects() {
  const auto& defects = coordinator_.defects();
  for (; logged_defects_ < defects.size(); ++logged_defects_)
    spdlog::error("a defect of spin, please report it: {}", defects[logged_defects_]);
}

/// Messages of a step without changes join the last step that is being committed: none overtakes another, and
/// nothing is said that rests on what is not durable yet.
void Engine::commit(core::Effects effects) {
  if (effects.changes.empty() && batches_.empty()) {
    return deliver(effects.messages);
  }
  if (effects.changes.empty()) {
    auto& waiting = batches_.back().messages;
    std::move(effects.messages.begin(), effects.messages.end(), std::back_inserter(waiting));
    return;
  }
  batches_.push_back(
      {.messages = std::move(effects.messages),
       .tasks = {},
       .answers = {},
       .handed_over = now(),
       .followed = observer_ == nullptr ? std::vector<core::JobKey>() : observer_->followed(effects.changes),
       .changes = effects.changes.size()});
  waiting_changes_ += effects.changes.size();
  store_.commit(std::move(effects.changes), [this] { strand_.post([this] { committed(); }); });
}

void Engine::committed() {
  Batch batch = std::move(batches_.front());
  batches_.pop_front();
  waiting_changes_ -= batch.changes;
  metrics_.commit_took(now() - batch.handed_over);
  if (!batch.followed.empty()) observer_->committed(batch.followed);
  deliver(batch.messages);
  for (const auto& task : batch.tasks) task();
  for (const auto& answer : batch.answers) answer();
  while (!waiting_for_room_.empty() && waiting_changes_ <= kMaxWaitingChanges) {
    const auto task = std::move(waiting_for_room_.front());
    waiting_for_room_.pop_front();
    task();
  }
}

/// As a step of its own, behind the messages of this one. A job that was deleted meanwhile is no fault.
void Engine::refuse_lease(const core::SendLease& order, const Error& error) {
  if (coordinator_.job_state(order.job))
    spdlog::error("job {} cannot be handed out: {}", order.job.value, error.message);
  handle(core::LeaseFailed{
      .session = order.session,
      .job = order.job,
      .attempt = order.attempt,
      .devices = order.devices,
      .reason = "what is stored of the job cannot be read: " + error.message,
      .may_pass = error.code != ErrorCode::data_loss && error.code != ErrorCode::not_found});
}

void Engine::deliver(std::vector<core::Message>& messages) {
  std::vector<Delivery::Letter> letters;
  const auto add = [&](SessionId session, auto content) {
    const auto link = links_.find(session);
    if (link != links_.end()) letters.push_back({link->second, std::move(content)});
  };
  for (auto& message : messages) {
    std::visit(
        [&](auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, core::SendLease>) {
            add(value.session, std::move(value));
          } else if constexpr (std::is_same_v<T, core::SendMessage>) {
            add(value.session, std::move(value.message));
          } else if constexpr (std::is_same_v<T, core::CloseSession>) {
            spdlog::warn("session {} is closed: {}", value.session.value, value.error.message);
            add(value.session, std::move(value.error));
          } else {
            answer(value.request, std::move(value));
          }
        },
        message);
  }
  delivery_.post(std::move(letters));
}

void Engine::when_roomy(std::function<void()> task) {
  if (waiting_changes_ <= kMaxWaitingChanges) return task();
  waiting_for_room_.push_back(std::move(task));
}

void Engine::answer(std::uint64_t request, core::Message message) {
  const auto found = requests_.find(request);
  if (found == requests_.end()) return;
  const Answered answered = std::move(found->second.answered);
  requests_.erase(found);
  answered(std::move(message));
}

void Engine::arm_timer() {
  const auto deadline = coordinator_.next_deadline();
  if (deadline == armed_) return;
  armed_ = deadline;
  if (!deadline) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(*deadline);
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    armed_.reset();
    // A worker that is refused or not read because the disk is full has not fallen silent. hold_leases() lets
    // everybody begin a whole lease, and arms this timer again.
    if (disk_full_.empty()) handle(core::TimePassed{});
  });
}

std::chrono::steady_clock::duration Engine::oldest_commit_age() const {
  return batches_.empty() ? std::chrono::steady_clock::duration::zero()
                          : now() - batches_.front().handed_over;
}

MetricsSnapshot Engine::snapshot() const {
  MetricsSnapshot snapshot;
  snapshot.counters = coordinator_.counters();
  snapshot.jobs = coordinator_.totals();
  for (const core::AttachedWorker& worker : coordinator_.workers()) {
    ++snapshot.workers[worker.state];
    snapshot.slots_busy += worker.busy;
  }
  return snapshot;
}

}  // namespace spin
