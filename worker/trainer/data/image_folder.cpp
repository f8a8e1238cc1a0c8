#include "worker/trainer/data/image_folder.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <system_error>
#include <utility>

#include "schema/base/file.h"
#include "schema/data/folder_listing.h"
#include "schema/design/dataset.h"
#include "worker/trainer/data/image_file.h"

namespace spin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kImageFileLimit = std::size_t{64} << 20;

bool has_train(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "train", ignored);
}

/// Where a folder `train` lies next to what was named, for a message: in a subfolder, or around it.
std::string nearest_train(const fs::path& folder) {
  if (folder.empty()) return {};
  if (has_train(folder.parent_path())) return "; its parent " + folder.parent_path().string() + " would do";
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (has_train(entry->path())) return "; " + entry->path().string() + " would do";
  return {};
}

Error no_split(const std::string& dataset, const fs::path& folder, const std::string& names) {
  const auto where = folder.empty()
                         ? "no folder was named"
                         : folder.string() + " has no folder " + names + ": " + what_is_there(folder);
  return {ErrorCode::not_found,
          "data set " + dataset + ": " + where +
              "; expected FOLDER/train/CLASS/*.jpg and FOLDER/val/CLASS/*.jpg (or .jpeg, "
              ".png), FOLDER being dataset.root or --data" +
              (names == "train" ? nearest_train(folder) : std::string())};
}

Status check_class_count(const std::string& dataset, const fs::path& folder, std::size_t found, int classes) {
  if (found == 0)
    return Error{ErrorCode::invalid_argument,
                 folder.string() + " holds no class folders; expected one for each class"};
  if (found == static_cast<std::size_t>(classes)) return {};
  const auto count = std::to_string(found);
  return Error{
      ErrorCode::invalid_argument,
      folder.string() + " holds " + count + " class folders where dataset.classes is " +
          std::to_string(classes) + "; " +
          (find_dataset(dataset)->takes_any_classes ? "`dataset.classes: "
                                                    : "`dataset.name: imagefolder` with `dataset.classes: ") +
          count + "` would do"};
}

/// The name that only one of the two sorted lists has.
std::string first_difference(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> difference;
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(difference));
  return difference.front();
}

struct ListedSplit {
  fs::path folder;
  std::vector<std::string> classes;
  std::vector<FolderImages::File> files;
  std::vector<std::string> empty;  // classes without an image
  PassedOver passed_over;
};

Result<ListedSplit> list_split(const fs::path& folder, const std::stop_token& stop) {
  ListedSplit split;
  split.folder = folder;
  SPIN_ASSIGN(split.classes, list_classes(folder, split.passed_over));
  for (std::size_t label = 0; label < split.classes.size(); ++label) {
    if (stop.stop_requested())
      return Error{ErrorCode::failed_precondition, "nobody waits for this listing any more"};
    SPIN_ASSIGN(auto names, list_images(folder / split.classes[label], split.passed_over));
    if (names.empty()) split.empty.push_back(split.classes[label]);
    for (auto& name : names) split.files.push_back({static_cast<std::int64_t>(label), std::move(name)});
  }
  return split;
}

/// A folder without images is no class to be counted, whatever dataset.classes says.
Status check_not_empty(const ListedSplit& split) {
  if (split.empty.empty()) return {};
  if (split.files.empty())
    return Error{ErrorCode::invalid_argument, split.folder.string() + ": not one of its " +
                                                  std::to_string(split.classes.size()) +
                                                  " class folders holds a .jpg, .jpeg or .png file"};
  std::string others;
  if (split.empty.size() > 1)
    others = ", nor do " + std::to_string(split.empty.size() - 1) + " more class folders";
  return Error{ErrorCode::invalid_argument, (split.folder / split.empty.front()).string() +
                                                " holds no .jpg, .jpeg or .png file" + others +
                                                "; remove the folder or fill it"};
}

std::shared_ptr<const FolderImages> to_images(ListedSplit split) {
  return std::make_shared<FolderImages>(std::move(split.folder), std::move(split.classes),
                                        std::move(split.files));
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
  if (error.code == ErrorCode::invalid_argument) error.code = ErrorCode::data_loss;  // a FIFO is no picture
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

Result<ImageFolder> list_image_folder(const std::string& dataset, const fs::path& folder, int classes,
                                      const std::stop_token& stop) {
  SPIN_ASSIGN(const bool holds_images, is_folder(folder / "train"));
  if (folder.empty() || !holds_images) return no_split(dataset, folder, "train");
  SPIN_ASSIGN(const auto candidates, eval_folders(folder));
  if (candidates.empty()) return no_split(dataset, folder, "val, validation, valid, eval or test");
  SPIN_ASSIGN(auto train, list_split(folder / "train", stop));
  SPIN_TRY(check_not_empty(train));
  SPIN_TRY(check_class_count(dataset, train.folder, train.classes.size(), classes));
  SPIN_ASSIGN(auto eval, list_split(candidates.front(), stop));
  if (train.classes != eval.classes)
    return Error{ErrorCode::invalid_argument,
                 train.folder.string() + " and " + eval.folder.string() +
                     " must hold the same class folders; only one of them has '" +
                     first_difference(train.classes, eval.classes) + "'"};
  SPIN_TRY(check_not_empty(eval));
  ImageFolder found;
  for (const auto* split : {&train, &eval})
    for (auto& line : describe(split->passed_over, split->folder)) found.notes.push_back(std::move(line));
  for (auto other = candidates.begin() + 1; other != candidates.end(); ++other)
    found.notes.push_back(candidates.front().string() + " judges; " + other->string() +
                          " is there, too, and stays unread");
  found.train = to_images(std::move(train));
  found.eval = to_images(std::move(eval));
  return found;
}

std::string disk_state(const fs::path& folder) {
  std::string text;
  const auto add = [&](const fs::path& path) {
    std::error_code ignored;
    text += path.string() + ' ' +
            std::to_string(fs::last_write_time(path, ignored).time_since_epoch().count()) + '\n';
  };
  const auto candidates = eval_folders(folder);
  const bool has_eval = candidates.ok() && !candidates->empty();
  add(folder);
  for (const auto& split : {folder / "train", has_eval ? candidates->front() : folder}) {
    add(split);
    PassedOver ignored;
    const auto classes = list_classes(split, ignored);
    if (!classes.ok()) continue;
    for (const auto& name : *classes) add(split / name);
  }
  return text;
}

}  // namespace spin
