#pragma once

#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

#include "schema/base/result.h"

namespace spin {

/// Sizes of search spaces outgrow every built-in type.
using Count = boost::multiprecision::cpp_int;

/// A network of `layers` layers, of which each `layers / stages` in a row form a stage whose weights fit no
/// other stage, and a budget of `tensors` weight tensors to share among them.
struct SearchSpace {
  int layers = 0;   ///< L, or L_N of a staged network; 1 to kMaxSpaceLayers
  int tensors = 0;  ///< P, 1 to `layers`
  int stages = 1;   ///< a divisor of `layers`; 1 = isotropic

  [[nodiscard]] int stage_layers() const { return layers / stages; }  ///< L_S
};

inline constexpr int kMaxSpaceLayers = 1'024;

/// invalid_argument, with the number at fault and what would do. The counts below need a space that passes.
Status check_space(const SearchSpace& space);

/// Omega(L, P) = P^L: every layer takes one of P tensors (SPIN, Appendix A.1).
Count assignments(const SearchSpace& space);
/// Omega(L, P) - Omega(L, P - 1), which the paper takes for the topologies of exactly P tensors (Appendix
/// A.1). It counts the assignments that use the last tensor.
Count assignments_exactly(const SearchSpace& space);
/// Omega_S(L_N, L_S, P) (Appendix A.2, Equation 2): every stage takes tensors of its own out of those that
/// are left,
///   Omega_S(L_N, L_S, P) = sum over i = 1 .. min(L_S, P) of
///     binomial(P, i) * (i^L_S - (i-1)^L_S) * Omega_S(L_N - L_S, L_S, P - i).
/// The printed base case makes it 0 for every input; here no layers count 1, and layers without tensors 0.
Count staged_assignments(const SearchSpace& space);
/// Stirling number of the second kind: topologies of exactly P groups, where the names of the groups do not
/// matter.
Count topologies_exactly(const SearchSpace& space);
/// The same of 1 to P groups: the number of layer-to-group vectors within the budget. Bell's number where P =
/// L.
Count topologies_within(const SearchSpace& space);

/// Decimal logarithm of a count above 0, to the precision of a double.
double log10_of(const Count& count);

/// Every number that divides `layers`, ascending.
std::vector<int> divisors(int layers);

}  // namespace spin
