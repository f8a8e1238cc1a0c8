#include "server/core/coordinator.h"

#include <algorithm>
#include <utility>

#include "server/core/invariants.h"
#include "server/core/leases.h"
#include "server/core/notes.h"
#include "server/core/quarantine.h"
#include "server/core/reports.h"
#include "server/core/restoration.h"
#include "server/core/scheduler.h"
#include "server/core/sessions.h"
#include "server/core/settle.h"
#include "server/core/status.h"
#include "server/core/steer.h"
#include "server/core/submit.h"

namespace spin::core {
namespace {

struct Handler {
  Step& step;

  void operator()(const SweepSubmitted& event) const { submit(step, event); }
  void operator()(const SweepExtended& event) const { extend(step, event); }
  void operator()(const SteerRequested& event) const { steer(step, event); }
  void operator()(const WorkerAttached& event) const { attach(step, event); }
  void operator()(const WorkerDetached& event) const { detach(step, event.session); }
  void operator()(const WorkerSaid& event) const { worker_said(step, event); }
  void operator()(const DrainRequested& event) const { drain(step, event); }
  void operator()(const LeaseFailed& event) const { lease_failed(step, event); }
  void operator()(const HoldLeases& event) const { hold_leases(step, event); }
  void operator()(const SettleOn&) const { settle_on(step); }
  void operator()(const TimePassed&) const { time_passed(step); }
};

/// A worker is quarantined where all of its devices are.
void annotate_quarantines(const Core& core, const Session& session, AttachedWorker& row) {
  const auto& devices = session.hello.devices;
  std::size_t quarantined = 0;
  std::string reasons;
  for (const DeviceOffer& offer : devices) {
    const auto quarantine = core.quarantines.find({session.hello.name, offer.device});
    if (quarantine == core.quarantines.end()) continue;
    ++quarantined;
    const std::string place = devices.size() > 1 ? offer.device + ": " : "";
    reasons += (reasons.empty() ? "" : "; ") + place + quarantine->second.reason;
  }
  if (quarantined == 0) return;
  if (quarantined == devices.size()) row.state = "quarantined";
  row.reason = reasons;
}

}  // namespace

Coordinator::Coordinator(Restoration restoration, Now now)
    : state_(std::make_unique<State>(State{std::move(*restoration.finish(now))})) {}

Coordinator::~Coordinator() = default;

Effects Coordinator::handle(const Event& event, Now now) {
  Effects effects;
  Step step{state_->core, now, effects};
  std::visit(Handler{step}, event);
  review_quarantines(step);
  schedule(step);
  return effects;
}

std::optional<Now> Coordinator::next_deadline() const {
  const auto due = state_->core.timers.first();
  const auto probe = next_probe(state_->core);
  if (!due) return probe;
  return probe ? std::min(due->at, *probe) : due->at;
}

bool Coordinator::is_unsettled() const {
  return !state_->core.unsettled.empty() || !state_->core.deleting.empty();
}

std::optional<SweepStatus> Coordinator::sweep_status(SweepId id, Now now) const {
  const Sweep* sweep = state_->core.catalogue.find_sweep(id);
  return sweep == nullptr || sweep->deleting ? std::nullopt
                                             : std::optional(make_status(state_->core, *sweep, now));
}

std::vector<SweepStatus> Coordinator::sweep_statuses(Now now) const {
  return make_statuses(state_->core, now);
}

std::vector<SweepId> Coordinator::sweeps() const {
  std::vector<SweepId> ids;
  for (const auto& [id, sweep] : state_->core.catalogue.sweeps())
    if (!sweep.deleting) ids.push_back(id);
  return ids;
}

std::uint64_t Coordinator::sweep_version(SweepId id) const {
  const Sweep* sweep = state_->core.catalogue.find_sweep(id);
  return sweep == nullptr ? 0 : sweep->version;
}

std::optional<JobState> Coordinator::job_state(JobKey key) const {
  const Job* job = state_->core.catalogue.find(key);
  return job == nullptr ? std::nullopt : std::optional(state_of(job->phase));
}

void Coordinator::annotate(std::span<JobRow> rows, Now now) const { core::annotate(state_->core, rows, now); }

std::vector<AttachedWorker> Coordinator::workers() const {
  std::vector<AttachedWorker> rows;
  for (const auto& [id, session] : state_->core.workers.all()) {
    AttachedWorker row;
    row.name = session.hello.name;
    row.state = session.draining ? "draining" : "online";
    row.reason = session.problem;
    if (state_->core.hold) row.reason = "no leases are granted now: " + *state_->core.hold;
    annotate_quarantines(state_->core, session, row);
    for (const DeviceState& device : session.devices) row.busy += device.busy;
    row.memory_used_bytes = session.memory_used();
    row.heard = session.heard;
    rows.push_back(std::move(row));
  }
  std::ranges::sort(rows, {}, &AttachedWorker::name);
  return rows;
}

const Counters& Coordinator::counters() const { return state_->core.counters; }

const std::vector<std::string>& Coordinator::defects() const { return state_->core.defects; }

StateCounts Coordinator::totals() const {
  StateCounts sum;
  for (const auto& [id, sweep] : state_->core.catalogue.sweeps()) sum += sweep.counts;
  return sum;
}

std::vector<std::string> Coordinator::check_invariants() const { return broken_invariants(state_->core); }

}  // namespace spin::core
