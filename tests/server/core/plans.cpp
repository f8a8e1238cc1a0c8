#include "tests/server/core/plans.h"

#include <algorithm>

namespace spin::core {
namespace {

Digest digest_of(const std::string& text) {
  Digest digest;
  digest.bytes.back() = 1;  // no label is the zero digest
  std::copy_n(text.begin(), std::min<std::size_t>(text.size(), 31), digest.bytes.begin());
  return digest;
}

}  // namespace

JobId id_of(const std::string& label) { return JobId{digest_of(label)}; }
ArtifactId artifact_id(const std::string& text) { return ArtifactId{digest_of(text)}; }

PlanOf::PlanOf(const std::string& name) { plan_.name = name; }

PlanOf& PlanOf::priority(int priority) {
  plan_.priority = priority;
  return *this;
}

PlanOf& PlanOf::max_attempts(int attempts) {
  plan_.max_attempts = attempts;
  return *this;
}

PlanOf& PlanOf::requires_of_workers(const Requirements& requirements) {
  plan_.requirements = requirements;
  return *this;
}

PlanOf& PlanOf::job(const std::string& label, const std::vector<std::string>& depends_on, int epochs) {
  PartJob job;
  job.id = id_of(label);
  job.cell = static_cast<int>(plan_.cells.size());
  Train train;
  train.dataset.train_limit = 100;
  train.training.epochs = epochs;
  Cell cell;
  cell.network = label;
  cell.cost.flops = 10;
  cell.demand = {title_of(train.dataset), memory_of(Task{train}), work_of(Task{train}, cell.cost)};
  plan_.cells.push_back(cell);
  for (const auto& dependency : depends_on) job.inputs.push_back({InputRole::init, id_of(dependency)});
  plan_.jobs.push_back(job);
  return *this;
}

PlanOf& PlanOf::data_in(const std::string& root) {
  for (auto& cell : plan_.cells) cell.demand.dataset = "mnist";
  plan_.data = {{"mnist", root}};
  return *this;
}

PlanOf& PlanOf::jobs(const std::string& prefix, int count, const std::vector<std::string>& depends_on) {
  for (int i = 1; i <= count; ++i) job(prefix + std::to_string(i), depends_on);
  return *this;
}

}  // namespace spin::core
