#include "client/commands/options.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <system_error>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace spin::cli {
namespace {

constexpr std::array<std::pair<const char*, render::Format>, 4> kFormats{
    {{"table", render::Format::table},
     {"json", render::Format::json},
     {"csv", render::Format::csv},
     {"markdown", render::Format::markdown}}};

constexpr const char* kJsonLines = "jsonl";

/// Everything up to one byte more than a sweep file may have.
Result<std::string> read_limited(std::istream& stream, const std::string& name) {
  std::string text(kMaxSweepFileBytes + 1, '\0');
  errno = 0;
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad() || (stream.gcount() == 0 && errno != 0))
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}: cannot be read: {}", name, std::generic_category().message(errno))};
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxSweepFileBytes)
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}: a sweep file has at most {} bytes, and this one is larger", name,
                             kMaxSweepFileBytes)};
  return text;
}

Result<std::string> read_source(const std::string& file) {
  if (file == "-") return read_limited(std::cin, "standard input");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    const auto code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::invalid_argument;
    return Error{code, fmt::format("{}: {}", file, std::generic_category().message(errno))};
  }
  return read_limited(stream, file);
}

}  // namespace

void add_format(CLI::App& app, render::Format& format, bool* lines) {
  std::vector<std::string> names;
  for (const auto& [name, value] : kFormats) names.emplace_back(name);
  if (lines) names.emplace_back(kJsonLines);
  const auto set = [&format, lines](const std::string& text) {
    for (const auto& [name, value] : kFormats)
      if (text == name) format = value;
    if (lines) *lines = text == kJsonLines;
  };
  app.add_option_function<std::string>("--format", set, "how to write the listing; default: table")
      ->check(CLI::IsMember(names))
      ->type_name("FORMAT");
}

void add_sweep_source(CLI::App& app, SweepSource& source) {
  app.add_option("FILE", source.file, "sweep file (YAML); - reads standard input")->required();
  app.add_option("--set", source.sets, "replaces what the file says at PATH; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

Result<SweepText> read_sweep(const SweepSource& source) {
  SweepText sweep;
  sweep.file = source.file == "-" ? "stdin" : source.file;
  for (const auto& text : source.sets) {
    SPIN_ASSIGN(Override entry, parse_override(text));
    sweep.overrides.push_back(std::move(entry));
  }
  SPIN_ASSIGN(sweep.text, read_source(source.file));
  return sweep;
}

}  // namespace spin::cli
