#include "proto/net/renewal.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace spin::net {
namespace {

constexpr std::chrono::seconds kLookInterval{2};
constexpr std::size_t kLargestRenewedBytes = 1 << 20;

Error system_error(const char* what) {
  return {ErrorCode::internal, std::string(what) + ": " + std::strerror(errno)};
}

}  // namespace

// Who opens the path meanwhile gets the old file or the new one, each of them whole.
Status RenewedFiles::MemoryFile::replace(const std::string& bytes) {
  FileDescriptor next(memfd_create("spin-tls", MFD_CLOEXEC));
  if (!next.is_open()) return system_error("memfd_create");
  SPIN_TRY(write_all(next.get(), bytes, "TLS files in memory"));
  if (!file_.is_open()) {
    file_ = std::move(next);
  } else if (::dup3(next.get(), file_.get(), O_CLOEXEC) < 0) {
    return system_error("dup3");
  }
  return {};
}

Result<std::unique_ptr<RenewedFiles>> RenewedFiles::start(const TlsFiles& files, Side side, Tell tell) {
  std::unique_ptr<RenewedFiles> renewed(new RenewedFiles(files, side, std::move(tell)));
  SPIN_ASSIGN(Bytes bytes, renewed->read());
  SPIN_TRY(renewed->use(std::move(bytes)));
  renewed->thread_ = std::jthread([self = renewed.get()](const std::stop_token& stop) { self->watch(stop); });
  return renewed;
}

RenewedFiles::RenewedFiles(TlsFiles files, Side side, Tell tell)
    : files_(std::move(files)), side_(side), tell_(std::move(tell)) {}

TlsFiles RenewedFiles::copies() const { return {identity_.path(), identity_.path(), authority_.path()}; }

Result<RenewedFiles::Bytes> RenewedFiles::read() const {
  Bytes bytes;
  SPIN_ASSIGN(bytes.certificate, read_file(files_.certificate, kLargestRenewedBytes));
  SPIN_ASSIGN(bytes.key, read_file(files_.key, kLargestRenewedBytes));
  SPIN_ASSIGN(bytes.authority, read_file(files_.authority, kLargestRenewedBytes));
  return bytes;
}

Status RenewedFiles::use(Bytes bytes) {
  SPIN_TRY(authority_.replace(bytes.authority));
  SPIN_TRY(identity_.replace(bytes.key + "\n" + bytes.certificate));
  used_ = std::move(bytes);
  return {};
}

void RenewedFiles::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!never_.wait_for(lock, stop, kLookInterval, [&stop] { return stop.stop_requested(); })) look();
}

void RenewedFiles::look() {
  auto found = read();
  if (found.ok() && *found == used_) return problem_.clear();
  const Status good = check_tls_files(files_, side_);
  const auto again = read();
  // Files that change in between are looked at the next time.
  if (found.ok() != again.ok() || (found.ok() && *found != *again)) return;
  if (!good.ok()) return doubt(good.error());
  if (!found.ok()) return doubt(found.error());
  if (const Status used = use(std::move(*found)); !used.ok()) return doubt(used.error());
  problem_.clear();
  tell_({});
}

/// Renewing takes a moment, so only what lasts is told.
void RenewedFiles::doubt(const Error& problem) {
  if (problem_ != problem.message) {
    problem_ = problem.message;
    told_ = false;
  } else if (!std::exchange(told_, true)) {
    tell_(problem);
  }
}

}  // namespace spin::net
