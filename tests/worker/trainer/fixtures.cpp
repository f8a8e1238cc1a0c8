#include "tests/worker/trainer/fixtures.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/torch.h>
#include <zlib.h>

namespace spin {
namespace {

constexpr int kSide = 28;
constexpr int kClasses = 10;

std::string images(int count) {
  std::string pixels;
  std::uint32_t noise = 1;
  for (int i = 0; i < count; ++i)
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) {
        noise = noise * 1664525 + 1013904223;
        const bool bar = y / 2 == i % kClasses + 2;
        pixels += static_cast<char>((bar ? 150 : 0) + (noise >> 24) % 100);
      }
  return pixels;
}

std::string labels(int count) {
  std::string values;
  for (int i = 0; i < count; ++i) values += static_cast<char>(i % kClasses);
  return values;
}

/// Tests run beside each other: one thread each, but where a test asks for more.
class OneThread : public testing::Environment {
  void SetUp() override { at::set_num_threads(1); }
};
[[maybe_unused]] const auto* const kOneThread = testing::AddGlobalTestEnvironment(new OneThread);

}  // namespace

std::string idx_bytes(const std::vector<std::uint32_t>& shape, const std::string& elements) {
  std::string bytes{0, 0, 8, static_cast<char>(shape.size())};
  for (const auto size : shape)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xff);
  return bytes + elements;
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  std::string packed(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void write_dataset(const std::filesystem::path& folder, int train_images, int eval_images) {
  std::filesystem::create_directories(folder);
  const auto image_file = [](int count) {
    return idx_bytes({static_cast<std::uint32_t>(count), kSide, kSide}, images(count));
  };
  const auto label_file = [](int count) {
    return idx_bytes({static_cast<std::uint32_t>(count)}, labels(count));
  };
  write_bytes(folder / "train-images-idx3-ubyte.gz", gzip(image_file(train_images)));
  write_bytes(folder / "train-labels-idx1-ubyte.gz", gzip(label_file(train_images)));
  write_bytes(folder / "t10k-images-idx3-ubyte", image_file(eval_images));
  write_bytes(folder / "t10k-labels-idx1-ubyte", label_file(eval_images));
}

void set_input(RunCommand& command, InputRole role, const std::string& path) {
  command.inputs.erase(role);
  command.inputs.emplace(role, path);
}

Train tiny_config() {
  Train config;
  config.dataset.name = "fashion-mnist";
  config.dataset.facts = {1, kClasses, kSide, 0, 0};
  config.network.channels = 8;
  config.network.depth = 4;
  config.network.patch = 7;
  config.network.kernel = 3;
  config.network.resolution = kSide;
  config.topology = Topology::unshared(4);
  config.training.epochs = 3;
  config.training.batch_size = 16;
  return config;
}

Train shared_config(Components components, FusionStrategy strategy) {
  auto config = tiny_config();
  config.topology = Topology::from_labels({0, 0, 1, 1});
  config.components = components;
  config.fusion = {strategy, FusionInit::random};
  return config;
}

std::string config_text(const Train& config) { return config_to_json(config).dump(); }

}  // namespace spin
