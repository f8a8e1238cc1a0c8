#include "worker/trainer/tensor_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>
#include <utility>

#include "schema/base/file.h"
#include "worker/trainer/safetensors.h"

namespace spin {
namespace {

constexpr std::size_t kFileLimit = std::size_t{64} << 30;

struct DtypeName {
  torch::ScalarType type;
  std::string_view name;
};
constexpr std::array<DtypeName, 5> kTypes{{{torch::kFloat, "F32"},
                                           {torch::kDouble, "F64"},
                                           {torch::kLong, "I64"},
                                           {torch::kByte, "U8"},
                                           {torch::kBFloat16, "BF16"}}};

std::string shape_text(const torch::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.sizes() << " " << tensor.scalar_type();
  return text.str();
}

std::string_view bytes_of(const torch::Tensor& tensor) {
  return {static_cast<const char*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.nbytes())};
}

Result<torch::Tensor> to_tensor(const TensorBytes& view, const std::string& name) {
  const auto* type = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const DtypeName& entry) { return entry.name == view.dtype; });
  if (type == kTypes.end())
    return Error{ErrorCode::unsupported, name + ": tensor '" + view.name + "' has the element type " +
                                             view.dtype + "; F32, F64, I64, U8 and BF16 are read"};
  auto tensor = torch::empty(view.shape, torch::TensorOptions(type->type));
  if (!view.bytes.empty()) std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
  return tensor;
}

}  // namespace

torch::Tensor TensorFile::find(const std::string& name) const {
  for (const auto& entry : tensors)
    if (entry.name == name) return entry.tensor;
  return {};
}

std::string TensorFile::text(const std::string& key) const {
  const auto entry = metadata.find(key);
  return entry == metadata.end() ? std::string() : entry->second;
}

Status write_tensor_file(const std::filesystem::path& path, const TensorFile& file) {
  SafetensorsContent content;
  content.metadata = file.metadata;
  std::vector<torch::Tensor> held;  // the bytes stay alive until they are written
  for (const auto& [name, tensor] : file.tensors) {
    const auto* type = std::find_if(kTypes.begin(), kTypes.end(), [&](const DtypeName& entry) {
      return entry.type == tensor.scalar_type();
    });
    if (type == kTypes.end())
      return Error{ErrorCode::internal,
                   "tensor '" + name + "' has an element type that no file of ours holds"};
    held.push_back(tensor.detach().to(torch::kCPU).contiguous());
    content.tensors.push_back({name, std::string(type->name), tensor.sizes().vec(), bytes_of(held.back())});
  }
  return write_file_durably(path, serialise_safetensors(content));
}

Result<TensorFile> read_tensor_file(const std::filesystem::path& path) {
  SPIN_ASSIGN(const auto bytes, read_file(path, kFileLimit));
  SPIN_ASSIGN(auto content, parse_safetensors(bytes, path.string()));
  TensorFile file;
  file.metadata = std::move(content.metadata);
  for (const auto& view : content.tensors) {
    SPIN_ASSIGN(auto tensor, to_tensor(view, path.string()));
    file.tensors.push_back({view.name, std::move(tensor)});
  }
  return file;
}

Status copy_checked(const torch::Tensor& source, torch::Tensor target, const std::string& what) {
  if (!source.defined()) return Error{ErrorCode::data_loss, what + " is missing"};
  if (source.sizes() != target.sizes() || source.scalar_type() != target.scalar_type())
    return Error{ErrorCode::data_loss,
                 what + " is " + shape_text(source) + " where " + shape_text(target) + " was expected"};
  const torch::NoGradGuard no_grad;
  target.copy_(source);
  return {};
}

}  // namespace spin
