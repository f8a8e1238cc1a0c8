#include "server/core/invariants.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "server/core/scheduler.h"
#include "server/core/step.h"
#include "server/core/unreached.h"

namespace spin::core {
namespace {

/// Walks over the state once and counts what the indexes should hold.
class Inspection {
 public:
  explicit Inspection(const Core& core)
      : core_(core), unreached_(core, all_keys(core)), broken_(core.defects) {}

  std::vector<std::string> run() {
    for (JobKey key{1}; key <= core_.catalogue.last_key(); ++key.value)
      if (const Job* job = core_.catalogue.find(key)) inspect_job(key, *job);
    inspect_totals();
    for (const auto& [id, session] : core_.workers.all()) inspect_session(session);
    expect(busy_ == bound_, "the sessions are busy with more jobs than they run");
    for (const auto& [id, sweep] : core_.catalogue.sweeps()) inspect_sweep(sweep);
    inspect_queue();
    return std::move(broken_);
  }

 private:
  static std::vector<JobKey> all_keys(const Core& core) {
    std::vector<JobKey> keys;
    for (JobKey key{1}; key <= core.catalogue.last_key(); ++key.value)
      if (core.catalogue.find(key) != nullptr) keys.push_back(key);
    return keys;
  }
  /// Whether something that was asked of the job's sweeps has not reached it yet.
  [[nodiscard]] bool is_unsettled(JobKey key) const { return !unreached_.of(key).empty(); }

  void expect(bool holds, const char* sentence) {
    if (!holds) broken_.emplace_back(sentence);
  }
  void expect(bool holds, JobKey key, const char* what) {
    if (holds) return;
    const JobState state = state_of(core_.catalogue.at(key).phase);
    broken_.push_back("job " + std::to_string(key.value) + " (" + name_of(state) + ") " + what);
  }
  void expect(bool holds, SessionId id, const char* what) {
    if (!holds) broken_.push_back("session " + std::to_string(id.value) + " " + what);
  }
  void expect(bool holds, SweepId id, const char* what) {
    if (!holds) broken_.push_back("sweep " + std::to_string(id.value) + " " + what);
  }

  void inspect_job(JobKey key, const Job& job) {
    expect(core_.catalogue.find(job.id) == key, key, "is not found by its identity");
    expect(!job.sweeps.items().empty(), key, "belongs to no sweep");
    if (is_done(state_of(job.phase))) ++done_;
    inspect_dependencies(key, job);

    const bool ready = std::holds_alternative<Ready>(job.phase);
    if (ready) ++ready_;
    expect(core_.ready.contains(place_of(core_, key), key) == ready, key, "contradicts the ready queue");
    if (std::holds_alternative<Running>(job.phase) || (is_live(state_of(job.phase)) && !is_unsettled(key)))
      expect(core_.catalogue.owner_of(job)->wants_work(), key, "runs for sweeps that do not want it");
    if (std::holds_alternative<Paused>(job.phase))
      expect(core_.catalogue.is_needed(job) || is_unsettled(key), key, "is paused and nobody needs it");
    if (const auto* backoff = std::get_if<Backoff>(&job.phase)) expect_timer({backoff->wait->until, key});
    if (const auto lost = lost_attempt(job)) expect_attempt(*lost, key);
    if (std::holds_alternative<Running>(job.phase)) inspect_running(key, job);
  }

  void inspect_running(JobKey key, const Job& job) {
    const Attempt* attempt = running_attempt(job);
    expect(attempt != nullptr, key, "has no attempt");
    if (attempt == nullptr) return;
    expect_attempt(attempt->token, key);
    expect_timer({attempt->deadline, key});
    ++running_[place_of(core_, key).sweep];
    expect(attempt->lost != attempt->token, key, "runs an attempt that it calls lost");
    if (!attempt->session) return;
    ++bound_;
    const Session* session = core_.workers.find(*attempt->session);
    expect(session != nullptr && session->busy.contains(key), key,
           "is not among the busy jobs of its session");
    expect(session == nullptr || session->hello.name == attempt->worker, key, "names another worker");
  }

  void expect_timer(Timers::Due due) {
    ++timers_;
    expect(core_.timers.contains(due), due.job, "has no timer");
  }

  void expect_attempt(const AttemptToken& token, JobKey key) {
    ++attempts_;
    const auto found = core_.attempts.find(token);
    expect(found != core_.attempts.end() && found->second == key, key, "is not found by its attempt");
    expect(token < AttemptToken{core_.boot_epoch, core_.next_sequence}, key, "has a token of the future");
  }

  void inspect_dependencies(JobKey key, const Job& job) {
    int unmet = 0;
    bool obstacle = false;
    for (const Dependency& needed : job.more().depends_on.items()) {
      const JobKey dependency = needed.on();
      const JobState state = state_of(core_.catalogue.at(dependency).phase);
      unmet += state == JobState::completed ? 0 : 1;
      obstacle = obstacle || is_root(state) || state == JobState::blocked;
      expect(core_.catalogue.at(dependency).more().dependants.contains(key), key,
             "is not known to its dependency");
    }
    if (const auto* waiting = std::get_if<Waiting>(&job.phase)) {
      expect(waiting->unmet == unmet && unmet > 0, key, "waits for another number of jobs than it needs");
      expect(!obstacle || is_unsettled(key), key, "waits for a job that will not complete");
    } else if (const auto* blocked = std::get_if<Blocked>(&job.phase)) {
      const Job* by = core_.catalogue.find(blocked->obstacle->by);
      expect(by != nullptr && is_root(state_of(by->phase)), key, "is blocked by nothing");
      expect(obstacle, key, "is blocked and could run");
    } else if (!std::holds_alternative<Cancelled>(job.phase) && !std::holds_alternative<Paused>(job.phase) &&
               !is_done(state_of(job.phase))) {
      expect(unmet == 0, key, "has unmet dependencies");
    }
  }

