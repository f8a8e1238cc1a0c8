#include "worker/trainer/safetensors.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <nlohmann/json.hpp>

namespace spin {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kHeaderLimit = 16U << 20;
constexpr auto kMetadataKey = "__metadata__";

struct DtypeSize {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<DtypeSize, 11> kDtypes{{{"BOOL", 1},
                                             {"U8", 1},
                                             {"I8", 1},
                                             {"I16", 2},
                                             {"F16", 2},
                                             {"BF16", 2},
                                             {"I32", 4},
                                             {"F32", 4},
                                             {"I64", 8},
                                             {"F64", 8},
                                             {"U16", 2}}};

Error damaged(const std::string& name, const std::string& what) {
  return {ErrorCode::data_loss, name + ": not a valid safetensors file: " + what};
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

bool is_list_of_counts(const json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const json& item) { return item.is_number_unsigned(); });
}

/// Bytes that shape and element type ask for; nothing where the product overflows.
bool expected_bytes(const TensorBytes& tensor, std::uint64_t& bytes) {
  bytes = dtype_size(tensor.dtype);
  for (const auto size : tensor.shape)
    if (size < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes)) return false;
  return true;
}

Result<TensorBytes> parse_entry(const std::string& key, const json& entry, std::string_view data,
                                const std::string& name) {
  const auto what = "tensor '" + key + "': ";
  if (!entry.is_object() || !entry.contains("dtype") || !entry["dtype"].is_string())
    return damaged(name, what + "no dtype");
  TensorBytes tensor{key, entry["dtype"].get<std::string>(), {}, {}};
  if (dtype_size(tensor.dtype) == 0) return damaged(name, what + "unknown dtype '" + tensor.dtype + "'");
  if (!entry.contains("shape") || !is_list_of_counts(entry["shape"]))
    return damaged(name, what + "shape is not a list of whole numbers");
  if (!entry.contains("data_offsets") || !is_list_of_counts(entry["data_offsets"]) ||
      entry["data_offsets"].size() != 2)
    return damaged(name, what + "data_offsets is not a pair of whole numbers");
  tensor.shape = entry["shape"].get<std::vector<std::int64_t>>();
  const auto begin = entry["data_offsets"][0].get<std::uint64_t>();
  const auto end = entry["data_offsets"][1].get<std::uint64_t>();
  if (begin > end || end > data.size())
    return damaged(name, what + "bytes " + std::to_string(begin) + " to " + std::to_string(end) +
                             " lie outside the " + std::to_string(data.size()) + " bytes of data");
  std::uint64_t expected = 0;
  if (!expected_bytes(tensor, expected) || expected != end - begin)
    return damaged(name, what + "its shape does not fit its " + std::to_string(end - begin) + " bytes");
  tensor.bytes = data.substr(begin, end - begin);
  return tensor;
}

/// Every byte of the data belongs to exactly one tensor.
Status check_tiling(std::vector<TensorBytes>& tensors, std::string_view data, const std::string& name) {
  std::stable_sort(tensors.begin(), tensors.end(), [](const TensorBytes& a, const TensorBytes& b) {
    return std::pair(a.bytes.data(), a.bytes.size()) < std::pair(b.bytes.data(), b.bytes.size());
  });
  std::size_t covered = 0;
  for (const auto& tensor : tensors) {
    if (static_cast<std::size_t>(tensor.bytes.data() - data.data()) != covered)
      return damaged(name, "tensor '" + tensor.name + "' overlaps another, or leaves a gap before it");
    covered += tensor.bytes.size();
  }
  if (covered != data.size())
    return damaged(name, std::to_string(data.size() - covered) + " bytes of data belong to no tensor");
  return {};
}

}  // namespace

std::size_t dtype_size(std::string_view dtype) {
  for (const auto& entry : kDtypes)
    if (entry.name == dtype) return entry.bytes;
  return 0;
}

std::string serialise_safetensors(const SafetensorsContent& content) {
  json header = json::object();
  if (!content.metadata.empty()) header[kMetadataKey] = content.metadata;
  std::uint64_t offset = 0;
  for (const auto& tensor : content.tensors) {
    header[tensor.name] = {{"dtype", tensor.dtype},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  auto text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string file;
  file.reserve(kLengthBytes + text.size() + offset);
  for (std::size_t i = 0; i < kLengthBytes; ++i) file += static_cast<char>(text.size() >> (8 * i) & 0xff);
  file += text;
  for (const auto& tensor : content.tensors) file += tensor.bytes;
  return file;
}

Result<SafetensorsContent> parse_safetensors(std::string_view file, const std::string& name) {
  if (file.size() < kLengthBytes)
    return damaged(name, "it has " + std::to_string(file.size()) + " bytes, its header length alone takes 8");
  const auto length = little_endian(file);
  if (length > kHeaderLimit) return damaged(name, "its header is said to be larger than 16 MiB");
  if (length > file.size() - kLengthBytes)
    return damaged(name, "truncated: a header of " + std::to_string(length) + " bytes is announced, " +
                             std::to_string(file.size() - kLengthBytes) + " follow");
  const auto data = file.substr(kLengthBytes + length);
  const auto header = json::parse(file.substr(kLengthBytes, length), nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) return damaged(name, "its header is not a JSON object");
  SafetensorsContent content;
  for (const auto& [key, value] : header.items()) {
    if (key == kMetadataKey) {
      if (!value.is_object()) return damaged(name, "__metadata__ is not a map");
      for (const auto& [meta_key, meta_value] : value.items()) {
        if (!meta_value.is_string()) return damaged(name, "__metadata__." + meta_key + " is not a string");
        content.metadata[meta_key] = meta_value.get<std::string>();
      }
      continue;
    }
    SPIN_ASSIGN(auto tensor, parse_entry(key, value, data, name));
    content.tensors.push_back(std::move(tensor));
  }
  SPIN_TRY(check_tiling(content.tensors, data, name));
  return content;
}

}  // namespace spin
