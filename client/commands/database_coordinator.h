#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/commands/private_folder.h"
#include "client/commands/supervised.h"
#include "schema/base/result.h"

namespace spin::cli {

/// Who answers what is asked about a database file: the spind that has it open; where none has, a private one
/// that reads the file alone and ends with the object.
class DatabaseCoordinator {
 public:
  /// Waits until it serves. Fails with the reason why the database cannot be read.
  static Result<DatabaseCoordinator> find(const std::string& database);
  ~DatabaseCoordinator();
  DatabaseCoordinator(DatabaseCoordinator&&) noexcept = default;
  DatabaseCoordinator& operator=(DatabaseCoordinator&&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }
  /// No spind has the database open.
  [[nodiscard]] bool is_private() const { return spind_ != nullptr; }

 private:
  explicit DatabaseCoordinator(std::string address) : address_(std::move(address)) {}
  static Result<DatabaseCoordinator> start(const std::string& database);
  Status wait_until_it_serves();

  std::string address_;
  std::unique_ptr<PrivateFolder> folder_;  ///< of a private one
  std::unique_ptr<Supervised> spind_;
};

}  // namespace spin::cli
