#include "worker/trainer/randaugment.h"

#include <algorithm>
#include <cmath>

#include "worker/trainer/image_tones.h"
#include "worker/trainer/increasing_augment.h"

namespace spin {

bool is_signed(Augmentation operation) {
  return operation >= Augmentation::shear_x && operation <= Augmentation::sharpness;
}

void augment(ByteImage& image, Augmentation operation, double magnitude, bool negative) {
  const double share = (negative ? -1.0 : 1.0) * magnitude / kGreatestMagnitude;
  const auto factor = static_cast<float>(1 + 0.9 * share);
  const auto shift = [share](int size) { return static_cast<int>(150.0 / 331.0 * size * share); };
  switch (operation) {
    case Augmentation::identity:
      return;
    case Augmentation::shear_x:
      return shear_x(image, 0.3 * share, kBlack);
    case Augmentation::shear_y:
      return shear_y(image, 0.3 * share, kBlack);
    case Augmentation::translate_x:
      return translate(image, shift(image.width), 0, kBlack);
    case Augmentation::translate_y:
      return translate(image, 0, shift(image.height), kBlack);
    case Augmentation::rotate:
      return rotate(image, 30 * share, kBlack);
    case Augmentation::brightness:
      return adjust_brightness(image, factor);
    case Augmentation::colour:
      return adjust_colour(image, factor);
    case Augmentation::contrast:
      return adjust_contrast(image, factor);
    case Augmentation::sharpness:
      return adjust_sharpness(image, factor);
    case Augmentation::posterize:
      return posterize(image, 8 - static_cast<int>(std::lround(magnitude / 7.5)));
    case Augmentation::solarize:
      return solarize(image, 255 - 8.5 * magnitude);
    case Augmentation::autocontrast:
      return autocontrast(image);
    case Augmentation::equalize:
      return equalize(image);
  }
}

double draw_magnitude(const RandAugment& settings, int greatest, Random& random) {
  if (settings.magnitude_std == 0) return settings.magnitude;
  return std::clamp(settings.magnitude + settings.magnitude_std * random.normal(), 0.0,
                    static_cast<double>(greatest));
}

void rand_augment(ByteImage& image, const RandAugment& settings, const Colour& outside, Random& random) {
  if (settings.increasing) return rand_augment_increasing(image, settings, outside, random);
  for (int layer = 0; layer < settings.layers; ++layer) {
    const auto operation = static_cast<Augmentation>(random.below(kAugmentations));
    const bool negative = is_signed(operation) && random.below(2) == 1;
    augment(image, operation, draw_magnitude(settings, kGreatestMagnitude, random), negative);
  }
}

}  // namespace spin
