#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/job_report.h"
#include "client/render/listings.h"

namespace spin::cli {
namespace {

struct JobOptions {
  std::string job;
  render::Format format = render::Format::table;
};

void print_job(const JobDetail& detail, render::Format format) {
  using nlohmann::json;
  if (format == render::Format::json) {
    const auto text = render::job_to_json(detail).dump(2, ' ', false, json::error_handler_t::replace);
    std::cout << render::escaped_json(text) << '\n';
  } else if (format == render::Format::csv) {
    const std::vector<JobRow> rows{detail.row};
    render::write_table(std::cout, render::jobs_table(rows), format, style_of(STDOUT_FILENO));
  } else {
    render::write_job_report(std::cout, detail, format, style_of(STDOUT_FILENO));
  }
}

int show_job(const Invocation& invocation, const JobOptions& options) {
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto detail = client->job(options.job);
  if (!detail.ok()) return report(detail.error());
  print_job(*detail, options.format);
  return kDone;
}

}  // namespace

void add_job(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<JobOptions>();
  auto* verb =
      app.add_subcommand("job", "One job: configuration, attempts with their errors, epochs, result");
  verb->add_option("JOB", options->job, "hash, 8 or more digits of it, or SWEEP/NAME")->required();
  add_format(*verb, options->format);
  verb->footer(
      "\nJSON is one object; CSV is the job's row of a listing.\n"
      "\nExamples:\n  spinctl job 3f9a2c41d07e\n  spinctl job my-sweep/convmixer-64-8-4-3.s0 "
      "--format json");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return show_job(invocation, *options); };
  });
}

}  // namespace spin::cli
