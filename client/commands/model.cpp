#include <array>
#include <filesystem>
#include <iostream>
#include <optional>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/commands/control_client.h"
#include "client/commands/model_target.h"
#include "client/commands/new_file.h"
#include "client/commands/options.h"
#include "client/commands/progress_line.h"
#include "client/commands/terminal.h"
#include "client/commands/verbs.h"
#include "client/render/cells.h"
#include "client/render/load_script.h"
#include "client/render/model_card.h"
#include "schema/base/sha256.h"

namespace spin::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array kFiles{"model.safetensors", "card.md", "load.py"};

struct ModelOptions {
  std::string target;
  std::string folder;
  std::optional<std::int64_t> seed;
  bool force = false;
  render::Format format = render::Format::table;
};

/// A folder that is made where it is not there, and goes again where nothing is put into it.
class OutputFolder {
 public:
  static Result<OutputFolder> make(const fs::path& path) {
    std::error_code error;
    const bool is_new = fs::create_directories(path, error);
    if (error) return Error{ErrorCode::invalid_argument, path.string() + ": " + error.message()};
    return OutputFolder(path, is_new);
  }
  ~OutputFolder() {
    std::error_code ignored;
    if (is_new_) fs::remove(path_, ignored);  // which an empty one is
  }
  OutputFolder(OutputFolder&& other) noexcept
      : path_(std::move(other.path_)), is_new_(std::exchange(other.is_new_, false)) {}
  OutputFolder& operator=(OutputFolder&&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  OutputFolder(fs::path path, bool is_new) : path_(std::move(path)), is_new_(is_new) {}
  fs::path path_;
  bool is_new_;
};

Status check_free(const fs::path& folder) {
  std::error_code error;
  for (const char* name : kFiles)
    if (fs::exists(fs::symlink_status(folder / name, error)))
      return Error{ErrorCode::already_exists,
                   fmt::format("{} is there already; --force writes over it", (folder / name).string())};
  return {};
}

Result<Train> task_of(const JobDetail& job) {
  const auto json = nlohmann::json::parse(job.config, nullptr, /*allow_exceptions=*/false);
  SPIN_ASSIGN(const Task task, task_from_json(json));
  return std::get<Train>(task);
}

Error model_gone(const ModelTarget& target, const Error& error) {
  return {ErrorCode::not_found,
          fmt::format("the model of {} is gone: {}; put back the folder of artifacts that belongs to the "
                      "database, or train it anew (`submit FILE --retrain=all`)",
                      target.job.row.name, error.message)};
}

/// Writes the bytes and compares their hash.
Status download(ControlClient& client, const ModelTarget& target, NewFile& file) {
  ProgressLine line;
  Sha256 hash;
  std::int64_t done = 0;
  const Status status = client.download(target.model.id, [&](std::string_view bytes) -> Status {
    hash.update(bytes);
    done += std::ssize(bytes);
    line.show(fmt::format("model: {} of {}", render::byte_size(done), render::byte_size(target.model.bytes)));
    return file.write(bytes);
  });
  if (!status.ok())
    return status.error().code == ErrorCode::not_found ? model_gone(target, status.error()) : status;
  if (hash.finish() == target.model.id.digest) return {};
  return Error{
      ErrorCode::data_loss,
      fmt::format("the model of {} is damaged: its bytes are not those of its SHA-256 {}; nothing was "
                  "kept of it, and `spinctl doctor --deep` looks at all of them",
                  target.job.row.name, target.model.id.hex())};
}

/// All three files, or none of them.
Status take_out(ControlClient& client, const ModelTarget& target, const ModelOptions& options) {
  SPIN_ASSIGN(auto task, task_of(target.job));
  const auto script = render::load_script(task);
  const auto card =
      render::model_card({target.job, std::move(task), target.model,
                          fmt::format("spinctl model {} -o {}", options.target, options.folder)});
  SPIN_ASSIGN(const auto folder, OutputFolder::make(fs::absolute(options.folder)));
  std::vector<NewFile> files;
  files.reserve(kFiles.size());
  for (const char* name : kFiles) {
    SPIN_ASSIGN(auto file, NewFile::make(folder.path() / name));
    files.push_back(std::move(file));
  }
  SPIN_TRY(download(client, target, files[0]));
  SPIN_TRY(files[1].write(card));
  SPIN_TRY(files[2].write(script));
  for (auto& file : files) SPIN_TRY(file.sync());
  for (auto& file : files) SPIN_TRY(file.put());
  return {};
}

void print_taken(const ModelTarget& target, const ModelOptions& options) {
  using render::text_cell;
  const auto& [job, model, why] = target;
  if (options.format == render::Format::table) {
    if (!why.empty()) std::cout << why << '\n';
    const auto shown = [&options](const char* name) {
      return render::printable((fs::path(options.folder) / name).string(), own_charset());
    };
    std::cout << fmt::format(
        "wrote the model of {} ({}) to {}, with card.md and load.py\n"
        "`python3 {}` runs it in PyTorch\n",
        job.row.name, render::byte_size(model.bytes), shown(kFiles[0]), shown(kFiles[2]));
    return;
  }
  const auto row = [&](std::size_t) -> render::Row {
    return {text_cell(job.row.name),
            text_cell(job.row.id.hex()),
            render::number_cell(job.row.top1, [](double top1) { return render::fixed(top1, 2); }),
            text_cell(model.id.hex()),
            {render::byte_size(model.bytes), model.bytes, render::Tone::plain},
            text_cell(fs::absolute(options.folder).string())};
  };
  print_object({{{.key = "name", .title = "name"},
                 {.key = "job", .title = "job"},
                 {.key = "top1", .title = "top-1 %"},
                 {.key = "sha256", .title = "SHA-256"},
                 {.key = "bytes", .title = "size"},
                 {.key = "folder", .title = "folder"}},
                1,
                row},
               options.format);
}

int model(const Invocation& invocation, const ModelOptions& options) {
  Interrupt interrupt;
  if (const auto free = options.force ? Status() : check_free(options.folder); !free.ok())
    return report(free.error());
  auto client = ControlClient::make(invocation.address(), &interrupt);
  if (!client.ok()) return report(client.error());
  const auto target = find_model(*client, options.target, options.seed);
  const Status done = target.ok() ? take_out(*client, *target, options) : Status(target.error());
  if (!done.ok() && interrupt.signal() != 0) {
    complain("stopped; nothing was written");
    return 128 + interrupt.signal();
  }
  if (!done.ok()) return report(done.error());
  print_taken(*target, options);
  return kDone;
}

}  // namespace

