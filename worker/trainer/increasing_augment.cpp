#include "worker/trainer/increasing_augment.h"

#include "worker/trainer/image_tones.h"
#include "worker/trainer/randaugment.h"

namespace spin {
namespace {

constexpr double kIncreasingProbability = 0.5;

}  // namespace

bool is_signed(IncreasingAugmentation operation) {
  return operation == IncreasingAugmentation::rotate || operation >= IncreasingAugmentation::colour;
}

void augment(ByteImage& image, IncreasingAugmentation operation, double magnitude, bool negative,
             const Colour& outside) {
  const double strength = magnitude / kGreatestIncreasingMagnitude;
  const double share = negative ? -strength : strength;
  const auto factor = static_cast<float>(1 + 0.9 * share);
  // timm's shift moves what is seen, and so the content the other way.
  const auto shift = [share](int size) { return -static_cast<int>(0.45 * size * share); };
  switch (operation) {
    case IncreasingAugmentation::autocontrast:
      return autocontrast(image);
    case IncreasingAugmentation::equalize:
      return equalize(image);
    case IncreasingAugmentation::invert:
      return invert(image);
    case IncreasingAugmentation::rotate:
      return rotate(image, 30 * share, outside);
    case IncreasingAugmentation::posterize:
      return posterize(image, 4 - static_cast<int>(4 * strength));
    case IncreasingAugmentation::solarize:
      return solarize(image, 256 - static_cast<int>(256 * strength));
    case IncreasingAugmentation::solarize_add:
      return solarize_add(image, static_cast<int>(110 * strength));
    case IncreasingAugmentation::colour:
      return adjust_colour(image, factor);
    case IncreasingAugmentation::contrast:
      return adjust_contrast(image, factor);
    case IncreasingAugmentation::brightness:
      return adjust_brightness(image, factor);
    case IncreasingAugmentation::sharpness:
      return adjust_sharpness(image, factor);
    case IncreasingAugmentation::shear_x:
      return shear_x(image, 0.3 * share, outside);
    case IncreasingAugmentation::shear_y:
      return shear_y(image, 0.3 * share, outside);
    case IncreasingAugmentation::translate_x:
      return translate(image, shift(image.width), 0, outside);
    case IncreasingAugmentation::translate_y:
      return translate(image, 0, shift(image.height), outside);
  }
}

void rand_augment_increasing(ByteImage& image, const RandAugment& settings, const Colour& outside,
                             Random& random) {
  for (int layer = 0; layer < settings.layers; ++layer) {
    const auto operation = static_cast<IncreasingAugmentation>(random.below(kIncreasingAugmentations));
    if (!random.chance(kIncreasingProbability)) continue;
    const double magnitude = draw_magnitude(settings, kGreatestIncreasingMagnitude, random);
    const bool negative = is_signed(operation) && random.below(2) == 1;
    augment(image, operation, magnitude, negative, outside);
  }
}

}  // namespace spin
