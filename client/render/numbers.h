#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schema/job/metrics.h"

namespace spin::render {

/// "999", "52.1 k", "11.03 M", "5.03 G": parameters, FLOPs, rates.
std::string quantity(double value);
/// "512 B", "1.5 KiB", "20.0 GiB".
std::string byte_size(std::int64_t bytes);
/// "1 job", "3 jobs".
std::string counted(std::int64_t count, std::string_view noun);
/// "89.12" with the given decimals; "nan" where it is not finite.
std::string fixed(double value, int decimals);
/// "42.1 %" of a share between 0 and 1.
std::string share(double value);
/// "+1.23", "-0.40", "0.00".
std::string difference(double points);
/// "89.12 ± 0.21", without the deviation where there is none.
std::string mean_and_deviation(double mean, std::optional<double> deviation);
/// "0.4s", "12s", "1m 12s", "2h 03m", "3d 04h".
std::string duration(double seconds);
/// As people read a number of this unit.
std::string shown(Unit unit, double value);
/// "12s ago"; "now" below a second or in the future.
std::string age(std::int64_t at_ms, std::int64_t now_ms);

}  // namespace spin::render
