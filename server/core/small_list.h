#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace spin::core {

/// A list of number ids above 0 that is nearly always empty or of one element: 8 bytes, no allocation up to
/// one element.
template <class Id>
class SmallList {
 public:
  SmallList() = default;
  SmallList(SmallList&& other) noexcept : one_(std::exchange(other.one_, Id{})) {}
  SmallList& operator=(SmallList&& other) noexcept {
    std::swap(one_, other.one_);
    return *this;
  }
  SmallList(const SmallList&) = delete;
  SmallList& operator=(const SmallList&) = delete;
  ~SmallList() { delete many(); }

  [[nodiscard]] std::span<const Id> items() const {
    if (const auto* all = many()) return *all;
    return one_ == Id{} ? std::span<const Id>{} : std::span<const Id>{&one_, 1};
  }
  [[nodiscard]] bool contains(const Id& item) const {
    const auto all = items();
    return std::find(all.begin(), all.end(), item) != all.end();
  }
  void add(Id item) {
    if (auto* all = many()) {
      all->push_back(item);
    } else if (one_ == Id{}) {
      one_ = item;
    } else {
      auto grown = std::make_unique<std::vector<Id>>(std::vector<Id>{one_, item});
      one_.value = -static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(grown.release()));
    }
  }
  /// Precondition: contains(item).
  void remove(Id item) {
    if (auto* all = many())
      std::erase(*all, item);
    else
      one_ = Id{};
  }

 private:
  /// A negative number is the address of the elements: those of user space are positive.
  [[nodiscard]] std::vector<Id>* many() const {
    return one_.value < 0 ? reinterpret_cast<std::vector<Id>*>(static_cast<std::intptr_t>(-one_.value))
                          : nullptr;
  }

  Id one_{};
};

}  // namespace spin::core
