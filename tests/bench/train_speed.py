#!/usr/bin/python3
"""Training speed of ConvMixer 64/8/4/3 at batch 128 on Fashion-MNIST: spin-train against train_eager.py (eager PyTorch,
channels-last) with the same threads, in turns.   tests/bench/train_speed.py [runs] [threads] [images]"""
import json, subprocess, sys, tempfile
from common import BIN, ROOT, machine, median

runs, threads, images = (int(value) for value in (sys.argv[1:] + ["3", "2", "20000"][len(sys.argv) - 1:]))
SWEEP = f"""version: 1
name: speed
dataset: {{name: fashion-mnist, train_limit: {images}, eval_limit: 128}}
network: {{family: convmixer, channels: 64, depth: 8, patch: 4, kernel: 3}}
training: {{epochs: 1, batch_size: 128, label_smoothing: 0}}
cells: [{{}}, {{sharing.mapping: sequential, sharing.rate: 2}},
        {{sharing.mapping: sequential, sharing.rate: 2, fusion.strategy: channel_weighted_mean, fusion.init: random}}]
"""
PEER = (["rate=1"], ["rate=2"], ["rate=2", "fusion=channel"])


def ours(job):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(job, file)
        file.flush()
        lines = subprocess.run([BIN / "spin-train", file.name, "--threads", str(threads)], capture_output=True, text=True,
                               check=True).stdout.splitlines()
    return next(json.loads(line)["images_per_second"] for line in lines if '"finished"' in line)


def peer(args):
    out = subprocess.run(["/usr/bin/python3", ROOT / "tests/bench/train_eager.py", "C=64", "D=8", "P=4", "K=3", "batch=128", "epochs=1",
                          "eval=0", f"n={images}", f"threads={threads}", *args], capture_output=True, text=True, check=True).stdout
    return json.loads(out)["img_s"]


plan = json.loads(subprocess.run([BIN / "spinctl", "plan", "-", "--format", "json"], input=SWEEP, capture_output=True, text=True,
                                 check=True).stdout)
print(f"{machine()}; {threads} threads, {images} images, median of {runs} runs in turns")
print(f"{'network':44} {'spin':>9} {'eager':>9} {'ratio':>6}   images/s")
for job, args in zip(plan["jobs"], PEER):
    pairs = [(ours(job), peer(args)) for _ in range(runs)]
    print(f"{job['name']:44} {median([a for a, _ in pairs]):9.0f} {median([b for _, b in pairs]):9.0f} "
          f"{median([a / b for a, b in pairs]):6.2f}")
