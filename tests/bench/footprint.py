#!/usr/bin/python3
"""Memory of spind with 10,000 jobs, before and after a restart, and the time of a plan of 100,000.
tests/bench/footprint.py"""
import subprocess, tempfile, time
from common import BIN, Cluster, machine


def sweep(jobs):
    return f"""version: 1
name: footprint
dataset: fashion-mnist
network: {{family: convmixer, channels: 64, depth: 8, patch: 4, kernel: 3}}
training: {{epochs: 1}}
sharing: {{mapping: sequential}}
axes: {{sharing.rate: [1, 2, 4, 8], network.channels: [32, 48, 64, 96, 128]}}
seeds: [{', '.join(str(seed) for seed in range(jobs // 20))}]
"""


def resident_mb(process):
    return next(int(line.split()[1]) / 1024 for line in open(f"/proc/{process.pid}/status") if line.startswith("VmRSS"))


print(machine())
with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
    file.write(sweep(100_000))
    file.flush()
    for format in ("table", "json"):
        start = time.monotonic()
        subprocess.run([BIN / "spinctl", "plan", file.name, "--format", format], check=True, stdout=subprocess.DEVNULL)
        print(f"plan of 100,000 jobs, --format {format}: {time.monotonic() - start:.2f} s")
with Cluster(slots=0) as cluster:
    with open(cluster.path("sweep.yaml"), "w") as file:
        file.write(sweep(10_000))
    start = time.monotonic()
    print(cluster.spinctl("submit", cluster.path("sweep.yaml")).strip(), f"in {time.monotonic() - start:.2f} s")
    cluster.spinctl("jobs", "footprint")
    print(f"spind with 10,000 jobs: {resident_mb(cluster.spind):.0f} MB resident after submit and a listing of them all")
