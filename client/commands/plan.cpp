#include <iostream>

#include <CLI/CLI.hpp>

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
};

PlanTotals totals_of(const SweepPlan& plan) {
  return {static_cast<std::int64_t>(plan.jobs.size()), static_cast<std::int64_t>(plan.cells.size()),
          plan.left_out_by_exclude, plan.left_out_by_limits};
}

void print_plan(const SweepPlan& plan, render::Format format) {
  if (format == render::Format::json) return write_plan_json(plan, std::cout);
  print_listing(render::plan_table(plan), format, "the sweep has no jobs: every cell is left out");
  if (format != render::Format::csv) std::cout << '\n' << render::plan_summary(totals_of(plan)) << '\n';
}

/// A plan of any size: jobs are written as soon as they are known, a mebibyte at a time.
int plan_lines(const SweepFile& sweep) {
  constexpr std::size_t kBlockBytes = 1 << 20;
  std::string block;
  const auto totals = visit_jobs(sweep.file, sweep.text, sweep.overrides,
                                 [&](const PlannedJob& job, const Cell& cell, std::string_view config) {
                                   (block += job_to_json(job, cell, config)) += '\n';
                                   if (block.size() < kBlockBytes) return Status();
                                   std::cout << block;
                                   block.clear();
                                   return Status();
                                 });
  std::cout << block << std::flush;
  if (!totals.ok()) return report(totals.error());
  std::cerr << render::plan_summary(*totals) << '\n';
  return kDone;
}

int plan(const PlanOptions& options) {
  const auto sweep = read_sweep(options.source);
  if (!sweep.ok()) return report(sweep.error());
  if (options.lines) return plan_lines(*sweep);
  const auto planned = plan_sweep(sweep->file, sweep->text, sweep->overrides);
  if (!planned.ok()) return report(planned.error());
  print_plan(*planned, options.format);
  return kDone;
}

}  // namespace

void add_plan(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<PlanOptions>();
  auto* verb =
      app.add_subcommand("plan", "The jobs of a sweep with params, FLOPs and dependencies; trains nothing");
  add_sweep_source(*verb, options->source);
  add_format(*verb, options->format, &options->lines);
  verb->footer(
      "\nNeeds no coordinator. memory is what training holds on its device at the peak, predicted. JSON is "
      "one "
      "object: sweep, jobs, totals; jsonl is one job a line. Each job can be given to spin-train.\n"
      "\nExamples:\n  spinctl plan sweep.yaml\n  spinctl plan sweep.yaml --set sharing.rate=4 --set "
      "'seeds=[0, 1, 2]'\n"
      "  spinctl plan deploy/sweeps/paper/table-4.yaml\n"
      "  spinctl plan - --format json < sweep.yaml | jq '.jobs[0]' > job.json\n"
      "  spinctl plan sweep.yaml --format jsonl | jq -r 'select(.training_bytes > 8e9) | .name'");
  verb->callback([&invocation, options] { invocation.action = [options] { return plan(*options); }; });
}

}  // namespace spin::cli
