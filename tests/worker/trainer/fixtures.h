#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "schema/design/config.h"
#include "schema/job/trainer_link.h"

namespace spin {

/// A file of IDX unsigned bytes: magic number, dimensions, elements.
std::string idx_bytes(const std::vector<std::uint32_t>& shape, const std::string& elements);
std::string gzip(const std::string& bytes);
void write_bytes(const std::filesystem::path& path, const std::string& bytes);
std::string read_bytes(const std::filesystem::path& path);

/// Writes the four files of a data set of 28 x 28 images whose class shows: a bright bar at a height of its
/// own in noise that the position fixes. Training files are compressed, test files plain.
void write_dataset(const std::filesystem::path& folder, int train_images, int eval_images);

/// ConvMixer 8/4/7/3 on Fashion-MNIST, three epochs at batch 16, unshared.
Train tiny_config();
/// The only one of its role.
void set_input(RunCommand& command, InputRole role, const std::string& path);
/// The same with layers {0,0,1,1} and the components given.
Train shared_config(Components components, FusionStrategy strategy = FusionStrategy::none);

std::string config_text(const Train& config);

}  // namespace spin
