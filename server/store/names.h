#pragma once

#include <string>
#include <string_view>

#include "schema/job/names.h"
#include "server/core/changes.h"

// How the tables spell the enumerators: enum_name() and back.

namespace spin {

template <>
std::span<const EnumName<core::Settlement::Kind>> enum_names();
template <>
std::span<const EnumName<core::Pass>> enum_names();

/// data_loss where the text is none of the names.
template <class E>
Result<E> enum_from_table(std::string_view text) {
  auto value = enum_from_name<E>(text);
  if (value.ok()) return value;
  return Error{ErrorCode::data_loss,
               "the database holds '" + std::string(text) + "', which is none of " + enum_choices<E>()};
}

/// data_loss where it is the number of none.
template <class E>
Result<E> enum_from_table(std::int64_t number) {
  if (number >= 0 && number < std::ssize(enum_names<E>())) return static_cast<E>(number);
  return Error{ErrorCode::data_loss, "the database holds " + std::to_string(number) +
                                         ", which is the number of none of " + enum_choices<E>()};
}

}  // namespace spin
