#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "server/core/coordinator.h"
#include "tests/server/core/plans.h"

namespace spin::core {

inline constexpr std::int64_t kUnit = 1 << 20;  ///< of memory

/// Plans that overlap, drawn from a window of labels that moves on, so that there is always something new and
/// something known. Some are handed over in parts.
class Submissions {
 public:
  /// `window`: labels that plans draw from at a time; `most_jobs`: at most so many are chosen, and what they
  /// depend on. `is_plain`: all jobs can run on all workers.
  Submissions(std::mt19937_64& random, int window, int most_jobs, bool is_plain)
      : random_(random), window_(window), most_jobs_(most_jobs), is_plain_(is_plain) {}

  SweepSubmitted next();
  /// Follows what becomes of next().
  void observe(const std::vector<Change>& changes);
  /// Whether the job is in the sweep's plan, or in that of any sweep of this name that ever was.
  [[nodiscard]] bool has(SweepId sweep, const JobId& job) const;
  [[nodiscard]] bool any_named(const std::string& name, const JobId& job) const;
  [[nodiscard]] std::string name_of(SweepId sweep) const;
  /// The next part of an incomplete sweep, now and then one that is not its next; none where no sweep is
  /// incomplete.
  std::optional<SweepExtended> extension(const Coordinator& coordinator, Now now);
  /// All that is to come of an incomplete sweep.
  std::optional<SweepExtended> rest(const Coordinator& coordinator, Now now);

 private:
  [[nodiscard]] PlanOf random_plan();
  void choose(int label, std::vector<int>& chosen) const;
  [[nodiscard]] Requirements random_requirements();
  [[nodiscard]] std::optional<SweepId> incomplete_sweep(const Coordinator& coordinator, Now now);
  [[nodiscard]] SweepExtended part_of(SweepId sweep, std::int64_t first, std::int64_t jobs) const;
  std::uint64_t draw(std::uint64_t below) { return random_() % below; }

  std::mt19937_64& random_;
  const int window_, most_jobs_;
  const bool is_plain_;
  int first_label_ = 0;
  FirstPart last_;                      ///< of next(), complete
  std::map<SweepId, FirstPart> plans_;  ///< complete
};

}  // namespace spin::core
