#include <iostream>

#include <CLI/CLI.hpp>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "client/commands/database_coordinator.h"
#include "client/commands/verbs.h"
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
  spinctl jobs my-sweep --db study.db     asks about a database that no coordinator serves, a backup too; so do
                                          status, job, logs, results, query and workers
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
  for (const char* verb : {"status", "jobs", "job", "logs", "results", "query", "workers"})
    app.get_subcommand(verb)
        ->add_option(
            "--db", database,
            "ask about this database, such as one of `run --db` or a backup: it is read alone, or where "
            "a spind has it open that one is asked")
        ->type_name("FILE");
}

int perform(Invocation& invocation, const std::string& database) {
  if (database.empty()) return invocation.action();
  if (!invocation.connect.text.empty())
    return report({ErrorCode::invalid_argument, "--connect and --db both say whom to ask; give one of them"});
  const auto coordinator = DatabaseCoordinator::find(database);
  if (!coordinator.ok()) return report(coordinator.error());
  invocation.connect.text = coordinator->address();
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
    return after_output(usage_exit(app, error, complain));
  }
  if (!invocation.action) {
    complain("a command is missing; `spinctl --help` lists them");
    return kBadInput;
  }
  return after_output(perform(invocation, database));
}

}  // namespace spin::cli
