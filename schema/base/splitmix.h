#pragma once

#include <cstdint>

namespace spin {

/// The next number of splitmix64 (Steele, Lea and Flood, 2014), whose whole state is one number. The same on
/// every machine, which the distributions of <random> are not.
constexpr std::uint64_t splitmix64(std::uint64_t& state) {
  auto value = state += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

}  // namespace spin
