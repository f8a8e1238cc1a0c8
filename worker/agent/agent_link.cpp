#include <algorithm>
#include <utility>

#include "worker/agent/agent.h"

namespace spin::agent {
namespace {

/// Exit code for an answer that trying again cannot change; none where it can.
std::optional<int> fatal_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::already_exists:
    case ErrorCode::failed_precondition:
      return 2;
    case ErrorCode::refused:
      return 4;
    default:
      return std::nullopt;
  }
}

bool is_refusal(const WorkerMessage& message) {
  const auto* kept = std::get_if<SequencedReport>(&message);
  const auto* failed = kept == nullptr ? nullptr : std::get_if<AttemptFailed>(&kept->report.body);
  return failed != nullptr && failed->kind == FailureKind::refused;
}

}  // namespace

void Agent::connect() {
  link_ = LinkConnecting{now_ + settings_.connect_limit};
  WorkerHello hello = settings_.hello;
  hello.held = held();
  emit(Connect{std::move(hello)});
}

void Agent::send(WorkerMessage message) {
  auto* up = std::get_if<LinkUp>(&link_);
  if (up == nullptr) return;
  // After a refusal the coordinator counts with no free slot until it is told.
  if (is_refusal(message)) up->believed.assign(up->believed.size(), 0);
  emit(Send{std::move(message)});
}

void Agent::on(const Received& event) {
  const bool first = std::holds_alternative<LinkConnecting>(link_);
  const bool welcome = std::holds_alternative<Welcome>(event.message);
  if (std::holds_alternative<LinkDown>(link_)) return;
  if (first != welcome) {
    emit(Disconnect{});
    return on(LinkLost{{ErrorCode::unavailable, first ? "the coordinator's first message was no welcome"
                                                      : "the coordinator sent a second welcome"}});
  }
  std::visit([this](const auto& message) { receive(message); }, event.message);
}

void Agent::receive(const Welcome& message) {
  const Millis heartbeat(message.heartbeat_ms);
  link_ = LinkUp{heartbeat, now_ + heartbeat, std::vector<int>(settings_.hello.devices.size())};
  reconnect_.reset();
  said_reasons_.clear();
  say_again_at_.reset();
  name_refused_since_.reset();
  offline_since_.reset();
  welcome_lease_ = Millis(message.lease_ms);
  say(Severity::info, "attached to the coordinator, session " + std::to_string(message.session.value));
  if (draining_) send(Draining{});
  for (auto& report : reports_.sendable()) send(std::move(report));
}

Result<int> Agent::find_slot(const std::vector<std::string>& devices) const {
  const auto& offers = settings_.hello.devices;
  if (devices.size() != 1)
    return Error{ErrorCode::invalid_argument,
                 "a job runs on one device here, not on " + std::to_string(devices.size())};
  const std::string& device = devices.front();
  const auto is_offered = [&](const DeviceOffer& offer) { return offer.device == device; };
  if (std::none_of(offers.begin(), offers.end(), is_offered))
    return Error{ErrorCode::not_found, "the worker does not offer " + device};
  // A warm trainer first, then one that is getting warm.
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (device_of(static_cast<int>(i)) != device || !slots_[i].is_free(now_)) continue;
    const bool warm = std::holds_alternative<TrainerIdle>(slots_[i].trainer);
    if (!best || warm || (!slots_[*best].has_process() && slots_[i].has_process())) best = i;
    if (warm) break;
  }
  // Credits that crossed a lease on their way may bring one lease too many.
  if (!best) return Error{ErrorCode::resource_exhausted, "the worker has no free slot on " + device};
  return static_cast<int>(*best);
}

/// The coordinator has subtracted the lease.
void Agent::count_lease(const Lease& lease) {
  auto& believed = std::get<LinkUp>(link_).believed;
  for (std::size_t i = 0; i < believed.size(); ++i)
    for (const std::string& device : lease.devices)
      if (settings_.hello.devices[i].device == device) believed[i] = std::max(0, believed[i] - 1);
}

void Agent::receive(const Lease& message) {
  count_lease(message);
  const bool is_one = message.jobs.size() == 1;
  for (const LeasedJob& job : message.jobs) {
    if (attempts_.count(job.attempt) > 0) continue;
    if (draining_)
      refuse(job, "the worker is stopping");
    else if (!is_one)
      refuse(job, "the worker runs jobs one by one");
    else
      begin(job, message.devices);
  }
}

