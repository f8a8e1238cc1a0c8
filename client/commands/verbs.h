#pragma once

#include "client/commands/invocation.h"

namespace CLI {
class App;
}

// Each adds one verb to the command line. The invocation outlives the app.

namespace spin::cli {

void add_plan(CLI::App& app, Invocation& invocation);
void add_run(CLI::App& app, Invocation& invocation);
void add_submit(CLI::App& app, Invocation& invocation);
void add_status(CLI::App& app, Invocation& invocation);
void add_watch(CLI::App& app, Invocation& invocation);
void add_jobs(CLI::App& app, Invocation& invocation);
void add_job(CLI::App& app, Invocation& invocation);
void add_model(CLI::App& app, Invocation& invocation);
void add_logs(CLI::App& app, Invocation& invocation);
void add_results(CLI::App& app, Invocation& invocation);
void add_compare(CLI::App& app, Invocation& invocation);
void add_query(CLI::App& app, Invocation& invocation);
void add_cancel(CLI::App& app, Invocation& invocation);
void add_delete(CLI::App& app, Invocation& invocation);
void add_pause(CLI::App& app, Invocation& invocation);
void add_resume(CLI::App& app, Invocation& invocation);
void add_retry(CLI::App& app, Invocation& invocation);
void add_priority(CLI::App& app, Invocation& invocation);
void add_workers(CLI::App& app, Invocation& invocation);
void add_drain(CLI::App& app, Invocation& invocation);
void add_backup(CLI::App& app, Invocation& invocation);
void add_doctor(CLI::App& app, Invocation& invocation);
void add_space(CLI::App& app, Invocation& invocation);
void add_paper(CLI::App& app, Invocation& invocation);
void add_keys(CLI::App& app, Invocation& invocation);

/// Parses and does what is asked; the exit code.
int run_command_line(int argc, char** argv);

}  // namespace spin::cli
