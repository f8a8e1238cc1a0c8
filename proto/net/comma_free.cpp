#include "proto/net/comma_free.h"

#include <map>
#include <mutex>

#include <fcntl.h>
#include <unistd.h>

#include "schema/base/file.h"

namespace spin::net {
namespace {

/// Opens nothing: it is a name for what is there. A socket can be connected to by such a name.
FileDescriptor name_of(const std::string& path) {
  return FileDescriptor(::open(path.c_str(), O_PATH | O_CLOEXEC));
}

}  // namespace

std::string comma_free(const std::string& path) {
  if (path.find(',') == std::string::npos) return path;
  static std::mutex mutex;
  static std::map<std::string, FileDescriptor> names;  // behind the mutex; by path
  const std::lock_guard lock(mutex);
  auto& name = names[path];
  if (!name.is_open()) name = name_of("/");  // where nobody can be reached, until the socket is there
  if (const auto now = name_of(path); now.is_open()) ::dup3(now.get(), name.get(), O_CLOEXEC);
  return "/proc/self/fd/" + std::to_string(name.get());
}

}  // namespace spin::net
