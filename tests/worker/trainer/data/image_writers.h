#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "worker/trainer/byte_image.h"

namespace spin {

enum class JpegKind { baseline, progressive };

/// A JPEG file: gray of 1 channel, YCbCr with halved chroma of 3 (or of 4:4:4 with `full_chroma`).
std::string jpeg_bytes(const ByteImage& image, int quality = 92, JpegKind kind = JpegKind::baseline,
                       bool full_chroma = false);
/// A CMYK JPEG as Adobe writes it: the image's RGB as inverted CMY, no black ink (255).
std::string cmyk_jpeg_bytes(const ByteImage& image);

enum class PngKind { rgb, rgb_alpha, rgb16, gray, gray16, palette, rgb_interlaced };
/// A PNG file; gray kinds take the first channel. A palette's entry i is the colour (i, 255 - i, i / 2), and
/// the image's first channel is the index.
std::string png_bytes(const ByteImage& image, PngKind kind = PngKind::rgb);

/// Smooth colours that differ at every place, so that shifts, mirrors and swapped channels show.
ByteImage gradient_image(int width, int height, int channels = 3);

void write_image(const std::filesystem::path& path, const std::string& bytes);

/// ROOT/{train,val}/CLASS/*: JPEGs of about `side` pixels a side whose colour tells the class.
void write_image_folder(const std::filesystem::path& root, const std::vector<std::string>& classes,
                        int train_images, int eval_images, int side);

}  // namespace spin