  static bool is_root(JobState state) {
    return state == JobState::failed || state == JobState::diverged || state == JobState::cancelled;
  }

  void inspect_totals() {
    for (const auto& [key, share] : core_.kept_shares) {
      const JobState state = state_of(core_.catalogue.at(key).phase);
      expect(is_live(state) || state == JobState::paused, key, "is over and still counted as begun");
    }
    expect(core_.ready.size() == ready_, "the ready queue holds jobs that are not ready");
    expect(core_.timers.size() == timers_, "there are timers of jobs that wait for no time");
    expect(core_.attempts.size() == attempts_, "there are attempts without a job");
    expect(core_.done_before + core_.counters.results == done_,
           "the jobs with a result are not as many as the results that were accepted");
  }

  void inspect_session(const Session& session) {
    expect(core_.workers.find(session.hello.name) == &session, session.id,
           "is not found by its worker's name");
    expect(core_.workers.open().contains(session.id) == session.has_room(), session.id,
           "contradicts the list of free workers");
    for (std::size_t i = 0; i < session.devices.size(); ++i)
      expect(session.devices[i].most_jobs.has_value() ==
                 core_.quarantines.contains({session.hello.name, session.hello.devices[i].device}),
             session.id, "contradicts the quarantines");
    std::vector<DeviceState> devices(session.devices.size());
    const auto count = [&](const Use& use, int jobs) {
      if (use.device == kNoDevice) return;
      DeviceState& device = devices.at(static_cast<std::size_t>(use.device));
      device.busy += jobs;
      device.memory_given += use.memory_bytes;
    };
    for (const auto& [token, use] : session.ending) count(use, 0);
    for (const auto& [key, use] : session.busy) {
      const Job* job = core_.catalogue.find(key);
      const Attempt* attempt = job == nullptr ? nullptr : running_attempt(*job);
      expect(attempt != nullptr && attempt->session == session.id && attempt->use == use, session.id,
             "is busy with a job that it does not run");
      expect(attempt == nullptr || !session.ending.contains(attempt->token), session.id,
             "runs an attempt that was taken from it");
      count(use, 1);
    }
    for (std::size_t i = 0; i < devices.size(); ++i) {
      const DeviceState& kept = session.devices[i];
      expect(devices[i].memory_given == kept.memory_given, session.id,
             "has miscounted the memory that it was given");
      expect(devices[i].busy == kept.busy, session.id, "has miscounted the jobs on a device");
    }
    busy_ += session.busy.size();
  }

  void inspect_queue() {
    for (const auto& [id, sweep] : core_.catalogue.sweeps())
      expect(core_.ready.running(id) == running_[id], id, "has miscounted its running jobs");
    const auto left = core_.ready.find([&](const ReadyQueue::Place& place, JobKey key) {
      return find_device_for(core_, place, key).has_value();
    });
    if (left) expect(core_.hold.has_value(), *left, "is ready and a worker could take it");
  }

  void inspect_sweep(const Sweep& sweep) {
    StateCounts counts;
    PlanDigest digest;
    std::int64_t shared = 0;
    double total = 0, done = 0, live = 0;
    for (const JobKey key : sweep.jobs) {
      const Job& job = core_.catalogue.at(key);
      const JobState state = state_of(job.phase);
      expect(job.sweeps.contains(sweep.id), key, "does not know its sweep");
      ++counts[state];
      digest.add(job.id);
      if (job.sweeps.items().size() > 1) ++shared;
      total += job.work;
      if (is_done(state)) done += job.work;
      if (is_live(state)) live += job.work;
    }
    const double tolerance = 1e-9 * std::max(1.0, total);
    const auto near = [&](double a, double b) { return std::abs(a - b) <= tolerance; };
    expect(counts == sweep.counts && shared == sweep.shared, sweep.id, "has miscounted its jobs");
    expect(digest == sweep.digest, sweep.id, "has another digest than its jobs");
    expect(sweep.is_settled() != core_.unsettled.contains(sweep.id), sweep.id,
           "is not known for what has not reached all its jobs");
    expect(!sweep.full_plan || sweep.full_plan->jobs > digest.jobs, sweep.id,
           "waits for jobs that do not come");
    expect(near(total, sweep.work_total) && near(done, sweep.work_done) && near(live, sweep.work_live),
           sweep.id, "has miscounted its work");
  }

  const Core& core_;
  const Unreached unreached_;
  std::vector<std::string> broken_;
  std::size_t ready_ = 0, timers_ = 0, attempts_ = 0, bound_ = 0, busy_ = 0;
  std::int64_t done_ = 0;
  std::map<SweepId, int> running_;
};

}  // namespace

std::vector<std::string> broken_invariants(const Core& core) { return Inspection(core).run(); }

}  // namespace spin::core
