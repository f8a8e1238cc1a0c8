#include "worker/trainer/randaugment.h"

#include <cmath>

#include "worker/trainer/image_geometry.h"
#include "worker/trainer/image_tones.h"

namespace spin {

bool is_signed(Augmentation operation) {
  return operation >= Augmentation::shear_x && operation <= Augmentation::sharpness;
}

void augment(ByteImage& image, Augmentation operation, int magnitude, bool negative) {
  const double share = (negative ? -1.0 : 1.0) * magnitude / kGreatestMagnitude;
  const auto factor = static_cast<float>(1 + 0.9 * share);
  const auto shift = [share](int size) { return static_cast<int>(150.0 / 331.0 * size * share); };
  switch (operation) {
    case Augmentation::identity:
      return;
    case Augmentation::shear_x:
      return shear_x(image, 0.3 * share);
    case Augmentation::shear_y:
      return shear_y(image, 0.3 * share);
    case Augmentation::translate_x:
      return translate(image, shift(image.width), 0);
    case Augmentation::translate_y:
      return translate(image, 0, shift(image.height));
    case Augmentation::rotate:
      return rotate(image, 30 * share);
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

void rand_augment(ByteImage& image, const RandAugment& settings, Random& random) {
  for (int layer = 0; layer < settings.layers; ++layer) {
    const auto operation = static_cast<Augmentation>(random.below(kAugmentations));
    const bool negative = is_signed(operation) && random.below(2) == 1;
    augment(image, operation, settings.magnitude, negative);
  }
}

}  // namespace spin
