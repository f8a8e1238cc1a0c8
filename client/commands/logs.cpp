#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "client/commands/control_client.h"
#include "client/commands/follow.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/cells.h"

namespace spin::cli {
namespace {

struct LogsOptions {
  std::string job;
  bool follow = false;
  bool is_json = false;
};

std::string to_json(const LogLine& line) {
  return render::row_to_json(
      {{{.key = "number", .title = ""}, {.key = "at_ms", .title = ""}, {.key = "text", .title = ""}},
       1,
       [&line](std::size_t) -> render::Row {
         return {render::whole_cell(line.number), render::whole_cell(line.at_ms),
                 render::text_cell(line.text)};
       }},
      0);
}

/// Prints lines once, in order, however often the log is read from its start.
class LogPrinter {
 public:
  explicit LogPrinter(bool is_json) : is_json_(is_json) {}
  void print(const LogLine& line) {
    if (line.number <= last_) return;
    last_ = line.number;
    std::cout << (is_json_ ? to_json(line) : shown(line.text)) << '\n' << std::flush;
  }
  [[nodiscard]] bool is_empty() const { return last_ == 0; }

 private:
  /// What a trainer wrote must not steer the terminal; a file gets it as it is.
  [[nodiscard]] std::string shown(const std::string& text) const {
    return is_terminal_ ? render::printable(text, own_charset()) : text;
  }

  const bool is_json_;
  const bool is_terminal_ = ::isatty(STDOUT_FILENO) == 1;
  std::int64_t last_ = 0;
};

int show_logs(const Invocation& invocation, const LogsOptions& options) {
  Interrupt interrupt;
  auto client = ControlClient::make(invocation.address(), &interrupt);
  if (!client.ok()) return report(client.error());
  // A quiet log gives no answer of its own to tell a coordinator that was there from one that was not.
  const auto known = client->job(options.job);
  if (interrupt.stopped()) return 128 + interrupt.signal();
  if (!known.ok()) return report(known.error());
  Patience patience(kReconnectLimit);
  LogPrinter printer(options.is_json);
  for (;;) {
    const Status end = client->logs(options.job, options.follow, [&](const LogLine& line) {
      patience.reset();
      printer.print(line);
    });
    if (interrupt.stopped()) return 128 + interrupt.signal();
    if (end.ok()) break;
    if (end.error().code == ErrorCode::resource_exhausted)
      return report({end.error().code, fmt::format("{}; `spinctl logs {}` shows it from its start",
                                                   end.error().message, options.job)});
    if (end.error().code != ErrorCode::unavailable || !options.follow) return report(end.error());
    if (patience.is_fresh()) complain(kCoordinatorGone);
    if (!patience.wait(interrupt) && !interrupt.stopped()) return report(end.error());
  }
  if (printer.is_empty()) complain("the job has no log lines yet");
  return kDone;
}

}  // namespace

void add_logs(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<LogsOptions>();
  auto* verb = app.add_subcommand("logs", "The log of a job, over all its attempts");
  verb->add_option("JOB", options->job, "hash, 8 or more digits of it, or SWEEP/NAME")->required();
  verb->add_flag("-f,--follow", options->follow, "wait for more until the job ends");
  verb->add_option_function<std::string>(
          "--format", [options](const std::string& name) { options->is_json = name == "json"; },
          "json: a line for each of the log, {number, at_ms, text}; default: text")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  verb->footer("\nExamples:\n  spinctl logs 3f9a2c41d07e\n  spinctl logs my-sweep/convmixer-64-8-4-3.s0 -f");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return show_logs(invocation, *options); };
  });
}

}  // namespace spin::cli
