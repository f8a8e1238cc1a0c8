#!/usr/bin/python3
"""Short calls beside a crowd: 100 people who each pause and resume a sweep of theirs, all at once, and status, workers and drain in
turn, while 200 watch a sweep that runs and 100 artifacts move up and down; beside the same calls by one person where nobody else calls.
Build the load first: cmake --build build --target dispatch_load
tests/bench/short_calls.py [runs] [seconds] [watchers] [transfers] [folder on the disk to measure]"""
import contextlib, os, subprocess, sys, time
from common import BIN, machine, report
from coordinator import Coordinator

RUNS, SECONDS, WATCHERS, TRANSFERS = (int(sys.argv[i]) if len(sys.argv) > i else default
                                      for i, default in ((1, 3), (2, 20), (3, 200), (4, 100)))
DISK = sys.argv[5] if len(sys.argv) > 5 else None
WORKERS, SLOTS = 4, 2
SWEEPS, JOBS, WATCHED_JOBS = 100, 10, 2000

# A job takes a second in which it does nothing: the workers are real, and cost no CPU.
TRAINER = """#!/bin/sh
echo '{"event":"ready","version":"VERSION","libtorch":"1.13","blas":"none","device":"cpu","threads":1}'
while read -r line; do
  case "$line" in
    *'"run"'*)
      echo '{"event":"started","params":1,"flops":1,"first_epoch":1}'
      sleep 1
      echo '{"event":"finished","outcome":"diverged","top1":null,"top5":null,"params":1,"flops":1,"images_per_second":1,"peak_bytes":1,"seconds":1}' ;;
  esac
done
"""


def start_workers(coordinator):
    version = subprocess.run([BIN / "spin-worker", "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    trainer = coordinator.path("trainer")
    with open(trainer, "w") as file:
        file.write(TRAINER.replace("VERSION", version))
    os.chmod(trainer, 0o755)
    log = open(coordinator.path("workers.log"), "w")
    return [subprocess.Popen([BIN / "spin-worker", "--connect", coordinator.unix, "--state", coordinator.path(f"w{i}"), "--name", f"w{i}",
                              "--slots", str(SLOTS), "--trainer", trainer], stdout=log, stderr=log) for i in range(WORKERS)]


def measure(add):
    with contextlib.closing(Coordinator(DISK)) as coordinator:
        coordinator.submit("watched", WATCHED_JOBS)
        sweeps = [f"mine{i}" for i in range(SWEEPS)]
        for name in sweeps:
            coordinator.submit(name, JOBS, "requires: {labels: [nobody]}\n")
        workers = start_workers(coordinator)
        time.sleep(2)  # they take what they can
        for what, crowd in (("idle", ("--sweeps", sweeps[0])),
                            ("crowd", ("--sweeps", *sweeps, "--watchers", WATCHERS, "--transfers", TRANSFERS))):
            before = coordinator.cpu_seconds()
            found = coordinator.load("short", "--seconds", SECONDS, "--watched", "watched", *crowd)
            for call in ("pause_resume", "status", "workers", "drain"):
                for share in ("p50", "p99"):
                    add(f"{call.replace('_', '/')}, {what}, {share}, ms", found[call + "_ms"][share])
            add(f"CPU of spind, {what}, cores", (coordinator.cpu_seconds() - before) / SECONDS)
            if what == "crowd":
                add("statuses to watchers, 1/s", found["statuses"] / SECONDS)
                add("chunks of 256 KiB, 1/s", found["chunks"] / SECONDS)
                add("resident, MB", coordinator.memory_mb()[0])
        for worker in workers:
            worker.kill()
            worker.wait()


print(machine())
samples = {}
for run in range(RUNS):
    measure(lambda what, value: samples.setdefault(what, []).append(value))
    print(f"run {run + 1} of {RUNS} done", file=sys.stderr)
report(samples)
