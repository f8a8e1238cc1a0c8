#pragma once

#include <cstdint>
#include <functional>

#include "schema/base/result.h"
#include "schema/design/training.h"
#include "worker/trainer/byte_image.h"
#include "worker/trainer/data/image_source.h"
#include "worker/trainer/random.h"

namespace spin {

/// How an image becomes one of a batch.
struct ImageTransform {
  /// Pixels of a side of what comes out.
  int resolution = 0;
  /// What is taken where nothing is cropped at random: the whole image, or the middle of a photograph (see
  /// centre_view).
  enum class Frame { whole, centre } frame = Frame::whole;
  Crop crop = Crop::none;
  int crop_padding = 0;   ///< pixels; padded
  double crop_scale = 1;  ///< least share of the area; random_resized
  double flip = 0;        ///< probability
  std::int64_t seed = 0;
  /// Last, on the cropped image; empty where there is none.
  std::function<void(ByteImage&, Random&)> change;
};

/// Names the random numbers of an image: training takes the epoch and the image's place in the data set, to
/// which the size of the data set is added for each further copy of the image in the epoch.
struct ImageKey {
  std::int64_t epoch = 0;
  std::int64_t index = 0;
};

/// Reads image `index` and writes it, transformed, to `out` [resolution, resolution, channels]. The random
/// numbers are those of `key`, whichever image is read.
Status transform_image(const ImageSource& images, std::int64_t index, const ImageTransform& transform,
                       ImageKey key, std::uint8_t* out);

}  // namespace spin
