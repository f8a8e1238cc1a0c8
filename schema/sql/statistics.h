#pragma once

#include <string>
#include <string_view>

// Statistics as SQL, which SQLite has not.

namespace spin {

/// Student's t of so many degrees of freedom for a two-sided interval at 95 %: half its width is t times the
/// deviation of the mean. Right to 1e-6. Of less than 1: NaN.
double student_t(int degrees_of_freedom);

/// The same for an expression; NULL for 0.
std::string sql_of_student_t(std::string_view degrees_of_freedom);
/// The deviation of a sample (n - 1) over the rows of an aggregate: NULL below two values, 0 where all are
/// one.
std::string sql_of_deviation(std::string_view expression);

/// Whether no other row of `c` beats this one, which has sweep_id, top1_mean, params and flops: at least as
/// accurate, with no more of what counts ("params", "flops" or "both"), and better in one of the two. Quick
/// where the most accurate rows of `c` stand first.
std::string sql_of_front(std::string_view what);

}  // namespace spin
