#include "schema/sweep/nearest_key.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "schema/base/edit_distance.h"

namespace spin::sweep {
namespace {

/// What timm, Keras, Lightning, Hugging Face and papers call a setting of ours.
constexpr std::array kAliases = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"learning_rate", "training.lr"},
    {"base_lr", "training.lr"},
    {"max_lr", "training.lr"},
    {"peak_lr", "training.lr"},
    {"batch", "training.batch_size"},
    {"bs", "training.batch_size"},
    {"batchsize", "training.batch_size"},
    {"train_batch_size", "training.batch_size"},
    {"wd", "training.weight_decay"},
    {"decay", "training.weight_decay"},
    {"l2", "training.weight_decay"},
    {"epoch", "training.epochs"},
    {"n_epochs", "training.epochs"},
    {"num_epochs", "training.epochs"},
    {"max_epochs", "training.epochs"},
    {"opt", "training.optimizer"},
    {"optim", "training.optimizer"},
    {"sched", "training.schedule"},
    {"scheduler", "training.schedule"},
    {"lr_scheduler", "training.schedule"},
    {"lr_schedule", "training.schedule"},
    {"warmup", "training.warmup_epochs"},
    {"clip_grad", "training.clip_grad_norm"},
    {"grad_clip", "training.clip_grad_norm"},
    {"gradient_clip_val", "training.clip_grad_norm"},
    {"max_grad_norm", "training.clip_grad_norm"},
    {"smoothing", "training.label_smoothing"},
    {"grad_accum", "training.accumulation"},
    {"accumulate_grad_batches", "training.accumulation"},
    {"gradient_accumulation_steps", "training.accumulation"},
    {"reprob", "training.random_erasing"},
    {"random_erase", "training.random_erasing"},
    {"aa", "training.randaugment"},
    {"autoaugment", "training.randaugment"},
    {"rand_augment", "training.randaugment"},
    {"amp", "training.precision"},
    {"dtype", "training.precision"},
    {"mixed_precision", "training.precision"},
    {"ema_decay", "training.ema"},
    {"model_ema", "training.ema"},
    {"hflip", "training.flip"},
    {"dim", "network.channels"},
    {"width", "network.channels"},
    {"hidden_dim", "network.channels"},
    {"hidden_size", "network.channels"},
    {"embed_dim", "network.channels"},
    {"blocks", "network.depth"},
    {"num_layers", "network.depth"},
    {"n_layers", "network.depth"},
    {"patch_size", "network.patch"},
    {"kernel_size", "network.kernel"},
    {"image_size", "network.resolution"},
    {"img_size", "network.resolution"},
    {"input_size", "network.resolution"},
    {"num_heads", "network.heads"},
    {"n_heads", "network.heads"},
    {"act", "network.activation"},
    {"drop_rate", "network.dropout"},
    {"arch", "network.family"},
    {"architecture", "network.family"},
    {"model", "network.family"},
    {"data", "dataset"},
    {"data_dir", "dataset.root"},
    {"data_path", "dataset.root"},
    {"num_classes", "dataset.classes"},
    {"seed", "seeds"},
    {"random_seed", "seeds"},
    {"gpu", "requires.device"},
    {"gpus", "requires.device"},
    {"grid", "axes"},
    {"matrix", "axes"},
    {"parameters", "axes"},
    {"retries", "max_attempts"},
    {"max_retries", "max_attempts"},
    {"title", "name"},
    {"comment", "description"},
});

std::string_view last_part(std::string_view path) {
  const auto dot = path.rfind('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

/// As keys are written: small letters and underscores.
std::string in_small(std::string_view text) {
  std::string small(text);
  for (char& c : small) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-' || c == ' ') c = '_';
  }
  return small;
}

}  // namespace

std::string nearest_key(const std::string& path, const std::set<std::string>& leaves,
                        const std::map<std::string, std::vector<std::string>>& groups) {
  const auto given = in_small(std::string_view(path).substr(0, 120));
  const auto is_known = [&](const std::string& key) { return leaves.contains(key) || groups.contains(key); };
  if (is_known(given)) return given;

  // Another tool's name, or the right one in the wrong place, of an axis as well.
  const std::string prefix = given.starts_with("axes.") ? "axes." : "";
  const auto last = last_part(given);
  for (const auto& [alias, key] : kAliases)
    if (last == alias && is_known(prefix + std::string(key))) return prefix + std::string(key);
  for (const auto& leaf : leaves)
    if (last_part(leaf) == last && leaf.starts_with(prefix) &&
        (!prefix.empty() || !leaf.starts_with("axes.")) && !leaf.starts_with("pretrain.") &&
        !leaf.starts_with("axes.pretrain."))
      return leaf;

  std::string nearest;
  std::size_t least = std::max<std::size_t>(1, given.size() / 4) + 1;
  const auto consider = [&](const std::string& known) {
    if (const auto edits = edit_distance(given, known); edits < least) {
      least = edits;
      nearest = known;
    }
  };
  for (const auto& leaf : leaves) consider(leaf);
  for (const auto& [group, children] : groups) consider(group);
  return nearest;
}

}  // namespace spin::sweep
