#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "schema/base/result.h"

namespace spin {

struct NamedTensor {
  std::string name;
  torch::Tensor tensor;
};

/// Tensors and text by name, as a safetensors file holds them.
struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::vector<NamedTensor> tensors;

  /// Undefined tensor where there is none of this name.
  [[nodiscard]] torch::Tensor find(const std::string& name) const;
  /// Empty where there is none of this name.
  [[nodiscard]] std::string text(const std::string& key) const;
};

/// Written so that a crash leaves the old file, the new one or none. Tensors of any device; float, long,
/// byte.
Status write_tensor_file(const std::filesystem::path& path, const TensorFile& file);
/// Tensors on the CPU, owning their memory. not_found, data_loss.
Result<TensorFile> read_tensor_file(const std::filesystem::path& path);

/// Copies `source`, which must have the same shape and type, into `target`. data_loss names both shapes.
Status copy_checked(const torch::Tensor& source, torch::Tensor target, const std::string& what);

}  // namespace spin
