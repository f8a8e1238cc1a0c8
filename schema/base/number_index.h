#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace spin {

/// Finds the number that stands for a value: open addressing over 4-byte numbers and a byte of each value's
/// hash, the values stay with whoever numbers them. Numbers lie in [1, 2^32). `value_of(number)` gives the
/// value of a number that was inserted.
template <class Value>
class NumberIndex {
 public:
  template <class ValueOf>
  [[nodiscard]] std::optional<std::uint32_t> find(const Value& value, const ValueOf& value_of) const {
    if (numbers_.empty()) return std::nullopt;
    const std::uint64_t spread = spread_of(value);
    for (std::size_t at = first_slot(spread); tags_[at] != kEmpty; at = next(at))
      if (tags_[at] == tag_of(spread) && value_of(numbers_[at]) == value) return numbers_[at];
    return std::nullopt;
  }

  /// Makes room. Precondition: it is empty.
  void reserve(std::size_t values) {
    std::size_t slots = kFirstSlots;
    while (is_crowded(values, slots)) slots *= 2;
    numbers_.assign(slots, 0);
    tags_.assign(slots, kEmpty);
  }
  /// Precondition: the value is not in yet.
  template <class ValueOf>
  void insert(const Value& value, std::uint32_t number, const ValueOf& value_of) {
    if (is_crowded(used_ + 1, numbers_.size())) grow(value_of);
    place(spread_of(value), number);
    ++used_;
  }
  /// Precondition: the value is in, and `value_of` still knows it.
  template <class ValueOf>
  void erase(const Value& value, const ValueOf& value_of) {
    std::size_t hole = first_slot(spread_of(value));
    while (!(value_of(numbers_[hole]) == value)) hole = next(hole);
    // What lies behind moves into the hole where it would be looked for on the way (Knuth, 6.4, algorithm R).
    for (std::size_t at = next(hole); tags_[at] != kEmpty; at = next(at)) {
      const std::size_t home = first_slot(spread_of(value_of(numbers_[at])));
      const std::size_t mask = numbers_.size() - 1;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      numbers_[hole] = numbers_[at];
      tags_[hole] = tags_[at];
      hole = at;
    }
    numbers_[hole] = 0;
    tags_[hole] = kEmpty;
    --used_;
  }
  [[nodiscard]] std::size_t size() const { return used_; }

 private:
  static constexpr std::uint8_t kEmpty = 0;
  static constexpr std::size_t kFirstSlots = 64;

  static bool is_crowded(std::size_t used, std::size_t slots) { return used * 3 > slots * 2; }

  // Spread over all bits by a multiplication, whichever bytes of the values differ (Fibonacci hashing).
  static std::uint64_t spread_of(const Value& value) {
    return std::uint64_t{std::hash<Value>{}(value)} * 0x9E3779B97F4A7C15U;
  }
  static std::uint8_t tag_of(std::uint64_t spread) { return static_cast<std::uint8_t>((spread >> 56) | 1); }
  /// The number of slots is a power of two.
  [[nodiscard]] std::size_t first_slot(std::uint64_t spread) const {
    return static_cast<std::size_t>(spread >> 24) & (numbers_.size() - 1);
  }
  [[nodiscard]] std::size_t next(std::size_t at) const { return (at + 1) & (numbers_.size() - 1); }

  void place(std::uint64_t spread, std::uint32_t number) {
    std::size_t at = first_slot(spread);
    while (tags_[at] != kEmpty) at = next(at);
    tags_[at] = tag_of(spread);
    numbers_[at] = number;
  }

  template <class ValueOf>
  void grow(const ValueOf& value_of) {
    const std::size_t slots = numbers_.empty() ? kFirstSlots : numbers_.size() * 2;
    const auto old = std::exchange(numbers_, std::vector<std::uint32_t>(slots));
    tags_.assign(slots, kEmpty);
    for (const std::uint32_t number : old)
      if (number != 0) place(spread_of(value_of(number)), number);
  }

  std::vector<std::uint32_t> numbers_;  ///< 0 where the slot is empty
  std::vector<std::uint8_t> tags_;      ///< of the same slots
  std::size_t used_ = 0;
};

}  // namespace spin
