#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "server/core/changes.h"

namespace spin::core {

/// Finds a job's number by its identity: open addressing over 4-byte numbers, the identities stay with the
/// jobs. Job numbers lie below 2^32. `id_of(key)` gives the identity of a number that was inserted.
class JobIndex {
 public:
  template <class IdOf>
  [[nodiscard]] std::optional<JobKey> find(const JobId& id, const IdOf& id_of) const {
    if (slots_.empty()) return std::nullopt;
    for (std::size_t at = first_slot(id); slots_[at] != kEmpty; at = (at + 1) % slots_.size())
      if (id_of(JobKey{slots_[at]}) == id) return JobKey{slots_[at]};
    return std::nullopt;
  }

  /// Precondition: the identity is not in yet.
  template <class IdOf>
  void insert(const JobId& id, JobKey key, const IdOf& id_of) {
    if ((used_ + 1) * 3 > slots_.size() * 2) grow(id_of);
    place(id, static_cast<std::uint32_t>(key.value));
    ++used_;
  }
  [[nodiscard]] std::size_t size() const { return used_; }

 private:
  static constexpr std::uint32_t kEmpty = 0;

  // Spread over all bits by a multiplication, whichever bytes of the identities differ (Fibonacci hashing).
  [[nodiscard]] std::size_t first_slot(const JobId& id) const {
    const std::uint64_t spread = std::uint64_t{std::hash<JobId>{}(id)} * 0x9E3779B97F4A7C15U;
    return static_cast<std::size_t>(spread >> 32) % slots_.size();
  }

  void place(const JobId& id, std::uint32_t key) {
    std::size_t at = first_slot(id);
    while (slots_[at] != kEmpty) at = (at + 1) % slots_.size();
    slots_[at] = key;
  }

  template <class IdOf>
  void grow(const IdOf& id_of) {
    const auto old =
        std::exchange(slots_, std::vector<std::uint32_t>(slots_.empty() ? 64 : slots_.size() * 2));
    for (const std::uint32_t key : old)
      if (key != kEmpty) place(id_of(JobKey{key}), key);
  }

  std::vector<std::uint32_t> slots_;
  std::size_t used_ = 0;
};

}  // namespace spin::core
