#include "schema/sweep/keys.h"

#include <algorithm>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "client/commands/options.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/key_listing.h"

namespace spin::cli {
namespace {

struct KeysOptions {
  std::string path;
  render::Format format = render::Format::table;
};

bool is_at_or_below(const std::string& path, const std::string& top) {
  return top.empty() || path == top || path.starts_with(top + ".");
}

int keys(const KeysOptions& options) {
  const auto& all = sweep::key_docs();
  std::vector<sweep::KeyDoc> docs;
  std::copy_if(all.begin(), all.end(), std::back_inserter(docs),
               [&](const auto& doc) { return is_at_or_below(doc.path, options.path); });
  if (docs.empty())
    return report({ErrorCode::invalid_argument, "'" + options.path + "' is no key of a sweep; " +
                                                    sweep::document_keys().advice(options.path)});
  if (options.format == render::Format::table)
    render::write_keys(std::cout, docs, style_of(STDOUT_FILENO));
  else
    print_listing(render::key_table(std::move(docs)), options.format, "");
  return kDone;
}

}  // namespace

void add_keys(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<KeysOptions>();
  auto* verb = app.add_subcommand(
      "keys", "What a sweep file may say: each key with type, range and default; needs no coordinator");
  verb->add_option("PATH", options->path, "a key, or a block such as training; default: all");
  add_format(*verb, options->format);
  verb->footer(
      "\nEvery setting may also stand below axes, with a list of values, and with --set PATH=VALUE. Keys "
      "that\n"
      "begin with x- or a dot may hold anything: a place for anchors.\n"
      "\nExamples:\n  spinctl keys training\n  spinctl keys sharing.rate --format json\n"
      "  spinctl keys --format markdown > keys.md");
  verb->callback([&invocation, options] { invocation.action = [options] { return keys(*options); }; });
}

}  // namespace spin::cli