void add_model(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ModelOptions>();
  auto* verb =
      app.add_subcommand("model", "Takes a trained network out, with a card and Python that runs it");
  verb->add_option(
          "TARGET", options->target,
          "a job (its hash, 8 or more digits of it, or SWEEP/NAME), or a cell: SWEEP/NAME without the "
          "seed, of which the best seed is taken")
      ->required();
  verb->add_option("-o,--output", options->folder, "folder to write to; it is made where there is none")
      ->type_name("DIR")
      ->required();
  verb->add_option("--seed", options->seed, "of a cell the job with this seed");
  verb->add_flag("--force", options->force, "write over files that are there");
  add_format(*verb, options->format, nullptr, "how to write what was taken; default: table, for people");
  verb->footer(
      "\nDIR/model.safetensors is the folded network, DIR/card.md says what it is: network, recipe, input,\n"
      "result, command. DIR/load.py runs it with torch alone (Debian's python3-torch). Its bytes are those "
      "of\n"
      "the job's SHA-256, or nothing is written.\n"
      "\nExamples:\n  spinctl model my-sweep/convmixer-64-8-4-3 -o best\n"
      "  spinctl model my-sweep/convmixer-64-8-4-3 --seed 1 -o seed-1\n"
      "  spinctl model 3f9a2c41d07e -o taken --force\n"
      "  spinctl model my-sweep/convmixer-64-8-4-3.s0 --db backup.db -o taken\n"
      "                                     models lie in backup.db.artifacts");
  verb->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return model(invocation, *options); };
  });
}

}  // namespace spin::cli
