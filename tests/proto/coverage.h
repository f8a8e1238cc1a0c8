#pragma once

#include <string>
#include <vector>

#include <google/protobuf/message.h>

namespace spin {

/// Paths of the fields that are not set in a message and in those within it. A message made of a value whose
/// every field differs from its default has none, unless a conversion forgot a field. Of a oneof, one field
/// is enough.
inline std::vector<std::string> unset_fields(const google::protobuf::Message& message,
                                             const std::string& prefix = "") {
  std::vector<std::string> unset;
  const auto* reflection = message.GetReflection();
  const auto* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    const std::string path = prefix + field->name();
    const bool present = field->is_repeated() ? reflection->FieldSize(message, field) > 0
                                              : reflection->HasField(message, field);
    const auto* oneof = field->real_containing_oneof();
    if (!present) {
      if (oneof == nullptr || !reflection->HasOneof(message, oneof)) unset.push_back(path);
      continue;
    }
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const auto& inner = field->is_repeated() ? reflection->GetRepeatedMessage(message, field, 0)
                                             : reflection->GetMessage(message, field);
    for (auto& name : unset_fields(inner, path + ".")) unset.push_back(std::move(name));
  }
  return unset;
}

}  // namespace spin
