#include "client/commands/supervised.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "client/commands/invocation.h"

namespace spin::cli {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A process that lived so long was well. A worker may take half of it, and more where a driver hangs, to
/// find out that its device cannot be opened.
constexpr seconds kWellAfter{120};
constexpr milliseconds kFirstBackoff{100};
constexpr int kMostDoublings = 5;
constexpr int kMostStrikes = 5;
constexpr milliseconds kPoll{5};
constexpr std::size_t kTailLines = 20;
constexpr std::uintmax_t kTailBytes = 8192;

std::uintmax_t size_of(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? 0 : size;
}

/// The last lines of a file, none from before `start`, indented.
std::string tail_of(const fs::path& path, std::uintmax_t start) {
  const auto size = size_of(path);
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(std::max(start, size > kTailBytes ? size - kTailBytes : 0)));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back("  " + line);
  if (lines.size() > kTailLines) lines.erase(lines.begin(), lines.end() - kTailLines);
  return fmt::format("{}", fmt::join(lines, "\n"));
}

/// Somebody else ended it: that says nothing about the daemon.
bool was_killed(const ProcessEnd& end) {
  return end.by_signal && (end.number == SIGKILL || end.number == SIGTERM);
}

/// What it was given cannot be used: a device that is not there, a database that another one holds.
bool is_bad_input(const ProcessEnd& end) { return !end.by_signal && end.number == kBadInput; }

}  // namespace

Supervised::Supervised(std::string name, ChildProcess::Command command, bool tells_ready)
    : name_(std::move(name)),
      command_(std::move(command)),
      tells_ready_(tells_ready),
      log_start_(size_of(command_.log)) {}

Supervised::Look Supervised::look(Clock::time_point now) {
  if (!process_) return now < next_start_ ? Look{} : start(now);
  read_ready();
  if (const auto end = process_->poll()) return after_end(*end, now);
  return {};
}

Supervised::Look Supervised::start(Clock::time_point now) {
  ChildProcess::Command command = command_;
  FileDescriptor write_end;
  if (tells_ready_) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
      return {"", Error{ErrorCode::internal, "no pipe: " + std::generic_category().message(errno)}};
    ready_ = FileDescriptor(ends[0]);
    write_end = FileDescriptor(ends[1]);
    command.passed_fd = write_end.get();
    command.words.insert(command.words.end(), {"--ready-fd", std::to_string(ChildProcess::kPassedFd)});
  }
  auto process = ChildProcess::start(command);
  if (!process.ok()) return {"", process.error()};
  process_.emplace(std::move(*process));
  is_ready_ = false;
  started_at_ = now;
  return {};
}

void Supervised::read_ready() {
  char byte = 0;
  if (!ready_.is_open() || ::read(ready_.get(), &byte, 1) != 1) return;
  is_ready_ = true;
  was_ready_ = true;
  ready_.reset();
}

Supervised::Look Supervised::after_end(const ProcessEnd& end, Clock::time_point now) {
  process_.reset();
  ready_.reset();
  is_ready_ = false;
  const bool was_well = now - started_at_ >= kWellAfter;
  early_ends_ = was_well ? 1 : early_ends_ + 1;
  if (!was_killed(end)) strikes_ = was_well ? 1 : strikes_ + 1;
  const bool never_served = tells_ready_ && !was_ready_ && !was_killed(end);
  // Another start would end so too, however long it takes to find out.
  const bool is_refused = is_bad_input(end);
  if (never_served || is_refused || strikes_ >= kMostStrikes) return {"", give_up(end)};
  next_start_ = now + kFirstBackoff * (1 << std::min(early_ends_ - 1, kMostDoublings));
  return {fmt::format("spinctl: {} ended with {}; starting it again", name_, to_text(end)), {}};
}

Error Supervised::give_up(const ProcessEnd& end) const {
  const auto tail = tail_of(command_.log, log_start_);
  const auto code = is_bad_input(end) ? ErrorCode::invalid_argument : ErrorCode::internal;
  return {code, fmt::format("{} does not stay up: it ended with {}{}", name_, to_text(end),
                            tail.empty() ? "" : "; the last lines of its log:\n" + tail)};
}

void Supervised::end(milliseconds grace, const std::function<bool()>& is_hurried) {
  if (!process_) return;
  process_->signal(SIGTERM);
  const auto deadline = Clock::now() + grace;
  while (!process_->poll()) {
    if (Clock::now() >= deadline || is_hurried()) {
      process_->kill_group();
      break;
    }
    std::this_thread::sleep_for(kPoll);
  }
  process_.reset();
}

}  // namespace spin::cli
