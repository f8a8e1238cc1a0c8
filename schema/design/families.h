#pragma once

#include <array>

namespace spin {

/// A family of isotropic networks: one of these, with a description in schema/design and its arithmetic in
/// the trainer.
enum class Family { convmixer, convnext, deit, mlp_mixer };

struct FamilyDescription;  // schema/design/family.h
extern const FamilyDescription kConvMixer, kConvNext, kDeit, kMlpMixer;

/// In the order of Family, in which messages list them.
inline constexpr std::array kFamilies = {&kConvMixer, &kConvNext, &kDeit, &kMlpMixer};

}  // namespace spin
