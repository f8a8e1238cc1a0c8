#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "client/commands/control_client.h"
#include "client/commands/progress_line.h"
#include "client/commands/verbs.h"
#include "client/render/numbers.h"

namespace spin::cli {
namespace {

namespace fs = std::filesystem;

struct BackupOptions {
  std::string path;
  bool replace = false;
};

std::string progress_text(const BackupProgress& progress) {
  const double done = static_cast<double>(progress.done_bytes) / static_cast<double>(progress.total_bytes);
  return fmt::format("backup: {} of {}", render::share(done), render::byte_size(progress.total_bytes));
}

/// The coordinator at a Unix socket sees this folder, one on another host has none of that name.
Result<std::string> absolute_path(const std::string& path, const net::CoordinatorAddress& coordinator) {
  const auto address = net::parse_address(coordinator.text);
  const bool is_remote = address.ok() && std::holds_alternative<net::TcpAddress>(*address);
  if (is_remote && !fs::path(path).is_absolute())
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("PATH {}: the coordinator at {} writes the file on its own host, where this folder "
                    "means nothing; give a path there that begins with /",
                    path, coordinator.text)};
  return fs::absolute(path).lexically_normal().string();
}

int backup(const Invocation& invocation, const BackupOptions& options) {
  const auto absolute = absolute_path(options.path, invocation.address());
  if (!absolute.ok()) return report(absolute.error());
  const std::string& path = *absolute;
  Interrupt interrupt;
  auto client = ControlClient::make(invocation.address(), &interrupt);
  if (!client.ok()) return report(client.error());
  BackupProgress last;
  const Status done = [&] {
    ProgressLine line;
    return client->backup(path, options.replace, [&](const BackupProgress& progress) {
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
  std::cout << fmt::format("backed up {} to {}\n", render::byte_size(last.total_bytes), path);
  return kDone;
}

}  // namespace

void add_backup(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<BackupOptions>();
  auto* verb = app.add_subcommand("backup", "Copies the coordinator's database while everything runs");
  verb->add_option("PATH", options->path,
                   "file to write, on the coordinator's host; from / on where that is not this one")
      ->required();
  verb->add_flag("--replace", options->replace, "also where the file is there already");
  verb->footer(
      "\nThe copy is one SQLite file: whole, checked and on disk when the command ends, or not there at "
      "all.\n"
      "Models and checkpoints are files beside the database and are not part of it. `spind restore PATH`\n"
      "puts it back.\n\nExamples:\n  spinctl backup /backup/spin-monday.db\n"
      "  spinctl backup nightly.db --replace\n"
      "  spinctl --connect head.example.org:7443 backup /backup/spin-monday.db   a file of that host");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return backup(invocation, *options); };
  });
}

}  // namespace spin::cli
