#pragma once

#include <optional>
#include <set>
#include <utility>

#include "server/core/events.h"

namespace spin::core {

/// When something happens to a job by itself: the end of a running job's lease, the end of a back-off. A job
/// has at most one timer.
class Timers {
 public:
  struct Due {
    Now at;
    JobKey job;
    auto operator<=>(const Due&) const = default;
  };

  void set(Due due) { order_.insert(due); }
  void clear(Due due) { order_.erase(due); }
  void move(Due due, Now to) {
    auto node = order_.extract(due);
    if (node.empty()) return;
    node.value().at = to;
    order_.insert(std::move(node));
  }
  [[nodiscard]] std::optional<Due> first() const {
    return order_.empty() ? std::nullopt : std::optional<Due>(*order_.begin());
  }
  [[nodiscard]] bool contains(Due due) const { return order_.contains(due); }
  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  std::set<Due> order_;
};

}  // namespace spin::core
