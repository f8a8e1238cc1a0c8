#!/usr/bin/python3
"""What a warm worker adds to a job on one machine: from the lease to the accepted result, less the trainer's own time from
its first step to its last evaluation.   tests/bench/job_overhead.py [jobs]"""
import sys
from common import Cluster, machine, median

jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
SWEEP = f"""version: 1
name: overhead
dataset: {{name: fashion-mnist, train_limit: 2048, eval_limit: 1000}}
network: {{family: convmixer, channels: 64, depth: 8, patch: 4, kernel: 3}}
training: {{epochs: 1, batch_size: 128}}
seeds: [{', '.join(str(seed) for seed in range(jobs))}]
"""
with Cluster(slots=1, threads=2) as cluster:
    with open(cluster.path("sweep.yaml"), "w") as file:
        file.write(SWEEP)
    cluster.spinctl("submit", cluster.path("sweep.yaml"), "--wait")
    overheads = []
    for row in cluster.spinctl_json("jobs", "overhead"):
        detail = cluster.spinctl_json("job", row["job"])
        attempt = next(a for a in detail["attempts"] if a["state"] == "finished")
        overheads.append((attempt["started_at_ms"], attempt["ended_at_ms"] - attempt["started_at_ms"] - 1000 * detail["result"]["seconds"]))
    # The first job of the slot starts the trainer and loads the data: it is cold.
    warm = sorted(value for _, value in sorted(overheads)[1:])
    print(f"{machine()}; {len(warm)} warm jobs on one slot")
    print(f"lease to accepted result, less training: median {median(warm):.0f} ms, p95 {warm[int(0.95 * len(warm))]:.0f} ms, "
          f"max {warm[-1]:.0f} ms (first, cold: {sorted(overheads)[0][1]:.0f} ms)")
