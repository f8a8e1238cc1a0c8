#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/plan_listing.h"

namespace spin::cli {
namespace {

struct PlanOptions {
  SweepSource source;
  render::Format format = render::Format::table;
  bool lines = false;  ///< --format jsonl
  std::string job;     ///< name, hash or number of the one job that is wanted; empty: all
};

PlanTotals totals_of(const SweepPlan& plan) {
  return {static_cast<std::int64_t>(plan.jobs.size()),
          static_cast<std::int64_t>(plan.cells.size()),
          plan.left_out_by_exclude,
          plan.left_out_by_limits,
          plan.data,
          {},
          plan.notes};
}

void print_notes(std::ostream& out, const std::vector<std::string>& notes) {
  for (const auto& note : notes) out << "note: " << render::printable(note, own_charset()) << '\n';
}

void print_plan(const SweepPlan& plan, render::Format format) {
  if (format == render::Format::json) return write_plan_json(plan, std::cout);
  if (!plan.jobs.empty() || format != render::Format::table)
    render::write_table(std::cout, render::plan_table(plan), format, style_of(STDOUT_FILENO));
  if (format != render::Format::csv) std::cout << '\n' << render::plan_summary(totals_of(plan)) << '\n';
  print_notes(format == render::Format::csv ? std::cerr : std::cout, plan.notes);
}

/// The exit code of a plan that was shown: the coordinator takes no sweep without jobs, and says it so.
int judge_size(std::int64_t jobs) {
  if (jobs > 0) return kDone;
  return report(
      {ErrorCode::invalid_argument, "the sweep has no jobs; exclude and limits leave nothing over"});
}

/// A plan of any size: jobs are written as soon as they are known, a mebibyte at a time.
int plan_lines(const SweepFile& sweep) {
  constexpr std::size_t kBlockBytes = 1 << 20;
  std::string block;
  const auto totals = visit_jobs(sweep.file, sweep.text, sweep.overrides,
                                 [&](const PlannedJob& job, const Cell& cell, const CanonicalText& config) {
                                   (block += job_to_json(job, cell, config.text)) += '\n';
                                   if (block.size() < kBlockBytes) return Status();
                                   std::cout << block;
                                   block.clear();
                                   return Status();
                                 });
  std::cout << block << std::flush;
  if (!totals.ok()) return report(totals.error());
  std::cerr << render::plan_summary(*totals) << '\n';
  print_notes(std::cerr, totals->notes);
  return judge_size(totals->jobs);
}

/// Whether `wanted` means a job: its name, its number (the first is 1), or its hash, 8 digits or more.
bool is_meant(const std::string& wanted, const PlannedJob& job, const Cell& cell, std::int64_t number) {
  constexpr std::size_t kLeastHashDigits = 8;
  return std::to_string(number) == wanted || name_of(cell, seed_of(job.task)) == wanted ||
         (wanted.size() >= kLeastHashDigits && job.id.hex().starts_with(wanted));
}

/// The JSON of one job, as spin-train takes it.
int plan_job(const SweepFile& sweep, const std::string& wanted) {
  std::string found;
  std::int64_t number = 0;
  const auto totals = visit_jobs(sweep.file, sweep.text, sweep.overrides,
                                 [&](const PlannedJob& job, const Cell& cell, const CanonicalText& config) {
                                   if (is_meant(wanted, job, cell, ++number) && found.empty())
                                     found = job_to_json(job, cell, config.text);
                                   return Status();
                                 });
  if (!totals.ok()) return report(totals.error());
  if (found.empty())
    return report(
        {ErrorCode::not_found,
         "--job " + wanted + ": the sweep has no such job; give the name, the hash or the number of one, " +
             "1 to " + std::to_string(totals->jobs) + ", which `spinctl plan` lists in this order"});
  std::cout << found << '\n';
  return kDone;
}

int plan(const PlanOptions& options) {
  const auto sweep = read_sweep(options.source);
  if (!sweep.ok()) return report(sweep.error());
  if (!options.job.empty()) return plan_job(*sweep, options.job);
  if (options.lines) return plan_lines(*sweep);
  const auto planned = plan_sweep(sweep->file, sweep->text, sweep->overrides);
  if (!planned.ok()) return report(planned.error());
  print_plan(*planned, options.format);
  std::cout.flush();
  return judge_size(std::ssize(planned->jobs));
}

constexpr const char* kPlanFooter = R"(
Needs no coordinator. memory is what training holds on its device at the peak, predicted. JSON is one
object: sweep, jobs, totals, notes; jsonl is one job a line. A job's name begins with family and C-D-P-K:
channels, depth, patch, kernel (C-D where the family is not convmixer); -r40 behind it, which tables of
networks write @40, is an image of 40 pixels where the data set's is another. A note tells what is no
fault and may not be meant. `spinctl keys` lists what a file may say.

Examples:
  spinctl plan sweep.yaml
  spinctl plan sweep.yaml --set sharing.rate=4 --set 'seeds=[0, 1, 2]'
  spinctl plan deploy/sweeps/paper/table-4.yaml
  spinctl plan sweep.yaml --job 1 > job.json && spin-train job.json
  spinctl plan - --format json < sweep.yaml
  spinctl plan sweep.yaml --format jsonl | jq -r 'select(.training_bytes > 8e9) | .name')";

}  // namespace

void add_plan(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<PlanOptions>();
  auto* verb =
      app.add_subcommand("plan", "The jobs of a sweep with params, FLOPs and dependencies; trains nothing");
  add_sweep_source(*verb, options->source);
  verb->add_option("--job", options->job, "one job alone, as JSON that spin-train takes; the first is 1")
      ->type_name("NAME|HASH|N");
  add_format(*verb, options->format, &options->lines);
  verb->footer(kPlanFooter);
  verb->callback([&invocation, options] { invocation.action = [options] { return plan(*options); }; });
}

}  // namespace spin::cli
