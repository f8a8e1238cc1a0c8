#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/control_client.h"
#include "client/commands/progress_line.h"
#include "client/commands/verbs.h"
#include "client/render/numbers.h"

namespace spin::cli {
namespace {

struct BackupOptions {
  std::string name;
  bool replace = false;
};

std::string progress_text(const BackupProgress& progress) {
  const double done = static_cast<double>(progress.done_bytes) / static_cast<double>(progress.total_bytes);
  return fmt::format("backup: {} of {}", render::share(done), render::byte_size(progress.total_bytes));
}

int backup(const Invocation& invocation, const BackupOptions& options) {
  Interrupt interrupt;
  auto client = ControlClient::make(invocation.address(), &interrupt);
  if (!client.ok()) return report(client.error());
  BackupProgress last;
  const Status done = [&] {
    ProgressLine line;
    return client->backup(options.name, options.replace, [&](const BackupProgress& progress) {
      last = progress;
      if (progress.total_bytes > 0) line.show(progress_text(progress));
    });
  }();
  if (!done.ok() && interrupt.signal() != 0) {
    complain("stopped; there is no backup");
    return 128 + interrupt.signal();
  }
  if (!done.ok() && done.error().code == ErrorCode::already_exists)
    return report({done.error().code, done.error().message + " (--replace)"});
  if (!done.ok()) return report(done.error());
  std::cout << fmt::format("backed up {} to {}\n", render::byte_size(last.total_bytes), last.path);
  return kDone;
}

}  // namespace

void add_backup(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<BackupOptions>();
  auto* verb = app.add_subcommand("backup", "Copies the coordinator's database while everything runs");
  verb->add_option(
      "NAME", options->name,
      "file to write in the folder that the coordinator has for backups (spind --backups, else beside its "
      "database); default: spin-DATE-TIME.db");
  verb->add_flag("--replace", options->replace, "also where a backup of that name is there already");
  verb->footer(
      "\nThe copy is one SQLite file: whole, checked and on disk when the command ends, or not there at all. "
      "The\n"
      "command prints its path, on the coordinator's host. Models and checkpoints are files beside the "
      "database\n"
      "and are not part of it. `spind restore PATH` puts it back.\n\nExamples:\n  spinctl backup\n"
      "  spinctl backup nightly.db --replace");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return backup(invocation, *options); };
  });
}

}  // namespace spin::cli
