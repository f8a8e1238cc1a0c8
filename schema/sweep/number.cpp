#include "schema/sweep/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace spin::sweep {
namespace {

/// Of a number with more digits nothing is left that a setting could mean.
constexpr std::size_t kMaxBytes = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

/// Without underscores, each of which must stand between two digits.
bool drop_underscores(std::string_view text, std::string& out) {
  const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_hex(text[i - 1]) || !is_hex(text[i + 1])) {
      return false;
    }
  }
  return true;
}

Number decimal(bool negative, std::string digits, std::int64_t exponent) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  if (digits.empty()) exponent = 0;
  return {negative, std::move(digits), exponent};
}

/// 0x1f, 0o17, 0b101.
bool read_other_base(bool negative, std::string_view text, Number& out) {
  if (text.size() < 3 || text[0] != '0') return false;
  const int base = text[1] == 'x' || text[1] == 'X' ? 16 : text[1] == 'o' ? 8 : text[1] == 'b' ? 2 : 0;
  std::uint64_t value = 0;
  text.remove_prefix(2);
  if (base == 0 || text[0] == '-' || text[0] == '+') return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  out = decimal(negative, std::to_string(value), 0);
  return true;
}

/// Digits with at most one point, and an exponent.
bool read_decimal(bool negative, std::string_view text, Number& out) {
  constexpr std::int64_t kMostExponent = 100'000;
  std::int64_t exponent = 0;
  if (const auto at = text.find_first_of("eE"); at != std::string_view::npos) {
    auto power = text.substr(at + 1);
    if (power.size() > 1 && power[0] == '+' && is_digit(power[1])) power.remove_prefix(1);
    const auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (error != std::errc{} || end != power.data() + power.size() || exponent > kMostExponent ||
        exponent < -kMostExponent)
      return false;
    text = text.substr(0, at);
  }
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  const std::string digits = std::string(whole) + std::string(fraction);
  if (!all_digits(digits)) return false;
  out = decimal(negative, digits, exponent - static_cast<std::int64_t>(fraction.size()));
  return true;
}

/// 1:30 is 90 to YAML 1.1.
std::string sexagesimal(std::string_view text) {
  std::int64_t value = 0;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(':'));
    if (!all_digits(part) || part.size() > 6 || value > 1'000'000'000) return {};
    value = value * 60 + std::stoll(std::string(part));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
  }
  return std::to_string(value);
}

std::string without(std::string_view text, std::string_view characters) {
  std::string rest;
  for (const char c : text)
    if (characters.find(c) == std::string_view::npos) rest += c;
  return rest;
}

/// 024 is 20 to YAML 1.1, and 24 to YAML 1.2.
std::string advice_on_leading_zero(const std::string& sign, std::string_view digits) {
  std::string tens(digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1)));
  std::uint64_t octal = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), octal, 8);
  if (error != std::errc{} || end != digits.data() + digits.size() || std::to_string(octal) == tens)
    return "begins with 0, as the rest of a number with a comma in a list does; write " + sign + tens;
  return "begins with 0, so that it is " + std::to_string(octal) + " to YAML 1.1 and " + tens +
         " to YAML 1.2; write " + sign + "0o" + tens + " or " + sign + tens;
}

/// What would do instead of a text that people write for a number.
std::string advice(const std::string& sign, std::string_view text) {
  if (text.find(':') != std::string_view::npos && text.find(':') > 0) {
    const auto seconds = sexagesimal(text);
    return seconds.empty()
               ? ""
               : "is " + sign + seconds + " to YAML 1.1 and text to YAML 1.2; write " + sign + seconds;
  }
  Number number;
  if (text.find(',') != std::string_view::npos) {
    const auto joined = without(text, ",");
    std::string point(text);
    std::replace(point.begin(), point.end(), ',', '.');
    if (!read_decimal(false, joined, number)) return {};
    if (std::count(text.begin(), text.end(), ',') > 1 || text.find('.') != std::string_view::npos)
      return "has commas; write " + sign + joined;
    return "has a comma, which some read as a point and some not at all; write " + sign + point + " or " +
           sign + joined;
  }
  const auto last = text.empty() ? '\0' : text.back();
  auto head = std::string(text.substr(0, text.empty() ? 0 : text.size() - 1));
  while (!head.empty() && head.back() == ' ') head.pop_back();
  if (read_decimal(false, head, number)) {
    if (last == '%') {
      number.exponent -= 2;
      double share = 0;
      if (to_double(number, share)) {
        std::string shown(32, '\0');
        shown.resize(static_cast<std::size_t>(
            std::to_chars(shown.data(), shown.data() + shown.size(), share).ptr - shown.data()));
        return "is no number of YAML; write " + sign + shown;
      }
    }
    if (last == 'k' || last == 'K') return "is no number of YAML; write " + sign + head + "e3";
    if (last == 'M') return "is no number of YAML; write " + sign + head + "e6";
    if (last == 'G' || last == 'B') return "is no number of YAML; write " + sign + head + "e9";
  }
  const auto closed = without(text, " '_");
  if (closed != text && read_decimal(false, closed, number))
    return "is no number of YAML; write " + sign + closed;
  return {};
}

}  // namespace

std::variant<Number, NotANumber> read_number(std::string_view text) {
  if (text.empty() || text.size() > kMaxBytes) return NotANumber{};
  const bool negative = text[0] == '-';
  const bool has_sign = negative || text[0] == '+';
  const std::string sign = negative ? "-" : "";
  const auto body = has_sign ? text.substr(1) : text;
  std::string plain;
  if (body.empty() || !drop_underscores(body, plain)) return NotANumber{advice(sign, body)};
  Number number;
  if (read_other_base(negative, plain, number)) return number;
  if (plain.size() > 1 && plain[0] == '0' && all_digits(plain))
    return NotANumber{advice_on_leading_zero(sign, plain)};
  if (read_decimal(negative, plain, number)) return number;
  return NotANumber{advice(sign, body)};
}

bool to_whole(const Number& number, std::int64_t& out) {
  constexpr std::int64_t kMaxExponent = 18;
  if (number.exponent < 0 || number.exponent > kMaxExponent) return false;
  const std::string text = (number.negative && !number.digits.empty() ? "-" : "") +
                           (number.digits.empty() ? "0" : number.digits) +
                           std::string(static_cast<std::size_t>(number.exponent), '0');
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

bool to_double(const Number& number, double& out) {
  const std::string text = (number.negative ? "-" : "") + (number.digits.empty() ? "0" : number.digits) +
                           "e" + std::to_string(number.exponent);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  // Too small to be told from 0 is 0; too large is refused.
  if (error == std::errc::result_out_of_range &&
      number.exponent + static_cast<std::int64_t>(number.digits.size()) < 0) {
    out = 0;
    return true;
  }
  return error == std::errc{} && std::isfinite(out);
}

}  // namespace spin::sweep
