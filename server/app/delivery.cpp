#include <iterator>
#include <map>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>

#include <spdlog/spdlog.h>

#include "server/app/engine.h"

namespace spin {
namespace {

/// One for each SendLease, in their order: all at once, or one by one where a row cannot be read.
std::vector<Result<LeasedJob>> read_leases(Reader& reader, const std::vector<core::Message>& messages) {
  std::vector<core::JobKey> jobs;
  for (const auto& message : messages)
    if (const auto* order = std::get_if<core::SendLease>(&message)) jobs.push_back(order->job);
  if (jobs.empty()) return {};
  if (auto all = reader.leased_jobs(jobs); all.ok())
    return {std::make_move_iterator(all->begin()), std::make_move_iterator(all->end())};
  std::vector<Result<LeasedJob>> leases;
  for (const core::JobKey& job : jobs) {
    auto one = reader.leased_jobs(std::span(&job, 1));
    if (one.ok())
      leases.emplace_back(std::move(one->front()));
    else
      leases.emplace_back(one.error());
  }
  return leases;
}

/// What waits for each worker while the messages of a step are looked through.
class Mail {
 public:
  using Links = std::unordered_map<SessionId, std::shared_ptr<WorkerLink>>;
  explicit Mail(const Links& links) : links_(links) {}
  ~Mail() {
    for (auto& [session, messages] : waiting_) send(session, std::move(messages));
  }
  Mail(const Mail&) = delete;
  Mail& operator=(const Mail&) = delete;

  void add(SessionId session, CoordinatorMessage message) { waiting_[session].push_back(std::move(message)); }
  void close(SessionId session, Error error) {
    spdlog::warn("session {} is closed: {}", session.value, error.message);
    if (auto node = waiting_.extract(session)) send(session, std::move(node.mapped()));
    const auto link = links_.find(session);
    if (link != links_.end()) link->second->close(std::move(error));
  }

 private:
  void send(SessionId session, std::vector<CoordinatorMessage> messages) {
    const auto link = links_.find(session);
    if (link != links_.end()) link->second->send(std::move(messages));
  }

  const Links& links_;
  std::map<SessionId, std::vector<CoordinatorMessage>> waiting_;
};

}  // namespace

/// As a step of its own, behind the messages of this one. A job that was deleted meanwhile is no fault.
void Engine::refuse_lease(const core::SendLease& order, const Error& error) {
  if (coordinator_.job_state(order.job))
    spdlog::error("job {} cannot be handed out: {}", order.job.value, error.message);
  core::LeaseFailed event{
      .session = order.session,
      .job = order.job,
      .attempt = order.attempt,
      .devices = order.devices,
      .reason = "what is stored of the job cannot be read: " + error.message,
      .may_pass = error.code != ErrorCode::data_loss && error.code != ErrorCode::not_found};
  strand_.post([this, event = std::move(event)] { handle(event); });
}

void Engine::deliver(std::vector<core::Message>& messages) {
  auto leases = read_leases(reader_, messages);
  std::size_t next_lease = 0;
  Mail mail(links_);
  const auto lease_of = [&](core::SendLease& order) {
    Result<LeasedJob>& job = leases[next_lease++];
    if (!job.ok()) return refuse_lease(order, job.error());
    job->attempt = order.attempt;
    job->inputs = std::move(order.inputs);
    mail.add(order.session, Lease{{*std::move(job)}, std::move(order.devices)});
  };
  for (auto& message : messages) {
    std::visit(
        [&](auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, core::SendLease>) {
            lease_of(value);
          } else if constexpr (std::is_same_v<T, core::SendMessage>) {
            mail.add(value.session, std::move(value.message));
          } else if constexpr (std::is_same_v<T, core::CloseSession>) {
            mail.close(value.session, std::move(value.error));
          } else {
            answer(value.request, std::move(value));
          }
        },
        message);
  }
}

}  // namespace spin
