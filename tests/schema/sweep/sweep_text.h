#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "schema/sweep/plan.h"

namespace spin {

/// A sweep of one job, in five lines; what a test adds begins on line 6.
inline std::string small_sweep(const std::string& more = "") {
  return "version: 1\n"
         "name: small\n"
         "dataset: fashion-mnist\n"
         "network: {channels: 64, depth: 8, patch: 4, kernel: 3}\n"
         "training: {epochs: 3}\n" +
         more;
}

inline Result<SweepPlan> plan(const std::string& text, const std::vector<std::string>& sets = {}) {
  std::vector<Override> overrides;
  for (const auto& set : sets) {
    auto parsed = parse_override(set);
    EXPECT_TRUE(parsed.ok()) << set;
    if (parsed.ok()) overrides.push_back(*parsed);
  }
  return plan_sweep("s.yaml", text, overrides);
}

/// The plan of a sweep that must be good; an empty one otherwise.
inline SweepPlan good_plan(const std::string& text, const std::vector<std::string>& sets = {}) {
  auto planned = plan(text, sets);
  EXPECT_TRUE(planned.ok()) << planned.error().message;
  return planned.ok() ? *planned : SweepPlan{};
}

/// The error of a sweep that must be refused.
inline Error bad_plan(const std::string& text, const std::vector<std::string>& sets = {}) {
  const auto planned = plan(text, sets);
  EXPECT_FALSE(planned.ok()) << text;
  return planned.ok() ? Error{} : planned.error();
}

inline std::vector<std::string> job_names(const SweepPlan& plan) {
  std::vector<std::string> names;
  for (const auto& job : plan.jobs) names.push_back(plan.name_of(job));
  return names;
}

/// The identity of the only job of a sweep.
inline JobId only_id(const std::string& text) {
  const auto planned = good_plan(text);
  EXPECT_EQ(planned.jobs.size(), 1U) << text;
  return planned.jobs.empty() ? JobId{} : planned.jobs.front().id;
}

}  // namespace spin
