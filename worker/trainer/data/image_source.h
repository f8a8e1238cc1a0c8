#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "schema/base/result.h"
#include "worker/trainer/byte_image.h"

namespace spin {

/// A rectangle in an image, in pixels; coordinates lie on the edges between pixels, 0 at the left and at the
/// top.
struct Box {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
};

/// What is wanted of an image: the part in `box`, to be resized to width x height pixels.
struct View {
  Box box;
  int width = 0;
  int height = 0;
};

/// Chooses the view once the size of the image is known, so that no more is decoded than the view needs.
using ChooseView = std::function<View(int width, int height)>;

/// Pixels that cover a view, possibly smaller than in the file, though not smaller than the view wants them.
struct Decoded {
  ByteImage image;
  View view;  ///< its box in pixels of `image`
};

/// The images of a split, one at a time. Safe to use from several threads.
class ImageSource {
 public:
  ImageSource() = default;
  ImageSource(const ImageSource&) = delete;
  ImageSource& operator=(const ImageSource&) = delete;
  virtual ~ImageSource() = default;

  [[nodiscard]] virtual std::int64_t size() const = 0;
  [[nodiscard]] virtual int channels() const = 0;
  /// For messages: the path.
  [[nodiscard]] virtual std::string name(std::int64_t index) const = 0;
  /// data_loss and not_found where the image cannot be read: the reason, without the name.
  virtual Result<Decoded> read(std::int64_t index, const ChooseView& choose) const = 0;
};

/// Images of one size that lie in memory.
class MemoryImages : public ImageSource {
 public:
  /// `pixels` [images, height, width, channels]; the pointer keeps them alive.
  MemoryImages(std::shared_ptr<const std::uint8_t> pixels, std::int64_t images, int height, int width,
               int channels)
      : pixels_(std::move(pixels)), images_(images), height_(height), width_(width), channels_(channels) {}

  [[nodiscard]] std::int64_t size() const override { return images_; }
  [[nodiscard]] int channels() const override { return channels_; }
  [[nodiscard]] std::string name(std::int64_t index) const override {
    return "image " + std::to_string(index);
  }
  Result<Decoded> read(std::int64_t index, const ChooseView& choose) const override;

 private:
  std::shared_ptr<const std::uint8_t> pixels_;
  std::int64_t images_;
  int height_, width_, channels_;
};

}  // namespace spin
