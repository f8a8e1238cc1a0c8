#pragma once

#include "worker/trainer/data/image_source.h"
#include "worker/trainer/random.h"

namespace spin {

// Views of an image of width x height pixels that come out as a square of `resolution` pixels.

/// All of it, whatever its shape.
View whole_view(int width, int height, int resolution);

/// The middle square, as the image is evaluated: resized so that its shorter side has 8/7 of `resolution`
/// (256 for 224), of which the centre is taken.
View centre_view(int width, int height, int resolution);

/// A random part (Szegedy et al., 2015, as torchvision's RandomResizedCrop does it): a share of the area
/// uniform in [least_share, 1], an aspect ratio whose logarithm is uniform in that of [3/4, 4/3], anywhere
/// that it fits; after 10 that do not fit, the largest part in the middle whose ratio is allowed.
View random_resized_view(int width, int height, int resolution, double least_share, Random& random);

}  // namespace spin
