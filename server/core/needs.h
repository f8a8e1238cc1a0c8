#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace spin::core {

/// What a job needs of a worker by itself; its sweep may ask for more.
struct Needs {
  std::int64_t memory_bytes = 0;  ///< predicted peak, rounded up; 0 = not known
  std::string dataset;
  auto operator<=>(const Needs&) const = default;
};
/// Number of an entry of NeedsTable.
enum class NeedsId : std::uint32_t {};

/// The different needs that jobs have: few, so that the scheduler looks at classes of jobs rather than at
/// jobs.
class NeedsTable {
 public:
  NeedsId intern(std::int64_t predicted_bytes, const std::string& dataset);
  [[nodiscard]] const Needs& at(NeedsId id) const { return all_[static_cast<std::size_t>(id)]; }

  /// To the next of eight steps a doubling: predictions that differ by less are no reason to tell jobs apart.
  static std::int64_t round_up(std::int64_t bytes);

 private:
  std::vector<Needs> all_;
  NeedsId last_{};  ///< that was asked for: of jobs one behind the other it is mostly one
  std::map<Needs, NeedsId> ids_;
};

}  // namespace spin::core
