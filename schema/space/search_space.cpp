#include "schema/space/search_space.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace spin {
namespace {

using boost::multiprecision::pow;

Error fault(const std::string& what) { return {ErrorCode::invalid_argument, what}; }

/// i^layers - (i-1)^layers for i = 0 .. tensors, 0 at i = 0.
std::vector<Count> exact_assignments(int layers, int tensors) {
  std::vector<Count> counts(static_cast<std::size_t>(tensors) + 1);
  Count below = 0;
  for (int i = 1; i <= tensors; ++i) {
    Count all = pow(Count(i), static_cast<unsigned>(layers));
    counts[static_cast<std::size_t>(i)] = all - below;
    below = std::move(all);
  }
  return counts;
}

/// Turns row n - 1 of Pascal's triangle into row n; {} becomes {1}.
void next_binomials(std::vector<Count>& row) {
  for (std::size_t i = row.size(); i-- > 1;) row[i] += row[i - 1];
  row.emplace_back(1);
}

/// Coefficients 0 .. limit of the product of two exponential generating functions: a way to split k labelled
/// tensors into those of the one and those of the other.
std::vector<Count> product(const std::vector<Count>& a, const std::vector<Count>& b, std::size_t limit) {
  std::vector<Count> result(std::min(limit, a.size() + b.size() - 2) + 1);
  std::vector<Count> binomials;
  for (std::size_t k = 0; k < result.size(); ++k) {
    next_binomials(binomials);
    const std::size_t first = k < b.size() ? 0 : k - b.size() + 1;
    for (std::size_t i = first; i <= std::min(k, a.size() - 1); ++i)
      if (!a[i].is_zero() && !b[k - i].is_zero()) result[k] += binomials[i] * a[i] * b[k - i];
  }
  return result;
}

/// `base` times itself, `exponent` factors; 1 where there are none.
std::vector<Count> power(const std::vector<Count>& base, int exponent, std::size_t limit) {
  if (exponent == 0) return {Count(1)};
  const auto half = power(base, exponent / 2, limit);
  auto square = product(half, half, limit);
  return exponent % 2 == 0 ? square : product(square, base, limit);
}

/// S(layers, k) for k = 0 .. tensors, by S(n, k) = k S(n-1, k) + S(n-1, k-1).
std::vector<Count> stirling_row(int layers, int tensors) {
  std::vector<Count> row(static_cast<std::size_t>(tensors) + 1);
  row[0] = 1;
  for (int n = 1; n <= layers; ++n) {
    for (int k = std::min(n, tensors); k >= 1; --k) {
      auto& here = row[static_cast<std::size_t>(k)];
      here *= k;
      here += row[static_cast<std::size_t>(k) - 1];
    }
    row[0] = 0;
  }
  return row;
}

}  // namespace

Status check_space(const SearchSpace& space) {
  const auto layers = std::to_string(space.layers);
  if (space.layers < 1 || space.layers > kMaxSpaceLayers)
    return fault("layers: " + layers + " is out of range; a whole number from 1 to " +
                 std::to_string(kMaxSpaceLayers) + " is accepted");
  if (space.tensors < 1 || space.tensors > space.layers)
    return fault("groups: " + std::to_string(space.tensors) + " is out of range; a network of " + layers +
                 (space.layers == 1 ? " layer takes 1 group" : " layers takes 1 to " + layers + " groups"));
  if (space.stages >= 1 && space.layers % space.stages == 0) return {};
  std::string choices;
  for (const int divisor : divisors(space.layers))
    choices += (choices.empty() ? "" : ", ") + std::to_string(divisor);
  return fault("stages: " + std::to_string(space.stages) + " stages of equal length do not make " + layers +
               " layers; the divisors of " + layers + " do: " + choices);
}

Count assignments(const SearchSpace& space) {
  return pow(Count(space.tensors), static_cast<unsigned>(space.layers));
}

Count assignments_exactly(const SearchSpace& space) {
  return exact_assignments(space.layers, space.tensors).back();
}

// With W the exponential generating function of i^L_S - (i-1)^L_S, i = 1 .. L_S, the recursion unrolls to
//   Omega_S = P! [x^P] e^x W(x)^stages,
// where e^x stands for the tensors that no stage takes. One coefficient is wanted, so the last product, of
// e^x W^floor(stages/2) with W^ceil(stages/2), is never made.
Count staged_assignments(const SearchSpace& space) {
  const auto tensors = static_cast<std::size_t>(space.tensors);
  const auto stage = exact_assignments(space.stage_layers(), std::min(space.stage_layers(), space.tensors));
  const int some = space.stages / 2;
  const auto taken_by_some = power(stage, some, tensors);
  const auto taken_by_rest = space.stages % 2 == 0 ? taken_by_some : product(taken_by_some, stage, tensors);
  const auto left = product(taken_by_some, std::vector<Count>(tensors + 1, Count(1)), tensors);
  std::vector<Count> binomials;
  for (std::size_t n = 0; n <= tensors; ++n) next_binomials(binomials);
  Count sum = 0;
  for (std::size_t k = 0; k < std::min(taken_by_rest.size(), tensors + 1); ++k)
    sum += binomials[k] * taken_by_rest[k] * left[tensors - k];
  return sum;
}

Count topologies_exactly(const SearchSpace& space) {
  return stirling_row(space.layers, space.tensors).back();
}

Count topologies_within(const SearchSpace& space) {
  const auto row = stirling_row(space.layers, space.tensors);
  return std::accumulate(row.begin(), row.end(), Count(0));
}

double log10_of(const Count& count) {
  // The first 62 bits are more than a double holds; the rest is a power of two.
  const auto bits = static_cast<int>(boost::multiprecision::msb(count));
  const int shift = std::max(0, bits - 62);
  return std::log10(Count(count >> shift).convert_to<double>()) + shift * std::log10(2.0);
}

std::vector<int> divisors(int layers) {
  std::vector<int> found;
  for (int i = 1; i <= layers; ++i)
    if (layers % i == 0) found.push_back(i);
  return found;
}

}  // namespace spin
