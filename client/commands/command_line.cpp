#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>

#include <CLI/CLI.hpp>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "client/commands/database_coordinator.h"
#include "client/commands/verbs.h"
#include "schema/base/edit_distance.h"
#include "schema/base/usage.h"
#include "schema/base/version.h"

namespace spin::cli {
namespace {

constexpr const char* kFooter = R"(
SWEEP is a sweep's id or name; JOB is a job's hash, 8 or more digits of it, or SWEEP/NAME.
Exit codes: 0 done, 1 the work itself failed (or was paused while `watch` or `submit --wait` looked on),
  2 usage or bad input, 3 no coordinator, 4 refused, 130 Ctrl-C.

Examples:
  spinctl plan sweep.yaml                 what a sweep would train, without training
  spinctl keys training                   what a sweep file may say, with ranges and defaults
  spinctl run sweep.yaml --db study.db    train it on this machine; again to go on
  spinctl submit sweep.yaml --wait        hand it to the coordinator and watch it
  spinctl results my-sweep --format csv   the table for a spreadsheet
  spinctl model my-sweep/CELL -o DIR      a trained network, with a card and Python that runs it
  spinctl jobs my-sweep --db study.db     asks about a database that no coordinator serves, a backup too; so do
                                          status, job, logs, results, compare, model, query and workers
  spinctl --connect gpu1.example.org:7443 --tls-cert me.pem --tls-key me.key --tls-ca ca.pem status
                                          a coordinator on another host; SPIN_CONNECT, SPIN_TLS_CERT,
                                          SPIN_TLS_KEY and SPIN_TLS_CA say the same for all commands)";

void add_verbs(CLI::App& app, Invocation& invocation) {
  add_plan(app, invocation);
  add_keys(app, invocation);
  add_run(app, invocation);
  add_submit(app, invocation);
  add_status(app, invocation);
  add_watch(app, invocation);
  add_jobs(app, invocation);
  add_job(app, invocation);
  add_logs(app, invocation);
  add_results(app, invocation);
  add_model(app, invocation);
  add_compare(app, invocation);
  add_query(app, invocation);
  add_cancel(app, invocation);
  add_pause(app, invocation);
  add_resume(app, invocation);
  add_retry(app, invocation);
  add_priority(app, invocation);
  add_delete(app, invocation);
  add_workers(app, invocation);
  add_drain(app, invocation);
  add_backup(app, invocation);
  add_doctor(app, invocation);
  add_space(app, invocation);
  add_paper(app, invocation);
}

bool has_lost_reader(int fd) {
  pollfd output{fd, POLLOUT, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/// Ends what was printed: `code`, or a failure where a part of it could not be written.
int after_output(int code) {
  std::cout.flush();
  if (std::cout) return code;
  // As every filter before `head` ends, also where writing was tried while the signal was held back.
  if (has_lost_reader(STDOUT_FILENO)) ::raise(SIGPIPE);
  complain("standard output could not be written");
  return code == kDone ? kWorkFailed : code;
}

/// --db FILE of the commands that only read.
void add_database(CLI::App& app, std::string& database) {
  for (const char* verb :
       {"status", "jobs", "job", "logs", "results", "compare", "model", "query", "workers"})
    app.get_subcommand(verb)
        ->add_option(
            "--db", database,
            "ask about this database, such as one of `run --db` or a backup: it is read alone, or where "
            "a spind has it open that one is asked")
        ->type_name("FILE");
}

std::string no_command_text(const CLI::App& app, const std::string& word) {
  constexpr std::size_t kMostEdits = 2;
  std::string nearest;
  std::size_t edits = std::min(kMostEdits + 1, word.size());
  for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    const auto distance = edit_distance(word, verb->get_name());
    if (distance >= edits) continue;
    edits = distance;
    nearest = verb->get_name();
  }
  return "no command '" + word + "'" + (nearest.empty() ? "" : "; did you mean '" + nearest + "'?");
}

/// Why --db is not for this verb; empty where that goes without saying.
std::string no_database_text(const std::string& verb) {
  constexpr std::array<std::string_view, 8> kChanging{"submit", "cancel",   "pause",  "resume",
                                                      "retry",  "priority", "delete", "drain"};
  constexpr std::array<std::string_view, 3> kAsking{"watch", "backup", "doctor"};
  const bool changes = std::find(kChanging.begin(), kChanging.end(), verb) != kChanging.end();
  if (!changes && std::find(kAsking.begin(), kAsking.end(), verb) == kAsking.end()) return "";
  return "`" + verb + "`" + (changes ? " changes something and" : "") +
         " needs a spind; --db is for commands that read";
}

/// What CLI11 says of arguments that nothing takes is a list of them, the last one first. Here is what was
/// meant, where it can be told; else empty.
std::string extras_text(const CLI::App& app) {
  const auto extras = app.remaining(/*recurse=*/true);
  if (extras.empty()) return "";
  const auto verbs = app.get_subcommands();
  if (verbs.empty()) return extras.front().starts_with('-') ? "" : no_command_text(app, extras.front());
  const bool names_database = std::any_of(extras.begin(), extras.end(), [](const std::string& extra) {
    return extra == "--db" || extra.starts_with("--db=");
  });
  return names_database ? no_database_text(verbs.front()->get_name()) : "";
}

int refuse_usage(const CLI::App& app, const CLI::ParseError& error) {
  const bool has_extras = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  const auto text = has_extras ? extras_text(app) : "";
  if (text.empty()) return usage_exit(app, error, complain);
  return usage_exit(app, CLI::ParseError(text, CLI::ExitCodes::ExtrasError), complain);
}

int perform(Invocation& invocation, const std::string& database) {
  if (database.empty()) return invocation.action();
  if (!invocation.connect.text.empty())
    return report({ErrorCode::invalid_argument, "--connect and --db both say whom to ask; give one of them"});
  const auto coordinator = DatabaseCoordinator::find(database);
  if (!coordinator.ok()) return report(coordinator.error());
  invocation.connect.text = coordinator->address();
  if (coordinator->is_private()) invocation.unserved_database = database;
  return invocation.action();
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app("Runs sweeps of weight-sharing networks.", "spinctl");
  Invocation invocation;
  app.set_version_flag("--version", "spinctl " + std::string(kVersion));
  app.add_option("--connect", invocation.connect.text,
                 "the coordinator, unix:PATH or HOST:PORT; default: $SPIN_CONNECT, else your own spind")
      ->type_name("ADDRESS");
  net::add_tls_options(app, invocation.connect.tls);
  app.require_subcommand(0, 1);  // CLI11's own complaint that one is missing would hide a misspelt one
  app.fallthrough();
  app.get_formatter()->column_width(32);
  app.footer(kFooter);
  add_verbs(app, invocation);
  std::string database;
  add_database(app, database);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return after_output(refuse_usage(app, error));
  }
  if (!invocation.action) {
    complain("a command is missing; `spinctl --help` lists them");
    return kBadInput;
  }
  return after_output(perform(invocation, database));
}

}  // namespace spin::cli
