#include "schema/sql/statistics.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <limits>

namespace spin {
namespace {

/// Of 1, 2, ... degrees of freedom, from the finite series of the distribution (Abramowitz and Stegun, 26.7.3
/// and 26.7.4).
constexpr std::array<double, 30> kExact{
    12.706204736175, 4.302652729749, 3.182446305284, 2.776445105198, 2.570581835636, 2.446911851145,
    2.364624251593,  2.306004135204, 2.262157162798, 2.228138851986, 2.200985160092, 2.178812829667,
    2.160368656463,  2.144786687918, 2.131449545560, 2.119905299221, 2.109815577833, 2.100922040241,
    2.093024054408,  2.085963447266, 2.079613844728, 2.073873067904, 2.068657610419, 2.063898561628,
    2.059538552753,  2.055529438643, 2.051830516480, 2.048407141795, 2.045229642133, 2.042272456301};

// The expansion of Cornish and Fisher (Abramowitz and Stegun, 26.7.5): coefficients of 1/n, 1/n^2, ... from
// the normal distribution's z.
constexpr double z = 1.959963984540054;
constexpr double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z, z9 = z7 * z * z;
constexpr std::array<double, 5> kExpansion{z, (z3 + z) / 4, (5 * z5 + 16 * z3 + 3 * z) / 96,
                                           (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384,
                                           (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / 92160};

/// All its digits, as SQL reads a real number.
std::string sql_of(double number) {
  std::array<char, 32> text{};
  return {text.data(),
          std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed, 12).ptr};
}

}  // namespace

double student_t(int degrees_of_freedom) {
  if (degrees_of_freedom < 1) return std::numeric_limits<double>::quiet_NaN();
  const auto n = static_cast<std::size_t>(degrees_of_freedom);
  if (n <= kExact.size()) return kExact[n - 1];
  double t = 0;
  for (auto term = kExpansion.rbegin(); term != kExpansion.rend(); ++term) t = t / degrees_of_freedom + *term;
  return t;
}

std::string sql_of_student_t(std::string_view degrees_of_freedom) {
  const std::string n = "(" + std::string(degrees_of_freedom) + ")";
  std::string sql = "CASE " + n;
  for (std::size_t i = 0; i < kExact.size(); ++i)
    sql += " WHEN " + std::to_string(i + 1) + " THEN " + sql_of(kExact[i]);
  std::string expansion = sql_of(kExpansion.back());
  for (auto i = kExpansion.size() - 1; i-- > 0;)
    expansion = "(" + sql_of(kExpansion[i]) + " + " + expansion + " / " + n + ")";
  return sql + " ELSE " + expansion + " END";
}

std::string sql_of_deviation(std::string_view expression) {
  const std::string x = "(" + std::string(expression) + ")";
  return "CASE WHEN count" + x + " < 2 THEN NULL WHEN min" + x + " = max" + x +
         " THEN 0.0 ELSE sqrt((total(" + x + " * " + x + ") - total" + x + " * total" + x + " / count" + x +
         ") / (count" + x + " - 1)) END";
}

std::string sql_of_front(std::string_view what) {
  std::string no_more, less;
  for (const std::string column : {"params", "flops"}) {
    if (what != column && what != "both") continue;
    no_more += " AND o." + column + " <= c." + column;
    less += " OR o." + column + " < c." + column;
  }
  return "NOT EXISTS (SELECT 1 FROM c o WHERE +o.sweep_id = c.sweep_id AND o.top1_mean >= c.top1_mean" +
         no_more + " AND (o.top1_mean > c.top1_mean" + less + "))";
}

}  // namespace spin
