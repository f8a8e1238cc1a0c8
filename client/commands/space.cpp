#include <filesystem>
#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/space_listing.h"
#include "schema/base/file.h"

namespace spin::cli {
namespace {

struct SpaceOptions {
  int layers = 32;
  std::optional<int> groups;
  int stages = 1;
  std::string figure;  ///< file of the figure; empty = none
  render::Format format = render::Format::table;
};

Error fault(std::string what) { return {ErrorCode::invalid_argument, std::move(what)}; }

Status check(const SpaceOptions& options) {
  if (!options.groups && options.figure.empty())
    return fault("--groups is missing: the number P of weight tensors to share; or --figure5 FILE");
  if (options.groups && options.figure == "-")
    return fault("--groups and --figure5 - both write to standard output; give --figure5 a file");
  SPIN_TRY(check_space({options.layers, options.groups.value_or(1), options.stages}));
  if (options.figure.empty() || options.layers <= render::kMaxFigureLayers) return {};
  return fault(fmt::format("layers: {} are too many for a figure; at most {} are accepted", options.layers,
                           render::kMaxFigureLayers));
}

/// Readable for whom the umask allows, as a file that is written by hand.
Status write_figure(const std::string& file, const std::string& svg) {
  std::error_code ignored;
  const auto kind = std::filesystem::status(file, ignored).type();
  if (kind != std::filesystem::file_type::not_found && kind != std::filesystem::file_type::regular)
    return fault(file + ": is no regular file; name a file for the figure, or - for standard output");
  SPIN_TRY(write_file_durably(file, svg));
  const mode_t mask = ::umask(0);
  ::umask(mask);
  std::filesystem::permissions(file, static_cast<std::filesystem::perms>(0666 & ~mask), ignored);
  return {};
}

int space(const SpaceOptions& options) {
  if (const auto status = check(options); !status.ok()) return report(status.error());
  if (!options.figure.empty()) {
    const auto svg = render::chart_svg(render::space_figure(options.layers));
    if (options.figure == "-")
      std::cout << svg;
    else if (const auto status = write_figure(options.figure, svg); !status.ok())
      return report(status.error());
  }
  if (options.groups)
    print_listing(render::space_table({options.layers, *options.groups, options.stages}), options.format, "");
  return kDone;
}

}  // namespace

void add_space(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<SpaceOptions>();
  auto* verb = app.add_subcommand("space", "How many ways there are to share weights; needs no coordinator");
  verb->add_option("--layers", options->layers, "layers of the network, L; default: 32")->type_name("N");
  verb->add_option("--groups", options->groups, "weight tensors to share among them, P")->type_name("N");
  verb->add_option("--stages", options->stages,
                   "stages of equal length that share nothing with each other; default: 1, isotropic")
      ->type_name("N");
  verb->add_option("--figure5", options->figure,
                   "draws the paper's Figure 5 for so many layers, as SVG; - writes to standard output")
      ->type_name("FILE");
  add_format(*verb, options->format);
  verb->footer(
      "\nNumbers have every digit; JSON gives them as text, beside log10 as a number.\n"
      "\nExamples:\n  spinctl space --layers 32 --groups 16\n  spinctl space --layers 32 --groups 16 "
      "--stages 4 "
      "--format json\n  spinctl space --figure5 figure5.svg");
  verb->callback([&invocation, options] { invocation.action = [options] { return space(*options); }; });
}

}  // namespace spin::cli
