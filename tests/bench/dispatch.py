#!/usr/bin/python3
"""The coordinator's cost of dispatching jobs that do nothing, with every acknowledgement on disk: jobs and epochs a second, latencies,
CPU a job, answers under load. Build the load first: cmake --build build --target dispatch_load
tests/bench/dispatch.py [runs] [jobs] [folder on the disk to measure]"""
import contextlib, os, shutil, subprocess, sys, time
from common import machine, report
from coordinator import Coordinator, finish

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
JOBS = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
DISK = sys.argv[3] if len(sys.argv) > 3 else None


def fdatasync_ms(folder, calls=500):
    """p50 and p99 of a page written and synced, as a commit does it at least once."""
    times = []
    with open(os.path.join(folder, "probe"), "wb", buffering=0) as file:
        for i in range(calls):
            os.pwrite(file.fileno(), b"x" * 4096, 4096 * (i % 64))
            start = time.monotonic()
            os.fdatasync(file.fileno())
            times.append((time.monotonic() - start) * 1e3)
    times.sort()
    return times[calls // 2], times[calls * 99 // 100]


def syncs_during(coordinator, jobs):
    """Counts spind's calls of fdatasync with strace while jobs are drained; none where there is no strace."""
    if not shutil.which("strace"):
        return None
    trace = coordinator.path("trace")
    tracer = subprocess.Popen(["strace", "-f", "-q", "-e", "trace=fdatasync,fsync", "-o", trace, "-p", str(coordinator.spind.pid)],
                              stderr=subprocess.DEVNULL)
    while not os.path.exists(trace):
        time.sleep(0.05)
    time.sleep(0.5)
    coordinator.load("--slots", 16, "drain", "--jobs", jobs)
    tracer.terminate()
    tracer.wait()
    return sum("sync(" in line and "resumed" not in line for line in open(trace))


def measure(samples):
    def add(what, value):
        samples.setdefault(what, []).append(value)

    with contextlib.closing(Coordinator(DISK)) as coordinator:
        for what, value in zip(("fdatasync p50, ms", "fdatasync p99, ms"), fdatasync_ms(coordinator.folder)):
            add(what, value)
        times = coordinator.load("--workers", 1, "latency", "--rounds", 200)
        add("job ready to job started p50, ms", times["ready_to_start_ms"]["p50"])
        add("job ready to job started p99, ms", times["ready_to_start_ms"]["p99"])
        add("submit to first job started p50, ms", times["submit_to_start_ms"]["p50"])

        coordinator.submit("secure", JOBS)
        before = coordinator.cpu_seconds()
        secure = coordinator.load("--slots", 256, "drain", "--jobs", JOBS, secure=True)
        add("jobs/s, 4 workers, mutual TLS", JOBS / secure["seconds"])
        add("CPU of spind a job, mutual TLS, us", (coordinator.cpu_seconds() - before) / JOBS * 1e6)

        coordinator.submit("slots", JOBS // 2)
        slots = coordinator.load("--slots", 4, "drain", "--jobs", JOBS // 2)
        add("jobs/s, Unix socket, one job in flight for each of 16 slots", JOBS / 2 / slots["seconds"])

        coordinator.submit("asked", JOBS)
        asking = coordinator.load("ask", "--seconds", JOBS / 25_000, "--sweep", "asked", wait=False)
        asked = coordinator.load("--slots", 256, "drain", "--jobs", JOBS, secure=True)
        for what, time_ms in finish(asking).items():
            add(f"{what.removesuffix('_ms')} while dispatching p99, ms", time_ms["p99"])
        add("jobs/s while they are asked for, mutual TLS", JOBS / asked["seconds"])

        coordinator.submit("epochs", 256)
        epochs = coordinator.load("--slots", 64, "epochs", "--jobs", 256, "--epochs", JOBS // 256)
        add("epoch reports/s", epochs["epochs"] / epochs["seconds"])

    with contextlib.closing(Coordinator(DISK)) as coordinator:
        coordinator.submit("traced", JOBS // 10)
        syncs = syncs_during(coordinator, JOBS // 10)
        if syncs is not None:
            add(f"calls of fdatasync for {JOBS // 10:,} jobs, 4 workers with 16 slots", syncs)


print(machine())
collected = {}
for run in range(RUNS):
    measure(collected)
    print(f"run {run + 1} of {RUNS} done", file=sys.stderr)
report(collected)
