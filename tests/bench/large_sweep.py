#!/usr/bin/python3
"""A sweep of a million distinct jobs: until it is stored, until its first job has started, memory, restart, its results.
Build the load first: cmake --build build --target dispatch_load
tests/bench/large_sweep.py [runs] [folder on the disk to measure]"""
import contextlib, os, subprocess, sys, threading, time
from common import BIN, MILLION, machine, report
from coordinator import Coordinator

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
DISK = sys.argv[2] if len(sys.argv) > 2 else None


def measure(add):
    with contextlib.closing(Coordinator(DISK)) as coordinator:
        with open(coordinator.path("million.yaml"), "w") as file:
            file.write(MILLION)
        begin = time.monotonic()

        def first_job():
            coordinator.load("--workers", 1, "--slots", 1, "drain", "--jobs", 1)
            add("first job started and acknowledged, s", time.monotonic() - begin)

        worker = threading.Thread(target=first_job)
        worker.start()
        before = coordinator.cpu_seconds()
        submitted = subprocess.run([BIN / "spinctl", "--connect", coordinator.unix, "submit", coordinator.path("million.yaml")],
                                   check=True, capture_output=True, text=True)
        add("stored, s", time.monotonic() - begin)
        assert "1000000 jobs, 1000000 new" in submitted.stdout, submitted.stdout
        worker.join()
        add("CPU of spind, s", coordinator.cpu_seconds() - before)
        for what, value in zip(("resident, MB", "resident at most, MB"), coordinator.memory_mb()):
            add(what, value)
        add("database, MB", os.path.getsize(coordinator.path("spin.db")) / 1e6)
        coordinator.stop()
        begin = time.monotonic()
        coordinator.start()
        add("restart until it serves, s", time.monotonic() - begin)
        add("resident after it, at most, MB", coordinator.memory_mb()[1])
        begin = time.monotonic()
        subprocess.run([BIN / "spinctl", "--connect", coordinator.unix, "results", "million", "--format", "csv"],
                       check=True, stdout=subprocess.DEVNULL)
        add("results of a million cells, s", time.monotonic() - begin)
        add("resident after them, at most, MB", coordinator.memory_mb()[1])


print(machine())
samples = {}
for run in range(RUNS):
    measure(lambda what, value: samples.setdefault(what, []).append(value))
    print(f"run {run + 1} of {RUNS} done", file=sys.stderr)
report(samples)
