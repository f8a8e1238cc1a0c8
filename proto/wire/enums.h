#pragma once

#include <string>
#include <string_view>

#include "proto/wire/check.h"
#include "schema/base/text.h"
#include "schema/job/names.h"

// An enumerator travels as its number, from 1: 0 is what an absent field holds. A test holds the names of
// both sides against each other. What a new kind of job may add to travels by its name.

namespace spin::wire {

template <class Wire, class E>
Wire enum_to_wire(E value) {
  return static_cast<Wire>(static_cast<int>(value) + 1);
}

template <class E>
Result<E> enum_from_wire(std::string_view field, int number) {
  const auto names = enum_names<E>();
  if (number >= 1 && number <= static_cast<int>(names.size()))
    return names[static_cast<std::size_t>(number - 1)].value;
  return rejected(field, "is " + std::to_string(number) + "; 1 to " + std::to_string(names.size()) +
                             " is accepted: " + enum_choices<E>());
}

template <class E>
Result<E> named_from_wire(std::string_view field, const std::string& name) {
  auto value = enum_from_name<E>(name);
  if (value.ok()) return value;
  return rejected(field, "is '" + shortened(name, 40) + "'; accepted are " + enum_choices<E>());
}

}  // namespace spin::wire
