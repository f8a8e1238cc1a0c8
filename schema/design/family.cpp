#include "schema/design/family.h"

namespace spin {

std::span<const FamilyDescription* const> families() {
  static constexpr const FamilyDescription* kAll[] = {&kConvMixer, &kConvNext, &kDeit, &kMlpMixer};
  return kAll;
}

const FamilyDescription& describe(Family family) {
  for (const auto* description : families())
    if (description->family == family) return *description;
  return kConvMixer;
}

}  // namespace spin
