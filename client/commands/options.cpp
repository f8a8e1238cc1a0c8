#include "client/commands/options.h"

#include <array>
#include <utility>

#include <CLI/CLI.hpp>

#include "client/commands/class_count.h"
#include "client/commands/read_text.h"

namespace spin::cli {
namespace {

constexpr std::array<std::pair<const char*, render::Format>, 4> kFormats{
    {{"table", render::Format::table},
     {"json", render::Format::json},
     {"csv", render::Format::csv},
     {"markdown", render::Format::markdown}}};

constexpr const char* kJsonLines = "jsonl";

}  // namespace

void add_format(CLI::App& app, render::Format& format, bool* lines, const char* help) {
  std::vector<std::string> names;
  for (const auto& [name, value] : kFormats) names.emplace_back(name);
  if (lines) names.emplace_back(kJsonLines);
  const auto set = [&format, lines](const std::string& text) {
    for (const auto& [name, value] : kFormats)
      if (text == name) format = value;
    if (lines) *lines = text == kJsonLines;
  };
  app.add_option_function<std::string>("--format", set, help)
      ->check(CLI::IsMember(names))
      ->type_name("FORMAT");
}

void add_sweep_source(CLI::App& app, SweepSource& source) {
  app.add_option("FILE", source.file,
                 "sweep file (YAML; `spinctl keys` lists what it may say); - reads standard input")
      ->required();
  app.add_option(
         "--set", source.sets,
         "replaces what the file says at PATH; text is taken as it stands, all else as YAML; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

Result<SweepFile> read_sweep(const SweepSource& source) {
  SweepFile sweep;
  sweep.file = source.file == "-" ? "stdin" : source.file;
  for (const auto& text : source.sets) {
    SPIN_ASSIGN(Override entry, parse_override(text));
    sweep.overrides.push_back(std::move(entry));
  }
  SPIN_ASSIGN(sweep.text, read_text(source.file, {kMaxSweepFileBytes, "a sweep file"}));
  SPIN_TRY(count_classes(sweep));
  return sweep;
}

}  // namespace spin::cli
