#include "tests/property/submissions.h"

#include <algorithm>
#include <iterator>
#include <memory>

namespace spin::core {
namespace {

PlanDigest digest_of(const FirstPart& plan) {
  PlanDigest digest;
  for (const PartJob& job : plan.jobs) digest.add(job.id);
  return digest;
}

}  // namespace

Requirements Submissions::random_requirements() {
  Requirements requirements;
  if (is_plain_ || draw(2) == 0) return requirements;
  if (draw(2) == 0) requirements.memory_bytes = static_cast<std::int64_t>(1 + draw(9)) * kUnit;
  if (draw(4) == 0) requirements.labels = {"big"};
  if (draw(6) == 0) requirements.device = draw(2) == 0 ? Device::Kind::cpu : Device::Kind::cuda;
  return requirements;
}

/// Labels are a fixed graph: every third job depends on the one before, every sixth on the third before as
/// well.
void Submissions::choose(int label, std::vector<int>& chosen) const {
  if (std::find(chosen.begin(), chosen.end(), label) != chosen.end()) return;
  if (label % 3 == 2) choose(label - 1, chosen);
  if (label % 6 == 5) choose(label - 3, chosen);
  chosen.push_back(label);
}

PlanOf Submissions::random_plan() {
  PlanOf plan("sweep" + std::to_string(draw(3)));
  plan.priority(static_cast<int>(draw(3))).max_attempts(1 + static_cast<int>(draw(3)));
  plan.requires_of_workers(random_requirements());
  std::vector<int> chosen;
  for (auto count = 1 + draw(static_cast<std::uint64_t>(most_jobs_)); count > 0; --count)
    choose(first_label_ + static_cast<int>(draw(static_cast<std::uint64_t>(window_))), chosen);
  for (const int label : chosen) {
    std::vector<std::string> needs;
    if (label % 3 == 2) needs.push_back("j" + std::to_string(label - 1));
    if (label % 6 == 5) needs.push_back("j" + std::to_string(label - 3));
    plan.job("j" + std::to_string(label), needs);
  }
  return plan;
}

SweepSubmitted Submissions::next() {
  first_label_ += static_cast<int>(draw(3));
  last_ = *random_plan().plan();
  auto first = std::make_shared<FirstPart>(last_);
  if (draw(2) == 0) first->jobs.resize(1 + draw(first->jobs.size()));
  SweepSubmitted event{1, std::move(first), "", {}, 0, draw(2) == 0};
  if (event.plan->jobs.size() < last_.jobs.size()) event.full_plan = digest_of(last_);
  return event;
}

void Submissions::observe(const std::vector<Change>& changes) {
  for (const Change& change : changes)
    if (const auto* insert = std::get_if<InsertSweep>(&change)) plans_[insert->id] = last_;
}

bool Submissions::has(SweepId sweep, const JobId& job) const {
  const auto plan = plans_.find(sweep);
  return plan != plans_.end() && std::any_of(plan->second.jobs.begin(), plan->second.jobs.end(),
                                             [&](const PartJob& planned) { return planned.id == job; });
}

bool Submissions::any_named(const std::string& name, const JobId& job) const {
  return std::any_of(plans_.begin(), plans_.end(),
                     [&](const auto& entry) { return entry.second.name == name && has(entry.first, job); });
}

std::string Submissions::name_of(SweepId sweep) const {
  const auto plan = plans_.find(sweep);
  return plan == plans_.end() ? "" : plan->second.name;
}

std::optional<SweepId> Submissions::incomplete_sweep(const Coordinator& coordinator, Now now) {
  std::vector<SweepId> incomplete;
  for (const SweepId sweep : coordinator.sweeps())
    if (coordinator.sweep_status(sweep, now)->jobs_to_come > 0) incomplete.push_back(sweep);
  if (incomplete.empty()) return std::nullopt;
  return incomplete[draw(incomplete.size())];
}

SweepExtended Submissions::part_of(SweepId sweep, std::int64_t first, std::int64_t jobs) const {
  const FirstPart& plan = plans_.at(sweep);
  PlanPart part;
  part.first_job = first;
  part.cells = plan.cells;
  std::copy_n(plan.jobs.begin() + first, jobs, std::back_inserter(part.jobs));
  return {1, sweep, std::make_shared<const PlanPart>(std::move(part))};
}

std::optional<SweepExtended> Submissions::extension(const Coordinator& coordinator, Now now) {
  const auto sweep = incomplete_sweep(coordinator, now);
  if (!sweep) return std::nullopt;
  const auto status = coordinator.sweep_status(*sweep, now);
  const bool is_next = draw(8) != 0;
  const std::int64_t first = is_next ? status->counts.total() : 0;
  return part_of(*sweep, first,
                 1 + static_cast<std::int64_t>(draw(static_cast<std::uint64_t>(status->jobs_to_come))));
}

std::optional<SweepExtended> Submissions::rest(const Coordinator& coordinator, Now now) {
  const auto sweep = incomplete_sweep(coordinator, now);
  if (!sweep) return std::nullopt;
  const auto status = coordinator.sweep_status(*sweep, now);
  return part_of(*sweep, status->counts.total(), status->jobs_to_come);
}

}  // namespace spin::core
