#include "tests/property/simulation.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "schema/base/version.h"
#include "tests/property/describe.h"

namespace spin::core {
namespace {

constexpr Mishaps kMishaps{.job_error = 50, .trainer_dies = 40, .diverges = 30, .refuses = 10};

CoordinatorSettings settings_for(std::uint64_t seed) {
  CoordinatorSettings settings;
  settings.lease_ms = 5000;
  settings.heartbeat_ms = 1000;
  settings.backoff_first_ms = 500;
  settings.backoff_limit_ms = 2000;
  settings.quarantine_failures = 3;
  settings.quarantine_jobs = 2;
  settings.quarantine_first_ms = 2000;
  settings.quarantine_limit_ms = 4000;
  settings.retention = static_cast<Retention>(seed % 3);
  settings.deleted_jobs = 1 + static_cast<int>(seed / 4 % 3);
  settings.part_jobs = seed % 4 == 0 ? 2'000 : static_cast<int>(seed % 4);
  return settings;
}

WorkerHello make_worker(int number, bool is_plain) {
  WorkerHello hello;
  hello.name = "w" + std::to_string(number);
  hello.version = kVersion;
  hello.host = "host";
  hello.slots = 1 + number % 3;
  hello.pid = 100;
  hello.instance = hello.name + " 0";
  const std::vector<std::string> names = number % 4 == 2 ? std::vector<std::string>{"cpu", "cuda:0", "cuda:1"}
                                         : number % 4 == 1 ? std::vector<std::string>{"cuda:1", "cuda:0"}
                                                           : std::vector<std::string>{"cpu"};
  for (const std::string& name : names) hello.devices.push_back({name});
  if (is_plain) return hello;
  if (number % 2 == 1) hello.labels = {"big"};
  if (number % 3 == 0) return hello;
  int size = number;
  for (DeviceOffer& offer : hello.devices) offer.memory_bytes = (4 + 4 * (size++ % 2)) * kUnit;
  return hello;
}

int failures() { return testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count(); }

}  // namespace

bool Simulation::has_failed() const { return failures() > failures_before_; }

Simulation::Simulation(std::uint64_t seed, const Shape& shape, std::ostream* trace)
    : random_(seed),
      shape_(shape),
      is_plain_(seed % 2 == 0),
      trace_(trace),
      settings_(settings_for(seed / 2)),
      ledger_(store_, is_plain_),
      submissions_(random_, shape_.window, shape_.plan_jobs, is_plain_),
      orders_(store_, submissions_),
      failures_before_(failures()) {
  for (int i = 0; i < shape_.workers; ++i) workers_.emplace_back(make_worker(i, is_plain_), random_());
  coordinator_ = store_.boot(settings_, now_);
}

void Simulation::run() {
  submit();
  for (int i = 0; i < shape_.steps && !has_failed(); ++i) step();
  if (!has_failed()) calm_down();
  if (!has_failed()) ledger_.check_end(workers_);
}

void Simulation::step() {
  SimWorker& worker = workers_[draw(workers_.size())];
  const auto choice = draw(1000);
  if (coordinator_->is_unsettled() && draw(4) == 0) {
    if (chance(100)) return die();
    handle(SettleOn{});
  } else if (choice < 25) {
    extend();
  } else if (choice < 65) {
    person_acts();
  } else if (choice < 105) {
    something_breaks();
  } else if (choice < 145) {
    if (!worker.session() && !worker.frozen) connect(worker);
  } else if (choice < 340) {
    if (!worker.frozen) worker.act(kMishaps);
  } else if (choice < 400) {
    if (!worker.frozen) worker.heartbeat();
  } else if (choice < 650) {
    while (deliver_up(worker) && draw(3) != 0) continue;
  } else if (choice < 860) {
    while (deliver_down(worker) && draw(4) != 0) continue;
  } else if (choice < 930) {
    commit(1 + draw(4));
  } else {
    advance(static_cast<std::int64_t>(draw(400)));
  }
}

void Simulation::person_acts() {
  const auto choice = draw(11);
  if (choice < 3) {
    submit();
  } else if (choice < 8) {
    steer();
  } else if (choice < 9) {
    regret();
  } else if (choice < 10) {
    handle(DrainRequested{1, "w" + std::to_string(draw(workers_.size() + 1))});
  } else {
    hold();
  }
}

/// In some of the holds the disk is full: until the next, no worker can attach and time passes for no lease.
void Simulation::hold() {
  const bool holds = draw(3) == 0;
  is_full_ = holds && draw(2) == 0;
  handle(HoldLeases{holds, is_full_ ? "the disk is full" : "the disk is nearly full"});
}

void Simulation::something_breaks() {
  SimWorker& worker = workers_[draw(workers_.size())];
  switch (draw(9)) {
    case 0:
      return die();
    case 1:
      return hang_up(worker);
    case 2:
      note("kill " + worker.hello().name);
      hang_up(worker);
      return worker.restart();
    case 3:
      return worker.drain();
    case 4:
      worker.frozen = !worker.frozen;
      return note((worker.frozen ? "stop " : "continue ") + worker.hello().name);
    case 5:
      worker.up_cut = !worker.up_cut;
      return;
    case 6:
      worker.down_cut = !worker.down_cut;
      return;
    case 7:
      return advance(static_cast<std::int64_t>(draw(12'000)));
    default:
      return advance(settings_.lease_ms + 1);
  }
}

void Simulation::submit() { handle(submissions_.next()); }

void Simulation::extend() {
  if (const auto event = submissions_.extension(*coordinator_, now_)) handle(*event);
}

steer::Action Simulation::random_action() {
  const auto choice = draw(12);
  if (choice < 2) return steer::Cancel{};
  if (choice < 5) return steer::Pause{};
  if (choice < 7) return steer::Resume{};
  if (choice < 9) return steer::Retry{draw(2) == 0};
  if (choice < 10) return steer::SetPriority{static_cast<int>(draw(5)) - 1};
  return steer::Delete{};
}

void Simulation::order(std::variant<SweepId, JobKey> target, steer::Action action) {
  handle(SteerRequested{++last_order_, target, action});
}

/// Now and then of something that is not there, or not any more.
void Simulation::steer() {
  if (draw(3) == 0) {
    const auto last = store_.jobs().empty() ? 0 : store_.jobs().rbegin()->first.value;
    return order(JobKey{1 + static_cast<std::int64_t>(draw(static_cast<std::uint64_t>(last) + 1))},
                 random_action());
  }
  const auto sweeps = coordinator_->sweeps();
  const bool is_there = !sweeps.empty() && draw(8) != 0;
  const SweepId sweep =
      is_there ? sweeps[draw(sweeps.size())] : SweepId{static_cast<std::int64_t>(1 + draw(9))};
  order(sweep, random_action());
  // Before that has reached all jobs, something else may be asked for one of them.
  const auto row = store_.sweeps().find(sweep);
  if (!coordinator_->is_unsettled() || row == store_.sweeps().end() || row->second.jobs.empty()) return;
  if (draw(2) == 0) order(row->second.jobs[draw(row->second.jobs.size())], random_action());
}

/// A sweep that goes again as soon as it has come, perhaps before anything of it is stored.
void Simulation::regret() {
  submit();
  const auto sweeps = coordinator_->sweeps();
  if (sweeps.empty()) return;
  order(sweeps.back(), steer::Cancel{});
  order(sweeps.back(), steer::Delete{});
}

/// SIGKILL of the coordinator: a prefix of what was handed to the store is durable, nobody is told of it.
void Simulation::die() {
  const auto durable = draw(uncommitted_.size() + 1);
  note("the coordinator dies, " + std::to_string(durable) + " batches are durable");
  for (std::size_t i = 0; i < durable; ++i) store(uncommitted_[i]);
  uncommitted_.clear();
  unreadable_.clear();
  is_full_ = false;
  for (SimWorker& worker : workers_) worker.disconnect();
  ledger_.restarted();
  orders_.restarted();
  coordinator_ = store_.boot(settings_, now_);
  for (const auto& sentence : coordinator_->check_invariants())
    ADD_FAILURE() << "after the restart: " << sentence;
}

/// The coordinator gets a part of what was under way, the worker nothing; sometimes the coordinator has not
/// noticed.
void Simulation::hang_up(SimWorker& worker) {
  if (!worker.session()) return;
  const SessionId session = *worker.session();
  while (draw(3) != 0 && deliver_up(worker)) continue;
  if (worker.session() != session) return;
  note("hang up " + worker.hello().name);
  worker.disconnect();
  if (draw(3) != 0) handle(WorkerDetached{session});
}

void Simulation::connect(SimWorker& worker) {
  if (is_full_) return;
  const SessionId session{++last_session_};
  sessions_[session] = worker.hello();
  handle(WorkerAttached{session, worker.connect(session)});
}

bool Simulation::deliver_up(SimWorker& worker) {
  if (!worker.session() || worker.up_cut) return false;
  const auto message = worker.take_message();
  if (!message) return false;
  handle(WorkerSaid{*worker.session(), *message});
  return true;
}

bool Simulation::deliver_down(SimWorker& worker) {
  if (worker.down.empty() || worker.down_cut || worker.frozen) return false;
  const SimWorker::Down down = std::move(worker.down.front());
  worker.down.pop_front();
  worker.receive(down);
  return true;
}

void Simulation::handle(const Event& event) {
  if (trace_ != nullptr) note(describe(event));
  orders_.given(event);
  const auto lost_before = coordinator_->counters().lost_attempts;
  uncommitted_.push_back(coordinator_->handle(event, now_));
  submissions_.observe(uncommitted_.back().changes);
  lost_ += coordinator_->counters().lost_attempts - lost_before;
  for (const auto& sentence : coordinator_->check_invariants()) ADD_FAILURE() << sentence;
  note_probes(uncommitted_.back());
  const auto due = coordinator_->next_deadline();
  if (std::holds_alternative<TimePassed>(event) && due && *due <= now_)
    ADD_FAILURE() << "TimePassed leaves a deadline that is over";
  if (draw(3) != 0 || uncommitted_.size() > 6) commit(uncommitted_.size());
}

/// Leases to devices under quarantine follow another order.
void Simulation::note_probes(const Effects& effects) {
  if (effects.changes.empty()) return;
  for (const AttachedWorker& row : coordinator_->workers()) {
    if (row.reason.find("attempts failed") == std::string::npos) continue;
    for (const Change& change : effects.changes)
      if (const auto* lease = std::get_if<InsertAttempt>(&change);
          lease != nullptr && lease->worker == row.name)
        ledger_.probes(lease->token);
  }
}

void Simulation::advance(std::int64_t ms) {
  const Now until = now_ + std::chrono::milliseconds(ms);
  // Now and then the timer is late: time has leapt.
  const bool leaps = draw(4) == 0;
  if (leaps) now_ = until;
  for (auto due = coordinator_->next_deadline(); due && *due <= until && !is_full_ && !has_failed();
       due = coordinator_->next_deadline()) {
    now_ = std::max(now_, *due);
    handle(TimePassed{});
  }
  now_ = until;
}

void Simulation::commit(std::size_t batches) {
  std::vector<Effects> durable;  // in one transaction
  for (; batches > 0 && !uncommitted_.empty(); --batches) {
    durable.push_back(std::move(uncommitted_.front()));
    uncommitted_.pop_front();
    store(durable.back());
  }
  for (const Effects& effects : durable)
    for (const Message& message : effects.messages) tell(message);
  if (uncommitted_.empty())
    for (const auto& [key, row] : store_.jobs())
      if (coordinator_->job_state(key) != row.job.state)
        ADD_FAILURE() << "job " << key.value << " is stored otherwise";
  for (const LeaseFailed& event : std::exchange(unreadable_, {})) handle(event);
}

void Simulation::store(const Effects& effects) {
  for (const Message& message : effects.messages)
    if (const auto* lease = std::get_if<SendLease>(&message)) ledger_.grants(*lease);
  for (const Change& change : effects.changes) {
    ledger_.observe(change);
    orders_.observe(change);
    if (std::holds_alternative<InsertResult>(change)) ++results_;
    if (std::holds_alternative<DeleteSweep>(change)) ++deleted_;
    store_.apply_one(change);
  }
  if (!effects.changes.empty()) store_.check();
}

void Simulation::tell(const Message& message) {
  if (trace_ != nullptr) note("  " + describe(message));
  orders_.told(message);
  if (const auto* lease = std::get_if<SendLease>(&message)) {
    if (!store_.jobs().contains(lease->job)) {  // deleted in the same transaction
      unreadable_.push_back(
          {lease->session, lease->job, lease->attempt, lease->devices, "there is no such job", false});
      return;
    }
    if (chance(15)) {
      unreadable_.push_back(
          {lease->session, lease->job, lease->attempt, lease->devices, "disk I/O error", true});
      return;
    }
    LeasedJob job;
    job.attempt = lease->attempt;
    job.inputs = lease->inputs;
    if (SimWorker* worker = find(lease->session))
      worker->down.push_back({Lease{{job}, lease->devices}, store_.job(lease->job).job.id});
  } else if (const auto* send = std::get_if<SendMessage>(&message)) {
    if (std::holds_alternative<DrainRequest>(send->message)) ledger_.drains(sessions_.at(send->session));
    if (SimWorker* worker = find(send->session)) worker->down.push_back({send->message, {}});
  } else if (const auto* close = std::get_if<CloseSession>(&message)) {
    if (SimWorker* worker = find(close->session)) worker->disconnect();
  }
}

SimWorker* Simulation::find(SessionId session) {
  const auto found = std::find_if(workers_.begin(), workers_.end(),
                                  [&](const SimWorker& worker) { return worker.session() == session; });
  return found == workers_.end() ? nullptr : &*found;
}

bool Simulation::is_live() const {
  return std::any_of(store_.jobs().begin(), store_.jobs().end(), [](const auto& entry) {
    const JobState state = entry.second.job.state;
    return state == JobState::running || state == JobState::backoff || state == JobState::ready;
  });
}

/// Every fault ends, and time is given. What is paused stays so in every other history.
void Simulation::calm_down() {
  note("from here on all is well");
  for (SimWorker& worker : workers_) worker.frozen = worker.up_cut = worker.down_cut = false;
  is_full_ = false;
  handle(HoldLeases{false, ""});
  while (const auto rest = submissions_.rest(*coordinator_, now_)) {
    handle(*rest);
    if (has_failed()) return;
  }
  if (draw(2) == 0)
    for (const SweepId sweep : coordinator_->sweeps()) handle(SteerRequested{1, sweep, steer::Resume{}});
  commit(uncommitted_.size());
  // Until all is quiet: what still lies in an outbox may make more jobs ready, who is told to stop stops, and
  // some jobs need what no worker has.
  int quiet_rounds = 0;
  for (int round = 0; round < 2000 && quiet_rounds < (is_live() ? 8 : 3) && !has_failed(); ++round) {
    const auto before = store_.attempts().size();
    calm_round();
    const bool runs = std::any_of(store_.jobs().begin(), store_.jobs().end(), [](const auto& entry) {
      return entry.second.job.state == JobState::running || entry.second.job.state == JobState::backoff;
    });
    quiet_rounds = runs || store_.attempts().size() != before ? 0 : quiet_rounds + 1;
  }
}

void Simulation::calm_round() {
  while (coordinator_->is_unsettled() && !has_failed()) handle(SettleOn{});
  for (SimWorker& worker : workers_) {
    if (worker.is_draining()) {  // it may have been told just now; somebody starts it anew
      hang_up(worker);
      worker.restart();
    }
    if (!worker.session()) connect(worker);
    worker.act({});
    worker.end_what_stops();
    worker.heartbeat();
    while (deliver_up(worker)) continue;
  }
  commit(uncommitted_.size());
  for (SimWorker& worker : workers_)
    while (deliver_down(worker)) continue;
  advance(1000);
  commit(uncommitted_.size());
}

void Simulation::note(const std::string& what) {
  if (trace_ != nullptr) *trace_ << what << "\n";
}

}  // namespace spin::core
