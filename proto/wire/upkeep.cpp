#include "proto/wire/upkeep.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <boost/algorithm/hex.hpp>

#include "proto/wire/check.h"
#include "proto/wire/text.h"

namespace spin::wire {
namespace {

constexpr std::array<std::pair<CheckState, std::string_view>, 3> kCheckStates{
    {{CheckState::ok, "ok"}, {CheckState::warning, "warning"}, {CheckState::failed, "failed"}}};

struct ValueToWire {
  v1::QueryValue* message;

  void operator()(std::monostate /*null*/) const {}
  void operator()(std::int64_t value) const { message->set_integer(value); }
  void operator()(double value) const { message->set_real(value); }
  void operator()(const std::string& value) const { message->set_text(valid_utf8(value)); }
  /// The digits are in pairs, as every maker of a QueryBlob writes them.
  void operator()(const QueryBlob& value) const {
    boost::algorithm::unhex(value.hex, std::back_inserter(*message->mutable_blob()));
  }
};

QueryValue value_from_wire(const v1::QueryValue& message) {
  switch (message.value_case()) {
    case v1::QueryValue::kInteger:
      return message.integer();
    case v1::QueryValue::kReal:
      return message.real();
    case v1::QueryValue::kText:
      return message.text();
    case v1::QueryValue::kBlob:
      return QueryBlob{boost::algorithm::hex_lower(message.blob())};
    case v1::QueryValue::VALUE_NOT_SET:
      break;
  }
  return std::monostate{};
}

}  // namespace

void to_wire(const QueryRow& value, v1::QueryRow* message) {
  for (const auto& entry : value) std::visit(ValueToWire{message->add_values()}, entry);
}

QueryRow from_wire(const v1::QueryRow& message) {
  QueryRow row;
  row.reserve(static_cast<std::size_t>(message.values_size()));
  for (const auto& value : message.values()) row.push_back(value_from_wire(value));
  return row;
}

void to_wire(const CheckRow& value, v1::CheckRow* message) {
  message->set_name(valid_utf8(value.name));
  for (const auto& [state, name] : kCheckStates)
    if (state == value.state) message->set_state(std::string(name));
  message->set_found(valid_utf8(value.found));
  message->set_advice(valid_utf8(value.advice));
}

Result<CheckRow> from_wire(const v1::CheckRow& message) {
  const auto* const known = std::find_if(kCheckStates.begin(), kCheckStates.end(),
                                         [&](const auto& entry) { return entry.second == message.state(); });
  if (known == kCheckStates.end())
    return rejected("check.state", "is '" + message.state() + "'; ok, warning or failed is accepted");
  return CheckRow{
      .name = message.name(), .state = known->first, .found = message.found(), .advice = message.advice()};
}

void to_wire(const BackupProgress& value, v1::BackupProgress* message) {
  message->set_done_bytes(value.done_bytes);
  message->set_total_bytes(value.total_bytes);
  message->set_complete(value.complete);
  message->set_path(valid_utf8(value.path));
}

BackupProgress from_wire(const v1::BackupProgress& message) {
  return {.done_bytes = message.done_bytes(),
          .total_bytes = message.total_bytes(),
          .complete = message.complete(),
          .path = message.path()};
}

}  // namespace spin::wire
