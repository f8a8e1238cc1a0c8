#pragma once

#include <cstdint>
#include <string_view>

#include "schema/base/result.h"
#include "worker/trainer/data/image_source.h"

namespace spin {

/// Decodes a JPEG or PNG file, told by its first bytes, to RGB as far as the view that `choose` returns needs
/// it. data_loss with the reason where it is damaged, cut short or of another format; resource_exhausted
/// where it is larger than 80 million pixels, 32,768 pixels a side or 100 scans, which a few bytes can
/// announce (the largest photograph of ImageNet has 61 million).
Result<Decoded> decode_image(std::string_view bytes, const ChooseView& choose);

/// unsupported, with the reason, where this build decodes no images.
Status check_image_decoders();

}  // namespace spin
