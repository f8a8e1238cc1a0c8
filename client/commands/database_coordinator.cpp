#include "client/commands/database_coordinator.h"

#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "client/commands/invocation.h"
#include "schema/base/database_lock.h"
#include "schema/base/program_path.h"

namespace spin::cli {
namespace {

constexpr std::chrono::seconds kOpenLimit{60};
constexpr std::chrono::milliseconds kOpenLook{5};

/// What spind said last, out of the words of who started it.
std::string last_words(const std::string& message) {
  constexpr std::string_view kSaid = "  spind: ";
  const auto at = message.rfind(kSaid);
  return at == std::string::npos ? message : message.substr(at + kSaid.size());
}

}  // namespace

Result<DatabaseCoordinator> DatabaseCoordinator::find(const std::string& database) {
  const auto holder = who_holds_database(database);
  if (!holder) return start(database);
  for (const auto& address : holder->addresses)
    if (address.starts_with("unix:")) return DatabaseCoordinator(address);
  if (holder->addresses.empty())
    return Error{ErrorCode::failed_precondition,
                 fmt::format("--db {}: {} has it open and does not serve it now; try again soon", database,
                             to_text(*holder))};
  return Error{ErrorCode::failed_precondition,
               fmt::format("--db {}: {}; ask that one, with --connect {} and the three --tls files", database,
                           to_text(*holder), holder->addresses.front())};
}

Result<DatabaseCoordinator> DatabaseCoordinator::start(const std::string& database) {
  SPIN_ASSIGN(const std::string program, find_program("spind"));
  SPIN_ASSIGN(PrivateFolder folder, PrivateFolder::make(0, complain));
  DatabaseCoordinator coordinator("unix:" + folder.socket().string());
  ChildProcess::Command command{{program, "--read-only", "--db", std::filesystem::absolute(database).string(),
                                 "--listen", coordinator.address_, "--exit-with-parent"},
                                folder.path() / "spind.log"};
  coordinator.folder_ = std::make_unique<PrivateFolder>(std::move(folder));
  coordinator.spind_ = std::make_unique<Supervised>("spind", std::move(command), /*tells_ready=*/true);
  SPIN_TRY(coordinator.wait_until_it_serves());
  return coordinator;
}

Status DatabaseCoordinator::wait_until_it_serves() {
  const auto deadline = Supervised::Clock::now() + kOpenLimit;
  while (!spind_->is_ready()) {
    const auto now = Supervised::Clock::now();
    const auto look = spind_->look(now);
    if (look.given_up) return Error{look.given_up->code, last_words(look.given_up->message)};
    if (now >= deadline)
      return Error{ErrorCode::internal,
                   fmt::format("spind did not open the database within {} s", kOpenLimit.count())};
    if (!spind_->is_ready()) std::this_thread::sleep_for(kOpenLook);
  }
  return {};
}

DatabaseCoordinator::~DatabaseCoordinator() {
  if (spind_ != nullptr) spind_->end(std::chrono::milliseconds(0), [] { return true; });
}

}  // namespace spin::cli
