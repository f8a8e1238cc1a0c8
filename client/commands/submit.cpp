#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "client/commands/data_seen.h"
#include "client/commands/follow.h"
#include "client/commands/options.h"
#include "client/commands/progress_line.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/cells.h"

namespace spin::cli {
namespace {

struct SubmitOptions {
  SweepSource source;
  bool wait = false;
  bool replace = false;
  std::string retrain;
  render::Format format = render::Format::table;
};

render::Table submitted_table(const Submitted& submitted) {
  using render::Align;
  return {{{.key = "sweep", .title = "sweep", .align = Align::right},
           {.key = "name", .title = "name"},
           {.key = "jobs", .title = "jobs", .align = Align::right},
           {.key = "jobs_new", .title = "new", .align = Align::right},
           {.key = "jobs_retrained", .title = "anew", .align = Align::right, .drop_if = "0"},
           {.key = "replaced", .title = "", .audience = render::Audience::machines}},
          1,
          [submitted](std::size_t) -> render::Row {
            std::vector<std::string> replaced;
            for (const ReplacedSweep& other : submitted.replaced)
              replaced.push_back(std::to_string(other.sweep.value));
            return {render::whole_cell(submitted.sweep.value),    render::text_cell(submitted.name),
                    render::whole_cell(submitted.jobs),           render::whole_cell(submitted.jobs_new),
                    render::whole_cell(submitted.jobs_retrained), render::value_cell(std::move(replaced))};
          }};
}

void print_submitted(const Submitted& submitted, render::Format format) {
  if (format == render::Format::table) {
    const auto anew = submitted.jobs_retrained;
    const auto known = submitted.jobs - submitted.jobs_new - anew;
    std::cout << fmt::format("sweep {} ({}): {}, {} new{}{}\n", submitted.sweep.value, submitted.name,
                             render::counted(submitted.jobs, "job"), submitted.jobs_new,
                             anew > 0 ? fmt::format(", {} trained anew", anew) : "",
                             known > 0 ? fmt::format(", {} known already", known) : "");
    for (const ReplacedSweep& other : submitted.replaced)
      std::cout << fmt::format("it takes the place of sweep {}: {} cancelled, what both need goes on\n",
                               other.sweep.value, render::counted(other.jobs_cancelled, "job"));
  } else if (format == render::Format::json) {
    std::cout << render::row_to_json(submitted_table(submitted), 0) << '\n';
  } else {
    render::write_table(std::cout, submitted_table(submitted), format, style_of(STDOUT_FILENO));
  }
  std::cout.flush();
}

std::string progress_text(const SubmitProgress& progress) {
  if (progress.stored == 0) return fmt::format("planning: {}", render::counted(progress.planned, "job"));
  return fmt::format("storing: {} of {}", progress.stored, render::counted(progress.planned, "job"));
}

/// `last`: how far it has come.
Result<Submitted> hand_in(ControlClient& client, const SweepFile& sweep, const SubmitOptions& options,
                          SubmitProgress& last) {
  ProgressLine line;
  const SubmissionOptions submission{options.replace, retrain_of(options.retrain), data_in_sight(sweep, "")};
  return client.submit(sweep, submission, [&](const SubmitProgress& progress) {
    last = progress;
    line.show(progress_text(progress));
  });
}

std::string stopped_text(const SubmitProgress& last) {
  if (last.stored == 0)
    return "stopped before the coordinator answered; `spinctl status` shows whether it took the sweep";
  return fmt::format("stopped waiting; the sweep goes on to be stored ({} of {}), `spinctl cancel` ends it",
                     last.stored, render::counted(last.planned, "job"));
}

/// Says what keeps the sweep from running, where something does.
void print_hint(ControlClient& client, const Submitted& submitted) {
  const auto sweeps = client.status(std::to_string(submitted.sweep.value));
  if (sweeps.ok() && !sweeps->empty() && !sweeps->front().hint.empty())
    complain("nothing of it runs yet: " + sweeps->front().hint);
}

/// Of sweeps with one name commands take the newest. `known`: the sweeps that were there before. What the new
/// one replaces has been told.
void print_namesake(const std::vector<SweepStatus>& known, const Submitted& submitted) {
  if (!submitted.replaced.empty()) return;
  const SweepStatus* earlier = nullptr;
  for (const auto& sweep : known) {
    if (sweep.id == submitted.sweep) return;
    if (sweep.name == submitted.name && (!earlier || earlier->id < sweep.id)) earlier = &sweep;
  }
  if (earlier)
    complain(fmt::format(
        "an earlier sweep has that name too: id {0}; from now on `spinctl results {1}` shows the new "
        "one, and `spinctl results {0}` the earlier",
        earlier->id.value, submitted.name));
}

int wait_for(ControlClient& client, const std::string& sweep, Interrupt& interrupt) {
  const auto display = make_display(STDERR_FILENO);
  const auto followed = follow_sweep(client, sweep, /*is_expected=*/true, *display, interrupt);
  display->close();
  if (!followed.ok()) return report_watch(followed.error(), sweep);
  if (!followed->stopped) return judge(followed->status);
  complain(fmt::format("stopped waiting; the sweep goes on. `spinctl watch {}` watches it again", sweep));
  return 128 + interrupt.signal();
}

int submit(const Invocation& invocation, const SubmitOptions& options) {
  const auto sweep = read_sweep(options.source);
  if (!sweep.ok()) return report(sweep.error());
  Interrupt interrupt;
  auto client = ControlClient::make(invocation.address(), &interrupt);
  if (!client.ok()) return report(client.error());
  SubmitProgress last;
  const auto known = client->status("");
  // Only the word on a namesake needs it: an error is no reason not to hand the sweep in.
  const auto submitted = interrupt.stopped() ? Result<Submitted>(Error{ErrorCode::unavailable, "interrupted"})
                                             : hand_in(*client, *sweep, options, last);
  if (!submitted.ok() && interrupt.stopped()) {
    complain(stopped_text(last));
    return 128 + interrupt.signal();
  }
  if (!submitted.ok()) return report(submitted.error());
  print_submitted(*submitted, options.format);
  for (const auto& note : submitted->notes) complain(note);
  if (known.ok()) print_namesake(*known, *submitted);
  print_hint(*client, *submitted);
  return options.wait ? wait_for(*client, std::to_string(submitted->sweep.value), interrupt) : kDone;
}

}  // namespace

void add_submit(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<SubmitOptions>();
  auto* verb = app.add_subcommand("submit", "Hands a sweep to the coordinator and prints its id");
  add_sweep_source(*verb, options->source);
  verb->add_flag("--wait", options->wait, "watch it until it is over; exit code 1 where a job failed");
  verb->add_flag("--replace", options->replace,
                 "take the place of a live sweep of the same name; jobs of both go on, its others end");
  add_retrain(*verb, options->retrain);
  add_format(*verb, options->format);
  verb->footer(
      "\nOnly jobs that are not known yet are trained, so that an edited file costs what is new in it.\n"
      "A sweep is refused where finished jobs of it were trained on other data than spinctl sees now.\n"
      "A large sweep runs while it is still being stored; interrupted then, it goes on to be stored, and\n"
      "`spinctl cancel NAME` ends it.\n"
      "JSON is one object: sweep, name, jobs, jobs_new, jobs_retrained, replaced (ids of "
      "sweeps).\n\nExamples:\n  spinctl "
      "submit sweep.yaml --wait\n"
      "  spinctl submit sweep.yaml --replace\n"
      "  spinctl submit sweep.yaml --set training.epochs=5 --format json | jq .sweep");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return submit(invocation, *options); };
  });
}

}  // namespace spin::cli
