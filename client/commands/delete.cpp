#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "client/commands/control_client.h"
#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/cells.h"

namespace spin::cli {
namespace {

struct DeleteOptions {
  std::string sweep;
  bool yes = false;
  render::Format format = render::Format::table;
};

std::string title_of(const SweepStatus& sweep) {
  return fmt::format("sweep {} ({})", sweep.id.value, sweep.name);
}

/// Asks who sits at the terminal.
bool is_confirmed(const SweepStatus& sweep) {
  std::cerr << fmt::format(
                   "Delete {} with {}, {} of them done, for good? Jobs that other sweeps share stay. [y/N] ",
                   title_of(sweep), render::counted(sweep.counts.total(), "job"), sweep.counts.done())
            << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

render::Table deleted_table(const SweepStatus& sweep, std::int64_t jobs) {
  const auto right = render::Align::right;
  return {{{.key = "sweep", .title = "sweep", .align = right},
           {.key = "name", .title = "name"},
           {.key = "jobs", .title = "jobs", .align = right},
           {.key = "shared", .title = "shared", .align = right}},
          1,
          [&sweep, jobs](std::size_t) -> render::Row {
            return {render::whole_cell(sweep.id.value), render::text_cell(sweep.name),
                    render::whole_cell(jobs), render::whole_cell(sweep.counts.total() - jobs)};
          }};
}

int delete_sweep(const Invocation& invocation, const DeleteOptions& options) {
  auto client = ControlClient::make(invocation.address());
  if (!client.ok()) return report(client.error());
  const auto found = client->status(options.sweep);
  if (!found.ok()) return report(found.error());
  const SweepStatus& sweep = found->front();
  if (!options.yes && isatty(STDIN_FILENO) == 0)
    return report({ErrorCode::invalid_argument,
                   fmt::format("{} is not deleted: nobody can be asked here; --yes deletes without asking",
                               title_of(sweep))});
  if (!options.yes && !is_confirmed(sweep)) {
    complain("nothing was deleted");
    return kWorkFailed;
  }
  // By its id: a name may have come to mean another sweep meanwhile.
  const auto jobs = client->steer(std::to_string(sweep.id.value), steer::Delete{});
  if (!jobs.ok()) return report(jobs.error());
  if (options.format != render::Format::table) {
    print_object(deleted_table(sweep, *jobs), options.format);
    return kDone;
  }
  const auto shared = sweep.counts.total() - *jobs;
  std::cout << fmt::format("deleted {} with {}", title_of(sweep), render::counted(*jobs, "job"));
  if (shared > 0)
    std::cout << fmt::format("; {} that other sweeps share stay", render::counted(shared, "job"));
  std::cout << '\n';
  return kDone;
}

}  // namespace

void add_delete(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<DeleteOptions>();
  auto* verb =
      app.add_subcommand("delete", "Deletes a finished or cancelled sweep with its jobs, results and logs");
  verb->add_option("SWEEP", options->sweep, "id or name")->required();
  verb->add_flag("--yes", options->yes, "do not ask");
  add_format(*verb, options->format, nullptr,
             "JSON is one object: sweep, name, jobs, shared; default: a sentence");
  verb->footer(
      "\nA sweep that still has jobs to go is refused: `spinctl cancel` it first. Jobs that other sweeps "
      "share stay,\n"
      "with their results. Checkpoints and models that nobody names any more are removed within the next "
      "hours,\n"
      "and the database uses the space again. A large sweep goes on being deleted after the command has "
      "ended.\n\n"
      "To archive a sweep: back the database up, keep that file and the models that you want, and delete the "
      "sweep.\n"
      "Commands that read ask the backup with --db: `spinctl results my-sweep --db BACKUP`.\n\n"
      "Examples:\n  spinctl delete my-sweep\n  spinctl backup before-cleanup.db && spinctl delete 3 --yes");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return delete_sweep(invocation, *options); };
  });
}

}  // namespace spin::cli
