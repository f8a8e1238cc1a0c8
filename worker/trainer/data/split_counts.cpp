#include "worker/trainer/data/split_counts.h"

#include <optional>
#include <utility>

namespace spin {
namespace {

/// "32 of 60000 images of /data/train"
std::string images_of(const SplitCount& split) {
  auto text = std::to_string(split.used);
  if (split.used != split.found) text += " of " + std::to_string(split.found);
  text += split.found == 1 ? " image" : " images";
  return split.where.empty() ? text : text + " of " + split.where;
}

/// Nothing where a limit asked for as many as there are, or fewer.
std::optional<std::string> warning(const Dataset& dataset, const std::string& split, const SplitCount& count,
                                   std::int64_t published) {
  const auto wanted = split == "train" ? dataset.train_limit : dataset.eval_limit;
  const bool is_part = wanted > 0 && wanted <= count.found;
  if (published == 0 || count.found == published || is_part) return std::nullopt;
  const auto limit = "dataset." + split + "_limit";
  return "warning: " + dataset.name + " was published with " + std::to_string(published) +
         (split == "train" ? " training" : " evaluation") + " images and " + count.where + " holds " +
         std::to_string(count.found) +
         (count.found < published ? ": files are cut short or missing, or these are" : ": these are") +
         " other data. The plan and every comparison assume the published number; `" + limit +
         "` takes a part of it on purpose";
}

}  // namespace

std::vector<std::string> describe_splits(const Dataset& dataset, const SplitCount& train,
                                         const SplitCount& eval) {
  std::vector<std::string> lines{"data: trains on " + images_of(train) + "; " + images_of(eval) +
                                 (eval.used == 1 ? " judges" : " judge")};
  const auto* known = find_dataset(dataset.name);
  if (!known || known->format == DatasetFormat::synthetic) return lines;
  const auto& published = known->facts;
  if (auto line = warning(dataset, "train", train, published.train_images)) lines.push_back(std::move(*line));
  if (auto line = warning(dataset, "eval", eval, published.eval_images)) lines.push_back(std::move(*line));
  return lines;
}

}  // namespace spin
