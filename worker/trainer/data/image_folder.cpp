#include "worker/trainer/data/image_folder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <optional>
#include <string_view>
#include <system_error>

#include "schema/base/file.h"
#include "worker/trainer/data/image_file.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kImageFileLimit = std::size_t{64} << 20;
constexpr std::array<std::string_view, 4> kEvalFolders{"val", "validation", "eval", "test"};

bool is_image_name(const fs::path& path) {
  auto extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

bool is_hidden(const std::string& name) { return name.starts_with('.'); }

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// Sorted names of the entries for which `wanted` holds.
template <class Wanted>
Result<std::vector<std::string>> list(const fs::path& folder, Wanted wanted) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    auto name = entry->path().filename().string();
    if (!is_hidden(name) && wanted(*entry)) names.push_back(std::move(name));
  }
  if (error) return Error{ErrorCode::not_found, folder.string() + ": " + error.message()};
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> list_classes(const fs::path& folder) {
  return list(folder, [](const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.is_directory(ignored);
  });
}

Result<std::vector<std::string>> list_images(const fs::path& folder) {
  return list(folder, [](const fs::directory_entry& entry) {
    std::error_code ignored;
    return is_image_name(entry.path()) && !entry.is_directory(ignored);
  });
}

std::optional<fs::path> find_eval_folder(const fs::path& root) {
  for (const auto name : kEvalFolders)
    if (is_folder(root / name)) return root / name;
  return std::nullopt;
}

Error no_split(const std::string& dataset, const fs::path& folder, const std::string& names) {
  const auto where = folder.empty() ? "no folder was named" : folder.string() + " has no folder " + names;
  return {ErrorCode::not_found,
          "data set " + dataset + ": " + where +
              "; expected FOLDER/train/CLASS/*.jpg and FOLDER/val/CLASS/*.jpg (or .jpeg, "
              ".png), FOLDER being dataset.root or --data"};
}

Status check_class_count(const std::string& dataset, const fs::path& folder, std::size_t found, int classes) {
  if (found == 0)
    return Error{ErrorCode::not_found,
                 folder.string() + " holds no class folders; expected one for each class"};
  if (found == static_cast<std::size_t>(classes)) return {};
  const auto count = std::to_string(found);
  return Error{ErrorCode::invalid_argument,
               folder.string() + " holds " + count + " class folders where dataset.classes is " +
                   std::to_string(classes) + "; " +
                   (dataset == "imagefolder" ? "`dataset.classes: "
                                             : "`dataset.name: imagefolder` with `dataset.classes: ") +
                   count + "` would do"};
}

/// The name that only one of the two sorted lists has.
std::string first_difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> difference;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(difference));
  return difference.front();
}

Result<std::shared_ptr<const FolderImages>> list_split(const fs::path& folder,
                                                       const std::vector<std::string>& classes) {
  std::vector<FolderImages::File> files;
  for (std::size_t label = 0; label < classes.size(); ++label) {
    const auto class_folder = folder / classes[label];
    SPIN_ASSIGN(auto names, list_images(class_folder));
    if (names.empty())
      return Error{
          ErrorCode::invalid_argument,
          class_folder.string() + " holds no .jpg, .jpeg or .png file; remove the folder or fill it"};
    for (auto& name : names) files.push_back({static_cast<std::int64_t>(label), std::move(name)});
  }
  return std::shared_ptr<const FolderImages>(
      std::make_shared<FolderImages>(folder, classes, std::move(files)));
}

}  // namespace

std::string FolderImages::name(std::int64_t index) const {
  const auto& file = files_[static_cast<std::size_t>(index)];
  return (folder_ / classes_[static_cast<std::size_t>(file.label)] / file.name).string();
}

Result<Decoded> FolderImages::read(std::int64_t index, const ChooseView& choose) const {
  const auto path = name(index);
  auto bytes = read_file(path, kImageFileLimit);
  if (bytes.ok()) return decode_image(*bytes, choose);
  auto error = bytes.error();
  if (error.message.starts_with(path + ": ")) error.message.erase(0, path.size() + 2);  // who asks adds it
  return error;
}

std::vector<std::int64_t> FolderImages::labels() const {
  std::vector<std::int64_t> labels;
  labels.reserve(files_.size());
  for (const auto& file : files_) labels.push_back(file.label);
  return labels;
}

std::shared_ptr<const FolderImages> FolderImages::first(std::int64_t limit) const {
  std::vector<std::size_t> chosen(files_.size());
  std::iota(chosen.begin(), chosen.end(), 0);
  if (limit > 0 && limit < size()) {
    std::vector<std::int64_t> turn(files_.size());  // how many of its class stand before it
    for (std::size_t i = 1; i < files_.size(); ++i)
      turn[i] = files_[i].label == files_[i - 1].label ? turn[i - 1] + 1 : 0;
    std::stable_sort(chosen.begin(), chosen.end(), [&](auto a, auto b) { return turn[a] < turn[b]; });
    chosen.resize(static_cast<std::size_t>(limit));
    std::sort(chosen.begin(), chosen.end());
  }
  std::vector<File> files;
  for (const auto i : chosen) files.push_back(files_[i]);
  return std::make_shared<FolderImages>(folder_, classes_, std::move(files));
}

fs::path find_image_folder(const std::string& dataset, const fs::path& folder, const fs::path& root) {
  std::vector<fs::path> candidates;
  if (!folder.empty()) candidates = {folder / root.filename(), folder / dataset, folder};
  if (!root.empty()) candidates.push_back(root);
  for (const auto& candidate : candidates)
    if (is_folder(candidate / "train")) return candidate;
  return folder.empty() ? root : folder;
}

Result<ImageFolder> list_image_folder(const std::string& dataset, const fs::path& folder, int classes) {
  const auto train = folder / "train";
  if (folder.empty() || !is_folder(train)) return no_split(dataset, folder, "train");
  const auto eval = find_eval_folder(folder);
  if (!eval) return no_split(dataset, folder, "val, validation, eval or test");
  SPIN_ASSIGN(const auto names, list_classes(train));
  SPIN_TRY(check_class_count(dataset, train, names.size(), classes));
  SPIN_ASSIGN(const auto eval_names, list_classes(*eval));
  if (names != eval_names)
    return Error{ErrorCode::invalid_argument,
                 train.string() + " and " + eval->string() +
                     " must hold the same class folders; only one of them has '" +
                     first_difference(names, eval_names) + "'"};
  ImageFolder found;
  SPIN_ASSIGN(found.train, list_split(train, names));
  SPIN_ASSIGN(found.eval, list_split(*eval, names));
  return found;
}

std::string fingerprint_image_folder(const fs::path& folder) {
  std::string text;
  const auto add = [&](const fs::path& path) {
    std::error_code ignored;
    text += path.string() + ' ' +
            std::to_string(fs::last_write_time(path, ignored).time_since_epoch().count()) + '\n';
  };
  for (const auto& split : {folder / "train", find_eval_folder(folder).value_or(folder)}) {
    add(split);
    const auto classes = list_classes(split);
    if (!classes.ok()) continue;
    for (const auto& name : *classes) add(split / name);
  }
  return text;
}

}  // namespace spin
