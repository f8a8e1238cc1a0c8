#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace spin::sweep {

/// A number as it is written: exactly `digits` times ten to the power of `exponent`.
struct Number {
  bool negative = false;
  std::string digits;  ///< without leading zeros; empty = 0
  std::int64_t exponent = 0;
};

/// Why a text is no number, or may be two: "write 20 or 24". Empty where nothing is known that would do.
struct NotANumber {
  std::string advice;
};

/// Reads every spelling of a number that YAML 1.1 and 1.2 have and that means one thing: 12, +12, 1_000,
/// 1e-3, 1.0E-3, .5, 5., 0x1f, 0o17, 0b101. Not .inf and .nan, which no setting may be.
std::variant<Number, NotANumber> read_number(std::string_view text);

/// False where it is not whole, or does not fit.
bool to_whole(const Number& number, std::int64_t& out);
/// The nearest double; false where it would be infinite.
bool to_double(const Number& number, double& out);

}  // namespace spin::sweep
