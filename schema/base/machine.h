#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>

namespace spin {

/// Bytes that this process may come to use before the kernel kills something: the machine's memory, or what
/// the control groups of the process allow where that is less.
std::int64_t machine_memory();

/// Threads that this process can keep busy: the CPUs that it may run on, or the CPU time, rounded up, that
/// the quotas of its control groups give where that is less. At least 1.
int usable_cores();
/// The CPU time a second that the tightest quota of the control groups leaves, of those that `groups` names
/// as /proc/self/cgroup does and those around them, below `root`, which is /sys/fs/cgroup; 0 = no quota.
double cpu_quota(const std::filesystem::path& root, std::istream& groups);

}  // namespace spin
