#!/usr/bin/python3
"""Pause, resume and cancel of a sweep of up to a million jobs: until the answer, until every job shows it, the slowest
`spinctl status` meanwhile, memory, and a restart with all of it paused.
tests/bench/large_steering.py [hundreds of thousands of jobs, 1 to 10] [folder on the disk to measure]"""
import contextlib, json, subprocess, sys, threading, time
from common import BIN, MILLION, machine
from coordinator import Coordinator

SHARE = int(sys.argv[1]) if len(sys.argv) > 1 else 10
JOBS = SHARE * 100_000
DISK = sys.argv[2] if len(sys.argv) > 2 else None
DECAYS = ", ".join("0" if i == 0 else f"0.00{i}" for i in range(SHARE))


def ask(coordinator, *arguments):
    return subprocess.run([BIN / "spinctl", "--connect", coordinator.unix, *arguments], capture_output=True, text=True)


def status(coordinator):
    return json.loads(ask(coordinator, "status", "million", "--format", "json").stdout)[0]


def steer(coordinator, verb, state):
    slowest, done = [0.0], threading.Event()

    def look():
        while not done.is_set():
            begin = time.monotonic()
            ask(coordinator, "status")
            slowest[0] = max(slowest[0], time.monotonic() - begin)

    watcher = threading.Thread(target=look)
    watcher.start()
    begin = time.monotonic()
    answer = ask(coordinator, verb, "million")
    answered = time.monotonic() - begin
    while status(coordinator)[state] < JOBS and time.monotonic() - begin < 300:
        time.sleep(0.2)
    settled = time.monotonic() - begin
    done.set()
    watcher.join()
    resident, at_most = coordinator.memory_mb()
    print(f"{verb}: answered {answered:.2f} s ({answer.stdout.strip() or answer.stderr.strip()}), every job {settled:.1f} s, "
          f"slowest status {slowest[0]:.2f} s, resident {resident:.0f} MB, at most {at_most:.0f} MB", flush=True)


def restart(coordinator, what):
    coordinator.stop()
    begin = time.monotonic()
    coordinator.start()
    took = time.monotonic() - begin
    resident, at_most = coordinator.memory_mb()
    print(f"restart, {what}: {took:.1f} s, resident {resident:.0f} MB, at most {at_most:.0f} MB", flush=True)


print(machine(), f"{JOBS} jobs")
with contextlib.closing(Coordinator(DISK)) as coordinator:
    with open(coordinator.path("million.yaml"), "w") as file:
        file.write(MILLION)
    subprocess.run([BIN / "spinctl", "--connect", coordinator.unix, "submit", coordinator.path("million.yaml"),
                    "--set", f"axes.training.weight_decay=[{DECAYS}]"], check=True, capture_output=True)
    restart(coordinator, "nothing paused")
    steer(coordinator, "pause", "paused")
    restart(coordinator, "all paused")
    steer(coordinator, "resume", "ready")
    steer(coordinator, "cancel", "cancelled")
    restart(coordinator, "all cancelled")
