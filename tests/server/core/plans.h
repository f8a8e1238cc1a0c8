#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schema/job/report.h"
#include "schema/sweep/plan.h"

namespace spin::core {

/// An identity made of the label itself, so that equal labels in two plans are one job.
JobId id_of(const std::string& label);

/// Builds plans of jobs that are nothing but labels and dependencies. Every job trains `epochs` epochs on 100
/// images at 10 FLOPs: 1000 units of work an epoch.
class PlanOf {
 public:
  explicit PlanOf(const std::string& name);
  PlanOf& priority(int priority);
  PlanOf& max_attempts(int attempts);
  PlanOf& requires_of_workers(const Requirements& requirements);
  PlanOf& job(const std::string& label, const std::vector<std::string>& depends_on = {}, int epochs = 1);
  /// a1, a2, ... without dependencies.
  PlanOf& jobs(const std::string& prefix, int count, const std::vector<std::string>& depends_on = {});
  /// All jobs until now read mnist in this folder.
  PlanOf& data_in(const std::string& root);
  [[nodiscard]] std::shared_ptr<const FirstPart> plan() const { return std::make_shared<FirstPart>(plan_); }
  /// For tests that break it.
  FirstPart& raw() { return plan_; }

 private:
  FirstPart plan_;
};

/// An artifact named by the text.
ArtifactId artifact_id(const std::string& text);

}  // namespace spin::core
