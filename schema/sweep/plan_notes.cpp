#include "schema/sweep/plan_notes.h"

#include "schema/base/text.h"

namespace spin::sweep {
namespace {

/// More of one kind are counted, not worded.
constexpr std::size_t kMostOfAKind = 8;

/// Whether two batches that show an image may show it differently.
bool changes_images(const Training& training) {
  return training.crop != Crop::none || training.flip > 0 || training.randaugment ||
         training.random_erasing > 0 || training.mixup > 0 || training.cutmix > 0;
}

}  // namespace

void PlanNotes::see(const Train& config) {
  const auto& network = config.network;
  if (network.resolution % network.patch != 0) uncovered_.emplace(network.patch, network.resolution);
  if (const int repeats = config.training.repeated_augmentation;
      repeats > 1 && !changes_images(config.training))
    unchanged_repeats_.insert(repeats);
  if (const auto hidden = hidden_characters(config.dataset.root); !hidden.empty())
    hidden_in_roots_.insert("dataset.root '" + printable(config.dataset.root) + "' holds " + hidden +
                            "; the folder's name must hold it too");
}

std::vector<std::string> PlanNotes::take() const {
  std::vector<std::string> notes;
  std::size_t worded = 0;
  for (const auto& [patch, resolution] : uncovered_) {
    if (++worded > kMostOfAKind) break;
    const int left_out = resolution % patch;
    notes.push_back("patch " + std::to_string(patch) + " leaves out " + std::to_string(left_out) + " of " +
                    std::to_string(resolution) + " pixels of each side; a resolution of " +
                    std::to_string(resolution - left_out) + " would do");
  }
  if (uncovered_.size() > kMostOfAKind)
    notes.push_back("so do " + std::to_string(uncovered_.size() - kMostOfAKind) +
                    " more pairs of patch and resolution");
  for (const int repeats : unchanged_repeats_) {
    const auto count = std::to_string(repeats);
    notes.push_back("training.repeated_augmentation: " + count + " shows 1 image of " + count +
                    " in an epoch, " + count +
                    " times the same: no crop, flip, randaugment, random_erasing, mixup or cutmix "
                    "changes it");
  }
  notes.insert(notes.end(), hidden_in_roots_.begin(), hidden_in_roots_.end());
  if (repeated_ > 0)
    notes.push_back(std::to_string(repeated_) + " of " + std::to_string(points_) +
                    (repeated_ == 1 ? " points is" : " points are") +
                    " the same as one before and trained once, such as " + first_repeated_);
  return notes;
}

}  // namespace spin::sweep
