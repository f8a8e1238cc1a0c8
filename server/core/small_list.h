#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace spin::core {

/// A list that is nearly always empty or of one element: 16 bytes for a number id, no allocation up to one
/// element. T{} marks an empty place and cannot be an element.
template <class T>
class SmallList {
 public:
  [[nodiscard]] std::span<const T> items() const {
    if (many_) return *many_;
    return one_ == T{} ? std::span<const T>{} : std::span<const T>{&one_, 1};
  }
  [[nodiscard]] bool contains(const T& item) const {
    const auto all = items();
    return std::find(all.begin(), all.end(), item) != all.end();
  }
  void add(T item) {
    if (many_) {
      many_->push_back(std::move(item));
    } else if (one_ == T{}) {
      one_ = std::move(item);
    } else {
      many_ = std::make_unique<std::vector<T>>(std::vector<T>{one_, std::move(item)});
    }
  }

 private:
  T one_{};
  std::unique_ptr<std::vector<T>> many_;
};

}  // namespace spin::core
