#pragma once

#include <string>
#include <utility>
#include <variant>

namespace spin {

/// What kind of failure an `Error` is; the process edges map it to exit codes and gRPC status codes.
enum class ErrorCode {
  invalid_argument,     ///< the caller's input is wrong; the same call can never succeed
  not_found,            ///< no such sweep, job, worker, file
  already_exists,       ///< the name or path is taken
  failed_precondition,  ///< right call, wrong state (final job, other version)
  unsupported,          ///< valid, but this version does not serve it
  resource_exhausted,   ///< disk, memory or a limit
  unavailable,          ///< the peer is not there; try again
  refused,              ///< the caller may not do that: authentication or role
  data_loss,            ///< stored or received bytes are not what they should be
  internal,             ///< a defect of ours
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;  ///< one sentence for a person: what was wrong, where, what would be accepted
};

/// Success or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  /// Precondition: !ok().
  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<std::monostate, Error> state_;
};

/// A T or an Error.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  /// Precondition: ok().
  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  /// Precondition: !ok().
  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace spin

#define SPIN_CONCAT_INNER(a, b) a##b
#define SPIN_CONCAT(a, b) SPIN_CONCAT_INNER(a, b)

/// Returns the error of a Status expression to the caller, if there is one.
#define SPIN_TRY(expr)                                  \
  do {                                                  \
    if (auto spin_status = (expr); !spin_status.ok()) { \
      return spin_status.error();                       \
    }                                                   \
  } while (false)

/// `SPIN_ASSIGN(auto x, f())`: x gets the value of a Result expression; its error goes to the caller.
#define SPIN_ASSIGN(lhs, expr) SPIN_ASSIGN_IMPL(SPIN_CONCAT(spin_result_, __LINE__), lhs, expr)
#define SPIN_ASSIGN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                     \
  if (!tmp.ok()) return tmp.error();     \
  lhs = std::move(tmp).value()
