#include "schema/sweep/key_docs.h"

#include <string_view>
#include <unordered_map>

#include "schema/sweep/setting_table.h"

namespace spin::sweep {
namespace {

/// The words of a setting; its type and, where `otherwise` is empty, its default come from the table of
/// settings.
struct Row {
  const char* path;
  const char* accepted;
  const char* otherwise;
  const char* meaning;
  const char* source = "";
};

constexpr Row kSettings[] = {
    {"dataset.name", "see `Data sets` in the README", "none; give one", "what is trained on"},
    {"dataset.root", "an absolute path", "where the name's data lies, or the worker's --data",
     "folder of the files; part of what a job is"},
    {"dataset.resolution", "1 to 4096", "the data set's", "network.resolution where that is not given"},
    {"dataset.classes", "1 to 1000000", "the data set's; imagefolder: counted where spinctl sees the folder",
     "class folders of an imagefolder, or synthetic classes"},
    {"dataset.train_limit", "0 to 1099511627776", "", "first N training images; 0 = all"},
    {"dataset.eval_limit", "0 to 1099511627776", "", "first N evaluation images; 0 = all"},
    {"network.family", "", "", "isotropic architecture", "paper, Section 4"},
    {"network.channels", "1 to 16384", "none; give it", "width of every block"},
    {"network.depth", "1 to 1024", "none; give it", "number of blocks"},
    {"network.patch", "1 to network.resolution", "convnext, deit: 16; convmixer: give it",
     "side of a patch, pixels", "ConvMixer, ConvNeXt, DeiT"},
    {"network.kernel", "odd, 1 to 63", "convnext: 7; convmixer: give it",
     "side of the depthwise kernel; not of deit", "ConvMixer, ConvNeXt"},
    {"network.resolution", "1 to 4096", "the data set's", "side of the image, pixels"},
    {"network.activation", "", "", "convmixer, convnext", "ConvMixer"},
    {"network.pointwise_residual", "", "", "convmixer: a residual around the pointwise half too"},
    {"network.layer_scale", "0 to 1", "", "convnext: initial value; 0 = none", "ConvNeXt"},
    {"network.heads", "a divisor of network.channels", "channels / 64", "deit: attention heads", "DeiT"},
    {"network.mlp_ratio", "0.125 to 64", "", "convnext, deit: width inside the MLP by channels", "DeiT"},
    {"network.dropout", "0 to below 1", "", "probability before the head"},
    {"sharing.mapping", "", "sequential at a rate above 1, else none", "which layers share one weight",
     "paper, Section 3.1"},
    {"sharing.distribution", "", "", "where in the network the sharing groups lie", "paper, Section 3.1"},
    {"sharing.rate", "1 to network.depth", "1; a mapping needs one",
     "layers per group; ceil(depth / rate) groups", "paper, Section 3.1"},
    {"sharing.seed", "", "", "of the random mapping"},
    {"sharing.groups", "\"4x1 1x2\"", "none", "N groups of S layers, in order, in place of a mapping"},
    {"sharing.layers", "one label for each layer", "none",
     "the layer-to-group vector, in place of a mapping"},
    {"sharing.components", "those of the family",
     "convmixer: [pointwise]; convnext: [pointwise, depthwise]; deit: [attention, mlp]",
     "parts of a block whose weights a group shares", "paper, Table 9"},
    {"transform.kind", "", "",
     "f(W) = a * W + b on a shared weight, for each layer after the first of its group", "paper, Equation 1"},
    {"transform.group", "a divisor of network.channels", "", "channels that the transform mixes",
     "paper, Equation 1"},
    {"fusion.strategy", "", "", "how the unshared layers' weights become the group's one",
     "paper, Section 3.2"},
    {"fusion.init", "", "", "where those weights start: the unshared network, or random", "paper, Table 10"},
};

/// Of `training.NAME` and `pretrain.NAME`.
constexpr Row kTraining[] = {
    {"epochs", "1 to 100000", "", "passes over the training images"},
    {"batch_size", "1 to 1000000", "", "images per step"},
    {"optimizer", "", "", "sgd: with Nesterov's look-ahead", "AdamW: Loshchilov and Hutter"},
    {"lr", "above 0, to 1000", "", "peak learning rate"},
    {"weight_decay", "0 to 1000", "", "decoupled in adamw", "paper, Appendix C"},
    {"schedule", "", "", "course of the learning rate", "one_cycle: Smith and Topin, as in PyTorch"},
    {"warmup_epochs", "0 to training.epochs", "",
     "epochs that it rises for; one_cycle: 0 = a fifth of the run"},
    {"clip_grad_norm", "0 to 1e+09", "", "largest norm of the gradients; 0 = off", "PyTorch"},
    {"label_smoothing", "0 to below 1", "", "share of the target spread over all classes", "Szegedy et al."},
    {"mixup", "0 to 100", "", "alpha of the Beta distribution; 0 = off", "Zhang et al."},
    {"cutmix", "0 to 100", "", "alpha of the Beta distribution; 0 = off", "Yun et al."},
    {"random_erasing", "0 to 1", "", "probability of an erased rectangle", "Zhong et al."},
    {"randaugment", "", "", "{layers, magnitude} switches it on", "Cubuk et al."},
    {"randaugment.layers", "1 to 16", "2 where randaugment is on", "operations per image", "Cubuk et al."},
    {"randaugment.magnitude", "0 to 30; increasing: 0 to 10", "9 where randaugment is on",
     "their strength, on torchvision's scale; increasing: on timm's", "torchvision, timm"},
    {"randaugment.magnitude_std", "0 to 100", "0 where randaugment is on",
     "deviation of the magnitude from operation to operation", "timm: mstd"},
    {"randaugment.increasing", "", "false where randaugment is on",
     "operations that all grow with the magnitude", "timm: inc1"},
    {"label_noise", "0 to 1", "", "share of the training labels replaced"},
    {"precision", "", "", "of activations; weights stay fp32"},
    {"momentum", "0 to below 1", "", "of sgd", "PyTorch"},
    {"accumulation", "a divisor of training.batch_size", "", "passes that a batch is split into"},
    {"ema", "0 to below 1", "", "decay per step of averaged weights, which are evaluated; 0 = off", "timm"},
    {"evaluate_every", "1 to 100000", "", "epochs; the last one is always evaluated"},
    {"keep", "", "", "which evaluated epoch is the result"},
    {"crop", "", "", "of training images", "torchvision"},
    {"crop_padding", "1 to 1024", "", "pixels on each side; padded"},
    {"crop_scale", "0.001 to 1", "", "least share of the image's area; random_resized", "torchvision"},
    {"flip", "0 to 1", "", "probability of a horizontal flip", "torchvision"},
    {"eps", "1e-30 to 1", "", "adamw: added to the root of the second moment", "PyTorch"},
    {"pct_start", "0 to 1", "", "one_cycle without warmup_epochs: share of the run in which the rate rises",
     "PyTorch's OneCycleLR"},
    {"cycle_momentum", "", "", "one_cycle: momentum falls as the rate rises", "PyTorch's OneCycleLR"},
    {"base_momentum", "0 to below 1", "", "cycle_momentum: where the rate is highest",
     "PyTorch's OneCycleLR"},
    {"max_momentum", "0 to below 1", "", "cycle_momentum: at both ends", "PyTorch's OneCycleLR"},
    {"random_erasing_mode", "", "", "what the rectangle is filled with", "timm"},
    {"stochastic_depth", "0 to below 1", "", "convnext, deit: probability that the last block is left out",
     "Huang et al."},
    {"repeated_augmentation", "1 to 64", "", "times in a row that an epoch shows an image", "Hoffer et al."},
};

std::vector<KeyDoc> before_settings() {
  return {
      {"version", "whole number", "1", "none; give it", "of this format", ""},
      {"name", kTextType, "1 to 128 letters, digits, - _ .; no id, no hash", "none; give it",
       "names the sweep; no part of what a job is", ""},
      {"description", kTextType, "up to 16384 bytes", "empty", "for people; no part of what a job is", ""}};
}

std::vector<KeyDoc> after_settings() {
  return {
      {"axes", "map of lists", "any setting: a list of its values", "none",
       "the product of all lists, the first slowest", ""},
      {"zip", "list of maps of lists", "", "none", "each entry is one more axis, its lists walked in step",
       ""},
      {"cells", "list of maps", "", "none", "points set out one by one, each crossed with axes and zip", ""},
      {"exclude", "list of maps", "", "none", "cells that match every entry of one map are left out", ""},
      {"limits.params", "number", "above 0", "none", "cells with more parameters are left out", ""},
      {"limits.flops", "number", "above 0", "none", "cells with more FLOPs for one image are left out", ""},
      {"baselines.unshared", "true | false", "", "false", "adds each network without sharing", ""},
      {"baselines.scaling", "list of depth | channels", "", "none",
       "adds plain networks of about the same size", "paper, Table 4"},
      {"baselines.match", "paper | closest", "", "paper", "rule for the size of those", "paper, Table 4"},
      {"seeds", "list of whole numbers", "0 to 2^63 - 1", "[0]",
       "one job each; of a job its one seed is part of what it is", ""},
      {"requires.device", "cpu | cuda", "", "any", "of the workers that take its jobs", ""},
      {"requires.memory", "amount", "such as 20GiB", "the predicted peak", "free memory of the worker", ""},
      {"requires.labels", "list of texts", "up to 32", "none", "all of them must be the worker's", ""},
      {"priority", "whole number", "-1000000 to 1000000", "0", "higher first", ""},
      {"max_attempts", "whole number", "1 to 1000", "3", "tries of a job before it has failed", ""}};
}

std::string default_text(const Setting& setting) {
  auto text = setting.text(Settings());
  return text.empty() ? "empty" : text;
}

/// The words of a setting; null where nobody has written any.
const Row* find_row(std::string_view path) {
  static const auto kRows = [] {
    std::unordered_map<std::string, const Row*> rows;
    for (const auto& row : kSettings) rows.emplace(row.path, &row);
    for (const auto& row : kTraining) {
      rows.emplace("training." + std::string(row.path), &row);
      rows.emplace("pretrain." + std::string(row.path), &row);
    }
    return rows;
  }();
  const auto found = kRows.find(std::string(path));
  return found == kRows.end() ? nullptr : found->second;
}

KeyDoc doc_of(const Setting& setting) {
  KeyDoc doc{setting.path, setting.type, {}, default_text(setting), {}, {}};
  const auto* row = find_row(setting.path);
  if (!row) return doc;
  doc.accepted = row->accepted;
  doc.meaning = row->meaning;
  doc.source = row->source;
  if (*row->otherwise) doc.otherwise = row->otherwise;
  if (constexpr std::string_view kPretrain = "pretrain."; setting.path.starts_with(kPretrain))
    doc.otherwise = "training." + setting.path.substr(kPretrain.size());
  return doc;
}

}  // namespace

const std::vector<KeyDoc>& key_docs() {
  static const std::vector<KeyDoc> kDocs = [] {
    auto docs = before_settings();
    for (const auto& setting : setting_table()) docs.push_back(doc_of(setting));
    for (auto& doc : after_settings()) docs.push_back(std::move(doc));
    return docs;
  }();
  return kDocs;
}

}  // namespace spin::sweep
