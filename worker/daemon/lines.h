#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace spin::daemon {

/// Cuts a stream of bytes into lines, holding at most `limit_bytes` of an unfinished one.
class Lines {
 public:
  enum class TooLong { refuse, cut };
  Lines(std::size_t limit_bytes, TooLong policy) : limit_bytes_(limit_bytes), policy_(policy) {}

  /// Calls `each` for every complete line, without its newline. False, and nothing more is taken, where a
  /// line is longer than the limit and the policy is to refuse; otherwise such a line is cut there and its
  /// rest is left out.
  bool feed(std::string_view bytes, const std::function<void(std::string_view)>& each);
  /// A last line without a newline, if there is one.
  void finish(const std::function<void(std::string_view)>& each);

 private:
  const std::size_t limit_bytes_;
  const TooLong policy_;
  std::string pending_;
};

}  // namespace spin::daemon
