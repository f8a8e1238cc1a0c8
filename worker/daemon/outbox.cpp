#include "worker/daemon/outbox.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/daemon/outbox_file.h"

namespace spin::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;
constexpr std::chrono::seconds kRetry{1};

fs::path aside_path(const fs::path& path) {
  for (int number = 1;; ++number) {
    fs::path aside = path;
    aside += ".damaged-" + std::to_string(number);
    std::error_code ignored;
    if (!fs::exists(aside, ignored)) return aside;
  }
}

Error last_error(const fs::path& path) {
  return {ErrorCode::internal, path.string() + ": " + std::strerror(errno)};
}

/// Whether the name still leads to the open file.
bool is_named(const FileDescriptor& file, const fs::path& path) {
  struct ::stat open {};
  struct ::stat named {};
  return ::fstat(file.get(), &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

Result<FileDescriptor> open_for_append(const fs::path& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file.is_open()) return last_error(path);
  return file;
}

}  // namespace

Result<Outbox::Opened> Outbox::open(const fs::path& path, Callbacks callbacks) {
  std::string bytes;
  if (auto read = read_file(path, kMaxFileBytes); read.ok()) {
    bytes = std::move(read).value();
  } else if (read.error().code != ErrorCode::not_found) {
    return read.error();
  }
  OutboxContent content = read_outbox(bytes);
  if (!content.problems.empty()) {
    if (!content.only_torn) {
      const fs::path aside = aside_path(path);
      SPIN_TRY(write_file_durably(aside, bytes));
      content.problems.push_back("the file as it was is kept as " + aside.string());
    }
    SPIN_TRY(write_file_durably(path, content.good));
  }
  SPIN_ASSIGN(FileDescriptor file, open_for_append(path));
  SPIN_TRY(sync_folder(path.parent_path()));
  struct ::stat known {};
  if (::fstat(file.get(), &known) != 0) return last_error(path);
  Opened opened;
  opened.outbox.reset(new Outbox(path, std::move(file), std::move(callbacks),
                                 static_cast<std::size_t>(known.st_size), content.reports));
  opened.reports = std::move(content.reports);
  opened.problems = std::move(content.problems);
  return opened;
}

Outbox::Outbox(fs::path path, FileDescriptor file, Callbacks callbacks, std::size_t file_bytes,
               const std::vector<SequencedReport>& recovered)
    : path_(std::move(path)),
      callbacks_(std::move(callbacks)),
      file_(std::move(file)),
      file_bytes_(file_bytes) {
  for (const auto& report : recovered) {
    std::string record = outbox_record(report);
    live_bytes_ += record.size();
    live_[report.sequence] = std::move(record);
  }
  writer_ = std::thread([this] { run(); });
}

Outbox::~Outbox() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  writer_.join();
}

void Outbox::append(const SequencedReport& report) {
  std::string record = outbox_record(report);
  {
    const std::lock_guard lock(mutex_);
    live_bytes_ += record.size();
    live_[report.sequence] = std::move(record);
    queued_.push_back(report.sequence);
  }
  wake_.notify_one();
}

void Outbox::forget(std::uint64_t sequence) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(sequence);
    if (found == live_.end()) return;
    live_bytes_ -= found->second.size();
    live_.erase(found);
    forgotten_ = true;
  }
  wake_.notify_one();
}

void Outbox::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return closing_ || forgotten_ || !queued_.empty(); });
    if (!queued_.empty()) {
      const auto batch = std::exchange(queued_, {});
      std::string bytes;
      for (const auto sequence : batch) {
        // A result may be withdrawn while it is queued.
        if (const auto found = live_.find(sequence); found != live_.end()) bytes += found->second;
      }
      lock.unlock();
      const bool written = write_batch(bytes, batch.back());
      lock.lock();
      if (!written) {
        queued_.insert(queued_.begin(), batch.begin(), batch.end());
        if (closing_) return;
        wake_.wait_for(lock, kRetry, [this] { return closing_; });
        continue;
      }
    }
    if (std::exchange(forgotten_, false)) shrink(lock);
    if (closing_ && queued_.empty()) return;
  }
}

bool Outbox::write_batch(const std::string& bytes, std::uint64_t last) {
  if (const Status written = write_all(file_.get(), bytes, path_); !written.ok()) {
    if (::ftruncate(file_.get(), static_cast<off_t>(file_bytes_)) != 0) callbacks_.fatal(written.error());
    callbacks_.stuck(written.error().message);
    return false;
  }
  if (::fdatasync(file_.get()) != 0) {
    callbacks_.fatal({ErrorCode::internal, path_.string() + ": fdatasync: " + std::strerror(errno)});
    return false;
  }
  file_bytes_ += bytes.size();
  callbacks_.durable(last);
  return true;
}

// Acknowledged records that a crash brings back are only reported again, so emptying the file needs no sync.
void Outbox::shrink(std::unique_lock<std::mutex>& lock) {
  if (live_.empty()) {
    if (file_bytes_ > 0 && ::ftruncate(file_.get(), 0) == 0) file_bytes_ = 0;
    return;
  }
  if (file_bytes_ < kRewriteBytes || live_bytes_ * 2 > file_bytes_ || !queued_.empty()) return;
  std::string bytes;
  for (const auto& [sequence, record] : live_) bytes += record;
  lock.unlock();
  rewrite(bytes);
  lock.lock();
}

void Outbox::rewrite(const std::string& bytes) {
  if (const Status written = write_file_durably(path_, bytes); !written.ok()) {
    // The old file serves on while it has its name. Without, nobody knows which of the two a power loss
    // leaves.
    if (!is_named(file_, path_)) callbacks_.fatal(written.error());
    return;
  }
  auto file = open_for_append(path_);
  if (!file.ok()) return callbacks_.fatal(file.error());
  file_ = std::move(file).value();
  file_bytes_ = bytes.size();
}

}  // namespace spin::daemon
