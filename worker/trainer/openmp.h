#pragma once

namespace spin {

/// Starts the process again, with `argv`, where OpenMP found an environment that does not suit trainers which
/// share a machine; it reads the environment when it is loaded. Comes back where nothing is to change, or
/// where the process cannot start itself again. While there is one thread.
///
/// Threads that wait for the next piece of work spin for milliseconds (300,000 rounds), which makes trainers
/// that share cores up to ten times slower; too few rounds cost a third of the speed on cores of their own.
/// 10,000 was the best of both when measured on two cores. A parent that sets GOMP_SPINCOUNT or
/// OMP_WAIT_POLICY is obeyed.
///
/// What binds threads to cores (OMP_PROC_BIND, OMP_PLACES, GOMP_CPU_AFFINITY, KMP_AFFINITY, as the profiles
/// of clusters set them) is not: each trainer would bind its first thread to the same core, and with it the
/// threads that read images. A program with this function drops these variables before OpenMP is loaded, and
/// runs on all cores that it was given (taskset, control groups).
void fit_openmp(char** argv);

}  // namespace spin