void Agent::begin(const LeasedJob& job, const std::vector<std::string>& devices) {
  const Result<int> slot = find_slot(devices);
  if (!slot.ok()) return refuse(job, slot.error().message);

  Attempt& attempt = attempts_[job.attempt];
  attempt = Attempt{job, Preparing{*slot, {}}};
  Slot& place = slots_[static_cast<std::size_t>(*slot)];
  place.attempt = job.attempt;
  place.log.clear();
  emit(MakeScratch{job.attempt});
  for (const InputArtifact& input : job.inputs) emit(Fetch{job.attempt, input.role, input.artifact});
  if (!place.has_process()) start_trainer(*slot);
  try_run(attempt);
}

void Agent::receive(const ReportAck& message) {
  if (!reports_.acknowledged(message.sequence)) return;
  emit(Forget{message.sequence});
  for (auto& [token, attempt] : attempts_) {
    const auto* reporting = std::get_if<Reporting>(&attempt.state);
    if (reporting == nullptr || reporting->sequence != message.sequence) continue;
    emit(ReleaseKept{token});
    attempts_.erase(token);
    return;
  }
}

void Agent::receive(const DrainRequest&) { start_drain("the coordinator asked to drain"); }

void Agent::on(const LinkLost& event) {
  if (std::holds_alternative<LinkDown>(link_)) return;
  const bool was_up = std::holds_alternative<LinkUp>(link_);
  const Error& error = event.error;
  if (name_may_be_ours(error)) {
    if (!name_refused_since_) name_refused_since_ = now_;
  } else if (const auto code = fatal_code(error.code)) {
    return finish(*code, error.message);
  }
  link_ = LinkDown{now_ + reconnect_.next()};
  if (!offline_since_) offline_since_ = now_;
  if (was_up) {
    say(Severity::warning, "lost the coordinator: " + error.message + "; jobs go on, trying again");
    is_to_be_said(error.message);
  } else if (is_to_be_said(error.message)) {
    say(Severity::warning, "waiting for a coordinator: " + error.message);
  }
}

/// Each reason once a minute, however they take turns.
bool Agent::is_to_be_said(const std::string& reason) {
  if (!say_again_at_ || now_ >= *say_again_at_) {
    said_reasons_.clear();
    say_again_at_ = now_ + kSayAgain;
  }
  return said_reasons_.insert(reason).second;
}

// A stream that we lost may live on at the coordinator until its keepalive or lease runs out.
bool Agent::name_may_be_ours(const Error& error) const {
  if (error.code != ErrorCode::already_exists) return false;
  const Millis grace = std::max(settings_.name_grace, 2 * welcome_lease_);
  return !name_refused_since_ || now_ < *name_refused_since_ + grace;
}

void Agent::link_time() {
  if (const auto* down = std::get_if<LinkDown>(&link_)) {
    if (now_ >= down->retry_at) connect();
  } else if (const auto* connecting = std::get_if<LinkConnecting>(&link_)) {
    if (now_ < connecting->give_up_at) return;
    emit(Disconnect{});
    on(LinkLost{{ErrorCode::unavailable,
                 "no welcome within " + std::to_string(settings_.connect_limit.count()) + " ms"}});
  } else if (auto* up = std::get_if<LinkUp>(&link_); up != nullptr && now_ >= up->heartbeat_at) {
    up->heartbeat_at = now_ + up->heartbeat;
    send_heartbeat();
  }
}

void Agent::send_heartbeat() {
  std::get<LinkUp>(link_).problem = problem();
  send(Heartbeat{held(), problem()});
}

std::string Agent::problem() const {
  if (!no_room_for_results_.empty()) return no_room_for_results_;
  const auto full =
      std::find_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.no_room.empty(); });
  return full == slots_.end() ? std::string() : full->no_room;
}

void Agent::send_credits() {
  auto* up = std::get_if<LinkUp>(&link_);
  if (up == nullptr || draining_) return;
  const std::vector<int> free = free_slots(now_);
  if (free == up->believed) return;
  up->believed = free;
  send(Credits{free});
}

}  // namespace spin::agent
