#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "schema/base/ids.h"
#include "schema/base/result.h"
#include "schema/base/sha256.h"
#include "schema/design/config_text.h"
#include "schema/design/cost.h"
#include "schema/design/families.h"
#include "schema/design/scaling.h"
#include "schema/design/task.h"
#include "schema/sweep/requirements.h"

namespace spin {

/// One `--set PATH=VALUE` of the command line; VALUE is read as YAML.
struct Override {
  std::string path;
  std::string value;
};

/// What a sweep is planned from; read, not parsed.
struct SweepFile {
  std::string file;  ///< names it in messages
  std::string text;
  std::vector<Override> overrides;
};

/// That a cell stands in the plan as a plain network of about the size of a shared one, and how near it came.
struct Baseline {
  Scaling by = Scaling::depth;
  std::string of;           ///< "64/8/4/3 sequential 2"
  double params_ratio = 1;  ///< its own to those of the shared network
  double flops_ratio = 1;
};

/// What a job takes.
struct Demand {
  std::string dataset;            ///< title_of() it
  std::int64_t memory_bytes = 0;  ///< memory_of() it, the predicted peak; 0 = not known
  double work = 0;                ///< work_of() it
  bool operator==(const Demand&) const = default;
};

/// A row of the sweep's table: one point of the design space, over all seeds.
struct Cell {
  Family family = Family::convmixer;
  std::string network;    ///< "64/8/4/3"
  std::string sharing;    ///< "sequential 2"
  std::string transform;  ///< "none"
  std::string fusion;     ///< "mean"
  std::string settings;   ///< what else sets this cell apart within its sweep ("lr=0.01 epochs=3"), or empty
  std::string
      repetition;  ///< ends the cell's name where the labels alone would be that of another; else empty
  Cost cost;
  Demand demand;  ///< of each of its jobs
  /// Index of the cell of the same network without sharing; -1 = not in this sweep, this cell shares nothing,
  /// or it is in the `comparisons` of a part.
  int unshared_cell = -1;
  std::shared_ptr<const Baseline> baseline;  ///< null for most
};

/// What a label adds to the names of cells: ".sequential-2"; nothing of "none".
std::string part_of_names(std::string_view label);
/// What the label of a network begins them with: "convmixer-64-8-4-3".
std::string part_of_names(Family family, std::string_view network);
/// Unique within the sweep: "convmixer-64-8-4-3.sequential-2.mean".
std::string name_of(const Cell& cell);

std::string name_of(const Cell& cell, std::int64_t seed);  ///< of a job: "...mean.s0"

struct PlannedJob {
  JobId id;
  int cell = 0;                  ///< index into SweepPlan::cells
  Task task;                     ///< canonical
  std::vector<JobInput> inputs;  ///< inputs_of() it: of jobs of this plan that stand before it
};

/// Precondition: it trains.
inline const Train& train_of(const PlannedJob& job) { return std::get<Train>(job.task); }

/// What a sweep file says of all its jobs.
struct PlanHeader {
  std::string name;
  std::string description;
  int priority = 0;
  int max_attempts = 3;
  int seeds = 1;  ///< jobs of each cell, which stand one after the other in the plan
  Requirements requirements;
};

/// That a cell is compared with the one of the same network without sharing.
struct Comparison {
  int cell = 0;
  int unshared_cell = 0;
};

/// What a sweep file asks for, expanded: the first axis slowest, seeds fastest; inferred jobs (unshared
/// networks that fusion starts from) before those that need them. Each JobId once.
struct SweepPlan : PlanHeader {
  std::vector<Cell> cells;
  std::vector<PlannedJob> jobs;
  std::vector<DataPlace> data;  ///< jobs whose data have one title have them in one place
  std::int64_t left_out_by_exclude = 0;
  std::int64_t left_out_by_limits = 0;
  std::vector<std::string> notes;  ///< see PlanTotals

