#include "schema/data/folder_listing.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <system_error>
#include <utility>

#include "schema/base/file.h"
#include "schema/design/system_names.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

// "test" last: where there is another, it is kept for the very end (Roboflow, Kaggle, fastai: train, valid,
// test).
constexpr std::array<std::string_view, 5> kEvalFolders{"val", "validation", "valid", "eval", "test"};
constexpr std::size_t kNamed = 5;
constexpr std::size_t kEntriesNamed = 8;

/// ".jpg" of "a.JPG"
std::string extension_of(const fs::path& path) {
  auto extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

bool is_image_name(const fs::path& path) {
  const auto extension = extension_of(path);
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

/// Sorted names of the entries for which `wanted` holds.
template <class Wanted>
Result<std::vector<std::string>> list(const fs::path& folder, Wanted wanted) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    auto name = entry->path().filename().string();
    SPIN_ASSIGN(const bool is_wanted, wanted(*entry, name));
    if (is_wanted) names.push_back(std::move(name));
  }
  if (error) return cannot_read(folder, error);
  std::sort(names.begin(), names.end());
  return names;
}

/// Asks the file system only where the listing did not say.
Result<bool> leads_to_folder(const fs::directory_entry& entry) {
  std::error_code error;
  const bool is_one = entry.is_directory(error);
  if (error && !is_absence(error)) return cannot_read(entry.path(), error);
  return is_one;
}

/// "a (3), b (1) and 7 more"
std::string first_few(const std::map<std::string, std::int64_t>& counts) {
  std::string text;
  std::size_t named = 0;
  for (const auto& [name, count] : counts) {
    if (named == kNamed) return text + " and " + std::to_string(counts.size() - named) + " more";
    text += (named++ == 0 ? "" : ", ") + name + " (" + std::to_string(count) + ")";
  }
  return text;
}

}  // namespace

std::vector<fs::path> data_folders(const fs::path& folder, const fs::path& root) {
  std::vector<fs::path> folders;
  if (!folder.empty() && root.has_filename()) folders.push_back(folder / root.filename());
  if (!folder.empty()) folders.push_back(folder);
  if (!root.empty()) folders.push_back(root);
  return folders;
}

Result<fs::path> find_image_folder(const std::string& dataset, const fs::path& folder, const fs::path& root) {
  std::vector<fs::path> candidates;
  for (auto& place : data_folders(folder, root)) {
    if (place == folder) candidates.push_back(folder / dataset);
    candidates.push_back(std::move(place));
  }
  for (const auto& candidate : candidates) {
    SPIN_ASSIGN(const bool holds_images, is_folder(candidate / "train"));
    if (holds_images) return candidate;
  }
  return folder.empty() ? root : folder;
}

Result<std::vector<fs::path>> eval_folders(const fs::path& folder) {
  std::vector<fs::path> folders;
  for (const auto name : kEvalFolders) {
    SPIN_ASSIGN(const bool is_there, is_folder(folder / name));
    if (is_there) folders.push_back(folder / name);
  }
  return folders;
}

Error cannot_read(const fs::path& path, const std::error_code& error) {
  return {is_absence(error) ? ErrorCode::not_found : ErrorCode::internal,
          path.string() + ": " + error.message()};
}

Result<fs::file_type> type_of(const fs::path& path) {
  std::error_code error;
  const auto type = fs::status(path, error).type();
  if (error && !is_absence(error)) return cannot_read(path, error);
  return error ? fs::file_type::not_found : type;
}

Result<bool> is_folder(const fs::path& path) {
  SPIN_ASSIGN(const auto type, type_of(path));
  return type == fs::file_type::directory;
}

Result<std::vector<std::string>> list_classes(const fs::path& folder, PassedOver& passed_over) {
  return list(folder, [&](const fs::directory_entry& entry, const std::string& name) -> Result<bool> {
    SPIN_ASSIGN(const bool is_class, leads_to_folder(entry));
    if (!is_class) return false;
    if (!is_system_name(name)) return true;
    ++passed_over.system[name];
    return false;
  });
}

Result<std::vector<std::string>> list_images(const fs::path& folder, PassedOver& passed_over) {
  return list(folder, [&](const fs::directory_entry& entry, const std::string& name) -> Result<bool> {
    SPIN_ASSIGN(const bool is_nested, leads_to_folder(entry));
    if (is_nested) {
      if (is_system_name(name))
        ++passed_over.system[name];
      else
        ++passed_over.nested[folder.filename().string() + '/' + name];
      return false;
    }
    if (is_system_name(name)) return false;
    if (is_image_name(entry.path())) return true;
    const auto extension = extension_of(entry.path());
    ++passed_over.files[extension.empty() ? "no extension" : extension];
    return false;
  });
}

std::vector<std::string> describe(const PassedOver& passed_over, const fs::path& split) {
  std::vector<std::string> lines;
  const auto add = [&](const std::map<std::string, std::int64_t>& counts, const std::string& what) {
    if (!counts.empty())
      lines.push_back("passed over in " + split.string() + ": " + what + first_few(counts));
  };
  add(passed_over.system, "folders that are no classes: ");
  add(passed_over.files, "files that are no .jpg, .jpeg or .png by name: ");
  add(passed_over.nested, "folders within class folders: ");
  return lines;
}

std::string what_is_there(const fs::path& folder) {
  std::error_code error;
  const auto status = fs::status(folder, error);
  if (fs::is_directory(status)) {
    auto names = list(folder, [](const fs::directory_entry&, const std::string& name) -> Result<bool> {
      return !is_system_name(name);
    });
    if (!names.ok()) return "it cannot be listed: " + names.error().message;
    if (names->empty()) return "it is empty";
    std::string text = "it holds ";
    for (std::size_t i = 0; i < std::min(names->size(), kEntriesNamed); ++i)
      text += (i == 0 ? "" : ", ") + (*names)[i];
    if (names->size() > kEntriesNamed)
      text += " and " + std::to_string(names->size() - kEntriesNamed) + " more";
    return text;
  }
  if (fs::exists(status)) return "it is no folder";
  if (status.type() == fs::file_type::none) return error.message();
  auto parent = fs::absolute(folder, error).lexically_normal();
  while (parent.has_relative_path() && !fs::exists(parent, error)) parent = parent.parent_path();
  return "it does not exist on this host, where " + parent.string() + " is what there is of its path";
}

}  // namespace spin
