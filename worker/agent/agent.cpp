#include "worker/agent/agent.h"

#include <algorithm>
#include <utility>

namespace spin::agent {
namespace {

/// Device by device.
std::vector<Slot> make_slots(const WorkerHello& hello, Now now) {
  std::vector<Slot> slots;
  for (int device = 0; device < static_cast<int>(hello.devices.size()); ++device)
    slots.insert(slots.end(), static_cast<std::size_t>(hello.slots),
                 Slot{NoTrainer{now}, {}, 0, {}, now, {}, device});
  return slots;
}

}  // namespace

Agent::Agent(AgentSettings settings, Now now)
    : settings_(std::move(settings)),
      now_(now),
      link_(LinkDown{now}),
      reconnect_(settings_.reconnect_first, settings_.reconnect_limit, settings_.seed),
      slots_(make_slots(settings_.hello, now)) {}

Effects Agent::handle(const Event& event, Now now) {
  if (ended_) return {};
  now_ = now;
  std::visit([this](const auto& value) { on(value); }, event);
  settle();
  return std::exchange(effects_, {});
}

void Agent::on(const Begin& event) {
  reports_.recover(event.outbox);
  std::map<AttemptToken, SequencedReport> last;  // the outbox is in order
  for (const auto& kept : event.outbox) {
    const auto earlier = last.find(kept.report.attempt);
    // A result that was withdrawn may come back with a crash.
    if (earlier != last.end() && is_last(earlier->second.report.body)) withdraw(earlier->second.sequence);
    last.insert_or_assign(kept.report.attempt, kept);
  }
  for (const auto& [token, kept] : last) {
    Attempt& attempt = attempts_[token];
    attempt.lease.attempt = token;
    attempt.lease.job = kept.report.job;
    attempt.lease.name = "job " + kept.report.job.short_hex();
    attempt.state = Preparing{-1, {}};
    if (is_last(kept.report.body)) {
      deliver(attempt, kept);
    } else {
      end_with(attempt, AttemptFailed{FailureKind::refused, "the worker that ran it ended"});
    }
  }
  if (!last.empty()) {
    say(Severity::info, "outbox: " + std::to_string(event.outbox.size()) + " reports of " +
                            std::to_string(last.size()) + " attempts wait for the coordinator");
  }
  connect();
}

void Agent::on(const TimePassed&) {
  link_time();
  trainer_time();
  salvage_time();
}

void Agent::on(const TerminateRequested& event) {
  switch (event.how) {
    case TerminateRequested::How::drain:
      return start_drain("asked to drain");
    case TerminateRequested::How::stop:
      return start_stop();
    case TerminateRequested::How::at_once:
      return stop_at_once();
  }
}

void Agent::on(const Persisted& event) {
  if (!std::exchange(no_room_for_results_, {}).empty()) {
    say(Severity::info, "results are kept again");
    say_full_at_.reset();  // else the log's last word would be wrong where the disk fills up at once
  }
  for (auto& report : reports_.persisted(event.sequence)) send(std::move(report));
}

void Agent::on(const PersistFailed& event) {
  no_room_for_results_ = "results wait, they cannot be kept: " + event.message;
  if (say_full_at_ && now_ < *say_full_at_) return;
  say(Severity::warning, no_room_for_results_);
  say_full_at_ = now_ + kSayAgain;
}

void Agent::start_drain(const std::string& reason) {
  if (draining_) return;
  draining_ = true;
  send(Draining{});
  const std::size_t count = attempts_.size();
  const std::string what = count == 0 ? "nothing is running"
                                      : "finishing " + std::to_string(count) +
                                            (count == 1 ? " job" : " jobs") + " first (SIGTERM stops them)";
  say(Severity::info, reason + ": no more jobs are taken, " + what);
}

// What follows from every step: what the coordinator is to know at once, and the end once nothing is left to
// do.
void Agent::settle() {
  if (ended_) return;
  send_credits();
  if (const auto* up = std::get_if<LinkUp>(&link_); up != nullptr && up->problem != problem())
    send_heartbeat();
  if (draining_ && attempts_.empty() && reports_.empty()) return finish(0, "");
  if (!stopping_) return;
  const bool trains = std::any_of(attempts_.begin(), attempts_.end(),
                                  [](const auto& entry) { return slot_of(entry.second).has_value(); });
  if (!trains && !trained_until_) trained_until_ = now_;
  if (const auto leave = leave_at(); leave && now_ >= *leave) finish(0, "");
}

void Agent::finish(int code, std::string message) {
  if (ended_) return;
  for (const auto& [token, devices] : held()) {
    Attempt& attempt = attempts_.at(token);
    if (const auto* salvaging = std::get_if<Salvaging>(&attempt.state)) end_with(attempt, salvaging->failure);
    if (const auto* keeping = std::get_if<Keeping>(&attempt.state)) end_unkept(attempt, keeping->end);
  }
  for (int slot = 0; slot < static_cast<int>(slots_.size()); ++slot) kill_trainer(slot);
  emit(Disconnect{});
  emit(Exit{code, std::move(message)});
  ended_ = true;
}

std::optional<Now> Agent::next_deadline() const {
  std::optional<Now> next;
  const auto consider = [&next](Now at) { next = next ? std::min(*next, at) : at; };
  if (ended_) return next;
  if (const auto* down = std::get_if<LinkDown>(&link_)) consider(down->retry_at);
  if (const auto* connecting = std::get_if<LinkConnecting>(&link_)) consider(connecting->give_up_at);
  if (const auto* up = std::get_if<LinkUp>(&link_)) consider(up->heartbeat_at);
  if (const auto leave = leave_at()) consider(*leave);
  for (const auto& [token, attempt] : attempts_) {
    if (const auto* salvaging = std::get_if<Salvaging>(&attempt.state)) consider(salvaging->give_up_at);
    const auto kill_at = kill_time(attempt);
    if (!kill_at) continue;
    const Slot& slot = slots_[static_cast<std::size_t>(*slot_of(attempt))];
    // Once killed, only its exit is waited for.
    if (!std::holds_alternative<TrainerDying>(slot.trainer)) consider(*kill_at);
  }
  for (const auto& slot : slots_) {
    if (slot.log.due()) consider(*slot.log.due());
    if (slot.rests_until > now_) consider(slot.rests_until);
    if (const auto forget = forget_full_disk_at(slot)) consider(*forget);
    if (const auto* starting = std::get_if<TrainerStarting>(&slot.trainer)) consider(starting->give_up_at);
    const auto* none = std::get_if<NoTrainer>(&slot.trainer);
    if (none != nullptr && none->not_before > now_) consider(none->not_before);
  }
  return next;
}

// As long again as it rests: a job that comes after the rest has that time to find the disk full once more.
std::optional<Now> Agent::forget_full_disk_at(const Slot& slot) const {
  if (slot.no_room.empty() || slot.attempt) return std::nullopt;
  return slot.rests_until + settings_.full_disk_rest;
}

std::vector<int> Agent::free_slots(Now now) const {
  std::vector<int> free(settings_.hello.devices.size());
  for (const Slot& slot : slots_)
    if (slot.is_free(now)) ++free[static_cast<std::size_t>(slot.device)];
  return free;
}

const std::string& Agent::device_of(int slot) const {
  const int device = slots_[static_cast<std::size_t>(slot)].device;
  return settings_.hello.devices[static_cast<std::size_t>(device)].device;
}

std::vector<HeldAttempt> Agent::held() const {
  std::vector<HeldAttempt> all;
  all.reserve(attempts_.size());
  for (const auto& [token, attempt] : attempts_) {
    HeldAttempt& one = all.emplace_back(HeldAttempt{token});
    if (const auto slot = slot_of(attempt)) one.devices = {device_of(*slot)};
  }
  return all;
}

std::vector<std::string> Agent::check_invariants() const {
  std::vector<std::string> broken;
  const auto expect = [&broken](bool holds, std::string what) {
    if (!holds) broken.push_back(std::move(what));
  };
  for (const auto& [token, attempt] : attempts_) {
    const std::string name = "attempt " + token_name(token) + " (" + state_name(attempt.state) + ")";
    expect(attempt.lease.attempt == token, name + " is listed under another token");
    if (const auto slot = slot_of(attempt)) {
      const bool known = *slot >= 0 && *slot < static_cast<int>(slots_.size());
      expect(known && slots_[static_cast<std::size_t>(*slot)].attempt == token,
             name + " holds a slot that does not know it");
    }
    if (const auto* reporting = std::get_if<Reporting>(&attempt.state)) {
      expect(reports_.has(reporting->sequence), name + " waits for a report that is not kept");
    }
    if (const auto* uploading = std::get_if<Uploading>(&attempt.state)) {
      expect(reports_.has(uploading->sequence), name + " has a result that is not kept");
    }
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    const std::string name = "slot " + std::to_string(i);
    const auto found = slot.attempt ? attempts_.find(*slot.attempt) : attempts_.end();
    if (slot.attempt) {
      expect(found != attempts_.end() && slot_of(found->second) == static_cast<int>(i),
             name + " is held by no attempt");
    }
    if (std::holds_alternative<TrainerBusy>(slot.trainer)) {
      expect(slot.attempt.has_value(), name + " has a busy trainer and no attempt");
    }
    if (found != attempts_.end() && std::holds_alternative<Training>(found->second.state)) {
      expect(std::holds_alternative<TrainerBusy>(slot.trainer), name + " trains without a busy trainer");
    }
    if (found != attempts_.end() && kill_time(found->second)) {
      const bool ends = std::holds_alternative<TrainerBusy>(slot.trainer) ||
                        std::holds_alternative<TrainerDying>(slot.trainer);
      expect(ends, name + " waits for the end of a trainer that does not train");
    }
  }
  return broken;
}

}  // namespace spin::agent
