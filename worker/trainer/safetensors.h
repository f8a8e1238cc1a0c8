#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"

namespace spin {

/// One tensor of a safetensors file; `bytes` is row-major, little-endian, and owned by somebody else.
struct TensorBytes {
  std::string name;
  std::string dtype;  ///< as the format writes it: "F32", "I64", ...
  std::vector<std::int64_t> shape;
  std::string_view bytes;
};

struct SafetensorsContent {
  std::map<std::string, std::string> metadata;
  std::vector<TensorBytes> tensors;  ///< in file order
};

/// The whole file: 8-byte little-endian header length, JSON header padded to a multiple of 8, data.
std::string serialise_safetensors(const SafetensorsContent& content);

/// The tensors point into `file`. data_loss where the file is cut short, a header field is wrong, an element
/// type is unknown, or the tensors do not tile the data exactly; `name` stands in front of the message.
Result<SafetensorsContent> parse_safetensors(std::string_view file, const std::string& name);

/// Bytes of one element; 0 = unknown type.
std::size_t dtype_size(std::string_view dtype);

}  // namespace spin
