#include "schema/design/names.h"

#include <vector>

#include "schema/design/family.h"

namespace spin {

template <>
std::span<const EnumName<Family>> enum_names() {
  static const auto kNames = [] {
    std::vector<EnumName<Family>> names;
    for (const auto* family : kFamilies) names.push_back({family->family, family->name});
    return names;
  }();
  return kNames;
}

template <>
std::span<const EnumName<Activation>> enum_names() {
  static constexpr EnumName<Activation> kNames[] = {{Activation::gelu, "gelu"}, {Activation::relu, "relu"}};
  return kNames;
}

template <>
std::span<const EnumName<Mapping>> enum_names() {
  static constexpr EnumName<Mapping> kNames[] = {{Mapping::none, "none"},
                                                 {Mapping::sequential, "sequential"},
                                                 {Mapping::strided, "strided"},
                                                 {Mapping::pyramid, "pyramid"},
                                                 {Mapping::random, "random"}};
  return kNames;
}

template <>
std::span<const EnumName<Distribution>> enum_names() {
  static constexpr EnumName<Distribution> kNames[] = {{Distribution::uniform, "uniform"},
                                                      {Distribution::front, "front"},
                                                      {Distribution::middle, "middle"},
                                                      {Distribution::back, "back"}};
  return kNames;
}

template <>
std::span<const EnumName<Component>> enum_names() {
  static constexpr EnumName<Component> kNames[] = {{Component::pointwise, "pointwise"},
                                                   {Component::depthwise, "depthwise"},
                                                   {Component::bias, "bias"},
                                                   {Component::bn, "bn"},
                                                   {Component::norm, "norm"},
                                                   {Component::attention, "attention"},
                                                   {Component::token_mixing, "token_mixing"},
                                                   {Component::mlp, "mlp"}};
  return kNames;
}

template <>
std::span<const EnumName<TransformKind>> enum_names() {
  static constexpr EnumName<TransformKind> kNames[] = {{TransformKind::none, "none"},
                                                       {TransformKind::affine, "affine"}};
  return kNames;
}

template <>
std::span<const EnumName<FusionStrategy>> enum_names() {
  static constexpr EnumName<FusionStrategy> kNames[] = {
      {FusionStrategy::none, "none"},
      {FusionStrategy::choose_first, "choose_first"},
      {FusionStrategy::mean, "mean"},
      {FusionStrategy::scalar_weighted_mean, "scalar_weighted_mean"},
      {FusionStrategy::channel_weighted_mean, "channel_weighted_mean"},
      {FusionStrategy::pointwise_convolution, "pointwise_convolution"}};
  return kNames;
}

template <>
std::span<const EnumName<FusionInit>> enum_names() {
  static constexpr EnumName<FusionInit> kNames[] = {{FusionInit::pretrained, "pretrained"},
                                                    {FusionInit::random, "random"}};
  return kNames;
}

template <>
std::span<const EnumName<Optimizer>> enum_names() {
  static constexpr EnumName<Optimizer> kNames[] = {{Optimizer::adamw, "adamw"}, {Optimizer::sgd, "sgd"}};
  return kNames;
}

template <>
std::span<const EnumName<Schedule>> enum_names() {
  static constexpr EnumName<Schedule> kNames[] = {{Schedule::one_cycle, "one_cycle"},
                                                  {Schedule::one_cycle_linear, "one_cycle_linear"},
                                                  {Schedule::cosine, "cosine"},
                                                  {Schedule::constant, "constant"}};
  return kNames;
}

template <>
std::span<const EnumName<Precision>> enum_names() {
  static constexpr EnumName<Precision> kNames[] = {{Precision::fp32, "fp32"}, {Precision::bf16, "bf16"}};
  return kNames;
}

template <>
std::span<const EnumName<Crop>> enum_names() {
  static constexpr EnumName<Crop> kNames[] = {
      {Crop::none, "none"}, {Crop::padded, "padded"}, {Crop::random_resized, "random_resized"}};
  return kNames;
}

template <>
std::span<const EnumName<Keep>> enum_names() {
  static constexpr EnumName<Keep> kNames[] = {{Keep::last, "last"}, {Keep::best, "best"}};
  return kNames;
}

template <>
std::span<const EnumName<Erase>> enum_names() {
  static constexpr EnumName<Erase> kNames[] = {{Erase::zero, "zero"}, {Erase::pixel, "pixel"}};
  return kNames;
}

template <>
std::span<const EnumName<Scaling>> enum_names() {
  static constexpr EnumName<Scaling> kNames[] = {{Scaling::depth, "depth"}, {Scaling::channels, "channels"}};
  return kNames;
}

template <>
std::span<const EnumName<Match>> enum_names() {
  static constexpr EnumName<Match> kNames[] = {{Match::paper, "paper"}, {Match::closest, "closest"}};
  return kNames;
}

template <>
std::span<const EnumName<ArtifactKind>> enum_names() {
  static constexpr auto kNames = names_of<ArtifactKind>(kArtifactKinds, &ArtifactFacts::kind);
  return kNames;
}

template <>
std::span<const EnumName<InputRole>> enum_names() {
  static constexpr auto kNames = names_of<InputRole>(kInputRoles, &InputFacts::role);
  return kNames;
}

}  // namespace spin
