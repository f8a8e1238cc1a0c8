#!/usr/bin/python3
"""Planning: a million distinct cells as JSON lines (time, peak memory), and the table of every paper sweep.
tests/bench/plan.py"""
import os, subprocess, tempfile, time
from common import BIN, MILLION, ROOT, machine, median


def timed(*command):
    """Seconds, peak resident MiB and standard error of a command whose output goes to /dev/null."""
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed: {errors}")
    return time.monotonic() - start, usage.ru_maxrss / 1024, errors.strip()


print(machine())
with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
    file.write(MILLION)
    file.flush()
    for _ in range(3):
        seconds, mib, said = timed(BIN / "spinctl", "plan", file.name, "--format", "jsonl")
        print(f"plan, --format jsonl, {said}: {seconds:.1f} s, {mib:.0f} MiB at the peak (goals: 10 s, 1 GiB)")
for sweep in sorted((ROOT / "deploy/sweeps/paper").glob("*.yaml")):
    runs = [timed(BIN / "spinctl", "plan", sweep)[0] for _ in range(5)]
    print(f"plan of {sweep.stem}: {median(runs) * 1000:.0f} ms (goal: 100 ms)")