  /// Precondition: a job of this plan.
  [[nodiscard]] const Cell& cell_of(const PlannedJob& job) const {
    return cells[static_cast<std::size_t>(job.cell)];
  }
  [[nodiscard]] std::string name_of(const PlannedJob& job) const {
    return spin::name_of(cell_of(job), seed_of(job.task));
  }
};

/// What a coordinator takes of a planned job.
struct PartJob {
  JobId id;
  int cell = 0;  ///< index into the cells of the whole plan
  std::int64_t seed = 0;
  std::vector<JobInput> inputs;  ///< see PlannedJob
  /// Indices into the texts of the part; one behind the other they are the canonical configuration.
  std::array<std::uint32_t, std::tuple_size_v<ConfigParts>> config{};
};

/// Jobs of a plan that stand one after the other, with their cells. The first cell may be the last of the
/// part before, and go on.
struct PlanPart {
  std::int64_t first_job = 0;  ///< position of jobs.front() in the plan
  int first_cell = 0;          ///< index of cells.front()
  std::vector<Cell> cells;
  std::vector<PartJob> jobs;
  std::vector<std::string> texts;  ///< parts of configurations; jobs in a row have most of them in common
  /// Of this or earlier parts; one behind the first may have nothing else. Where the unshared cell was not
  /// known when the other one was planned.
  std::vector<Comparison> comparisons;

  /// Precondition: it has the cell.
  [[nodiscard]] const Cell& cell_of(const PartJob& job) const {
    return cells[static_cast<std::size_t>(job.cell - first_cell)];
  }
  [[nodiscard]] std::string name_of(const PartJob& job) const {
    return spin::name_of(cell_of(job), job.seed);
  }
  /// The next job, with the text of its configuration.
  void add(PartJob job, const ConfigParts& config);
  [[nodiscard]] std::string config_of(const PartJob& job) const;
};

/// The first part of a plan, which may be all of it.
struct FirstPart : PlanHeader, PlanPart {
  std::vector<DataPlace> data;  ///< of the whole plan, as is what follows
  std::int64_t left_out_by_exclude = 0;
  std::int64_t left_out_by_limits = 0;
};

/// Largest number of jobs that a sweep may have.
inline constexpr std::int64_t kMaxSweepJobs = 1'000'000;
inline constexpr std::size_t kMaxSweepFileBytes = 1 << 20;

/// Parses, validates and expands. `file` only names the source in messages: "sweep.yaml:12: sharing.rate:
/// ...". A value that came from an override is named "--set sharing.rate=9: ...".
Result<SweepPlan> plan_sweep(std::string_view file, std::string_view text,
                             const std::vector<Override>& overrides);

/// "PATH=VALUE".
Result<Override> parse_override(std::string_view text);

/// Versioned SHA-256 of the canonical JSON.
JobId job_id(const Task& canonical_task);
/// The same of one text after another. Those that differ in little but their training cost less.
class JobIds {
 public:
  JobId of(const CanonicalText& config);

 private:
  std::string begin_;      ///< of the last text
  Sha256 of_begin_, all_;  ///< after begin_; of a whole text
};

/// What a sweep holds, without the jobs themselves.
struct PlanTotals {
  std::int64_t jobs = 0;
  std::int64_t cells = 0;
  std::int64_t left_out_by_exclude = 0;
  std::int64_t left_out_by_limits = 0;
  std::vector<DataPlace> data{};          ///< see SweepPlan
  std::vector<Comparison> comparisons{};  ///< see PlanPart
  /// What is no fault and may not be meant: pixels that no patch covers, points that are one job. A sentence
  /// each.
  std::vector<std::string> notes{};
};

/// Sees a job, its cell and its configuration; all of them only during the call. An error ends the visit.
using JobVisitor =
    std::function<Status(const PlannedJob& job, const Cell& cell, const CanonicalText& config)>;

/// Sees the identity of a job. An error ends the visit.
using IdVisitor = std::function<Status(const JobId& id)>;

/// What plan_sweep() finds of all jobs, without expanding them.
Result<PlanHeader> plan_header(std::string_view file, std::string_view text,
                               const std::vector<Override>& overrides);

/// The jobs of plan_sweep() one after the other, in the same order, without holding them: for plans that are
/// larger than memory should be. An error may come after jobs.
Result<PlanTotals> visit_jobs(std::string_view file, std::string_view text,
                              const std::vector<Override>& overrides, const JobVisitor& visit);

/// The identities of the jobs of visit_jobs(), in the same order, with every check, for half of its price.
Result<PlanTotals> visit_ids(const SweepFile& file, const IdVisitor& visit);

/// {"name", "hash", "seed", "params", "flops", "trained_params", "activation_bytes", "training_bytes",
/// "checkpoint_bytes", "groups", "depends_on", "baseline", "root", "config"} on one line.
std::string job_to_json(const PlannedJob& job, const Cell& cell, std::string_view config);
/// {"sweep", "jobs": [one a line], "totals", "notes"}.
void write_plan_json(const SweepPlan& plan, std::ostream& out);

}  // namespace spin
