#pragma once

#include <string>
#include <string_view>

#include "schema/design/family.h"
#include "schema/design/training.h"

namespace spin {

/// Numbers from `low` to `high`.
struct Range {
  double low = 0;
  double high = 0;
  bool has_high = true;  ///< itself
};

constexpr Range from_to(double low, double high) { return {low, high}; }
/// A share or probability that stays below 1.
constexpr Range kBelowOne{0, 1, false};
/// Of settings that are no numbers, and of numbers whose bounds other settings decide.
constexpr Range kAny{1, 0};

/// One setting: all but its type, which is its member's. A new one is a row below and its use.
struct Field {
  std::string_view key;
  Range range;
  std::string_view meaning;
  std::string_view source = "";
  std::string_view accepted = "";   ///< in words, where `range` does not say all
  std::string_view otherwise = "";  ///< what holds where the sweep gives none, where that is no constant
  /// Canonical JSON names it even at its default. Those that it did not know at first it names only
  /// elsewhere, so that a job keeps its identity from version to version.
  bool is_always_named = false;
  bool is_in_label = false;  ///< the network's label in listings shows it
};

/// "1 to 1000", or the words of the field; empty where it accepts anything of its type.
std::string accepted_text(const Field& field);
/// As people write it, whole numbers in all their digits.
std::string number_text(double value);

/// visit(field, member, has): the settings of a network, in the order of the contract. `has(network)` tells
/// whether the family of a network has the setting.
template <class Visit>
void visit_network_fields(Visit visit) {
  const auto always = [](const Network&) { return true; };
  const auto of = [](NetworkField field) {
    return [field](const Network& network) { return describe(network.family).fields.has(field); };
  };
  const auto labelled = [&visit](Field field, auto member, auto has) {
    field.is_in_label = true;
    visit(field, member, has);
  };
  labelled({"channels", from_to(1, kMaxChannels), "width of every block", "", "", "none; give it"},
           &Network::channels, always);
  labelled({"depth", from_to(1, kMaxDepth), "number of blocks", "", "", "none; give it"}, &Network::depth,
           always);
  labelled({"patch", from_to(1, kMaxResolution), "side of a patch, pixels", "ConvMixer, ConvNeXt, DeiT",
            "1 to network.resolution", "16; convmixer: give it"},
           &Network::patch, always);
  labelled({"kernel", from_to(1, kMaxKernel), "side of the depthwise kernel", "ConvMixer, ConvNeXt",
            "odd, 1 to 63", "convnext: 7; convmixer: give it"},
           &Network::kernel, of(NetworkField::kernel));
  labelled({"resolution", from_to(1, kMaxResolution), "side of the image, pixels", "", "", "the data set's"},
           &Network::resolution, always);
  visit(Field{"activation", kAny, "nonlinearity of a block", "ConvMixer"}, &Network::activation,
        of(NetworkField::activation));
  visit(Field{"pointwise_residual", kAny, "a residual around the pointwise half too"},
        &Network::pointwise_residual, of(NetworkField::pointwise_residual));
  visit(Field{"layer_scale", from_to(0, 1), "initial value; 0 = none", "ConvNeXt"}, &Network::layer_scale,
        of(NetworkField::layer_scale));
  visit(Field{"heads", kAny, "attention heads", "DeiT", "a divisor of network.channels", "channels / 64"},
        &Network::heads, of(NetworkField::heads));
  visit(Field{"mlp_ratio", from_to(0.125, 64), "width inside the MLP by channels", "DeiT"},
        &Network::mlp_ratio, of(NetworkField::mlp_ratio));
  visit(
      Field{"token_ratio", from_to(0.125, 64), "width inside the token-mixing MLP by channels", "MLP-Mixer"},
      &Network::token_ratio, of(NetworkField::token_ratio));
  visit(Field{"dropout", kBelowOne, "probability before the head"}, &Network::dropout, always);
}

/// visit(field, member): the settings of RandAugment, which switch it on.
template <class Visit>
void visit_randaugment_fields(Visit visit) {
  visit(Field{"layers", from_to(1, 16), "operations per image", "Cubuk et al.", "",
              "2 where randaugment is on", true},
        &RandAugment::layers);
  visit(Field{"magnitude", kAny, "their strength, on torchvision's scale; increasing: on timm's",
              "torchvision, timm", "0 to 30; increasing: 0 to 10", "9 where randaugment is on", true},
        &RandAugment::magnitude);
  visit(Field{"magnitude_std", from_to(0, 100), "deviation of the magnitude from operation to operation",
              "timm: mstd", "", "0 where randaugment is on"},
        &RandAugment::magnitude_std);
  visit(Field{"increasing", kAny, "operations that all grow with the magnitude", "timm: inc1", "",
              "false where randaugment is on"},
        &RandAugment::increasing);
}

/// visit(field, member): the settings of a training, in the order of the contract.
template <class Visit>
void visit_training_fields(Visit visit) {
  const auto named = [&visit](Field field, auto member) {
    field.is_always_named = true;
    visit(field, member);
  };
  named({"epochs", from_to(1, 100'000), "passes over the training images"}, &Training::epochs);
  named({"batch_size", from_to(1, 1'000'000),
         "images per step; what is left of an epoch behind the last whole batch is not used"},
        &Training::batch_size);
  named({"optimizer", kAny, "sgd: with Nesterov's look-ahead", "AdamW: Loshchilov and Hutter"},
        &Training::optimizer);
  named({"lr", from_to(0, 1'000), "peak learning rate", "", "above 0, to 1000"}, &Training::lr);
  named({"weight_decay", from_to(0, 1'000), "decoupled in adamw", "paper, Appendix C"},
        &Training::weight_decay);
  named({"schedule", kAny, "course of the learning rate", "one_cycle: Smith and Topin, as in PyTorch"},
        &Training::schedule);
  named({"warmup_epochs", kAny, "epochs that it rises for; one_cycle: 0 = a fifth of the run", "",
         "0 to training.epochs"},
        &Training::warmup_epochs);
  named({"clip_grad_norm", from_to(0, 1e9), "largest norm of the gradients; 0 = off", "PyTorch"},
        &Training::clip_grad_norm);
  named({"label_smoothing", kBelowOne, "share of the target spread over all classes", "Szegedy et al."},
        &Training::label_smoothing);
  named({"mixup", from_to(0, 100), "alpha of the Beta distribution; 0 = off", "Zhang et al."},
        &Training::mixup);
  named({"cutmix", from_to(0, 100), "alpha of the Beta distribution; 0 = off", "Yun et al."},
        &Training::cutmix);
  named({"random_erasing", from_to(0, 1), "probability of an erased rectangle", "Zhong et al."},
        &Training::random_erasing);
  named({"randaugment", kAny, "{layers, magnitude} switches it on", "Cubuk et al."}, &Training::randaugment);
  named({"label_noise", from_to(0, 1), "share of the training labels replaced"}, &Training::label_noise);
  named({"precision", kAny, "of activations; weights stay fp32"}, &Training::precision);
  visit(Field{"momentum", kBelowOne, "of sgd", "PyTorch"}, &Training::momentum);
  visit(Field{"accumulation", kAny, "passes that a batch is split into", "",
              "a divisor of training.batch_size"},
        &Training::accumulation);
  visit(Field{"ema", kBelowOne, "decay per step of averaged weights, which are evaluated; 0 = off", "timm"},
        &Training::ema);
  visit(Field{"evaluate_every", from_to(1, 100'000), "epochs; the last one is always evaluated"},
        &Training::evaluate_every);
  visit(Field{"keep", kAny, "which evaluated epoch is the result"}, &Training::keep);
  visit(Field{"crop", kAny, "of training images", "torchvision"}, &Training::crop);
  visit(Field{"crop_padding", from_to(1, 1'024), "pixels on each side; padded"}, &Training::crop_padding);
  visit(Field{"crop_scale", from_to(0.001, 1), "least share of the image's area; random_resized",
              "torchvision"},
        &Training::crop_scale);
  visit(Field{"flip", from_to(0, 1), "probability of a horizontal flip", "torchvision"}, &Training::flip);
  visit(Field{"eps", from_to(1e-30, 1), "adamw: added to the root of the second moment", "PyTorch"},
        &Training::eps);
  visit(Field{"pct_start", from_to(0, 1),
              "one_cycle without warmup_epochs: share of the run in which the rate rises",
              "PyTorch's OneCycleLR"},
        &Training::pct_start);
  visit(Field{"cycle_momentum", kAny, "one_cycle: momentum falls as the rate rises", "PyTorch's OneCycleLR"},
        &Training::cycle_momentum);
  visit(
      Field{"base_momentum", kBelowOne, "cycle_momentum: where the rate is highest", "PyTorch's OneCycleLR"},
      &Training::base_momentum);
  visit(Field{"max_momentum", kBelowOne, "cycle_momentum: at both ends", "PyTorch's OneCycleLR"},
        &Training::max_momentum);
  visit(Field{"random_erasing_mode", kAny, "what the rectangle is filled with", "timm"},
        &Training::random_erasing_mode);
  visit(Field{"stochastic_depth", kBelowOne, "probability that the last block is left out; not of convmixer",
              "Huang et al."},
        &Training::stochastic_depth);
  visit(Field{"repeated_augmentation", from_to(1, 64), "times in a row that an epoch shows an image",
              "Hoffer et al."},
        &Training::repeated_augmentation);
}

}  // namespace spin
