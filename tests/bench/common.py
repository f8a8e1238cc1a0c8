"""What the benchmarks share: the built programs, a private spind and worker, medians and a line about the machine."""
import json, os, pathlib, platform, statistics, subprocess, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("SPIN_BIN", ROOT / "build" / "bin"))

# A sweep file of a million distinct jobs.
MILLION = """version: 1
name: million
dataset: fashion-mnist
network: {family: convmixer, depth: 32, patch: 4, kernel: 3}
axes:
  sharing.mapping: [sequential, strided]
  sharing.rate: [2, 3, 4, 8, 16]
  network.channels: [32, 64, 96, 128, 160, 192, 224, 256, 288, 320]
  training.lr: [0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01]
  training.epochs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  training.batch_size: [16, 32, 48, 64, 80, 96, 112, 128, 144, 160]
  training.weight_decay: [0, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.007, 0.008, 0.009]
"""


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} x {model}, Linux {platform.release().split('-')[0]}"


def median(values):
    return statistics.median(values)


class Cluster:
    """A private spind, with a worker where slots > 0. Use as a context manager."""

    def __init__(self, slots=1, threads=1):
        self.folder = tempfile.TemporaryDirectory(prefix="spin-bench.")
        self.slots, self.threads, self.children = slots, threads, []

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self, *command):
        log = open(self.path(os.path.basename(command[0]) + ".log"), "w")
        self.children.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))
        return self.children[-1]

    def __enter__(self):
        address = "unix:" + self.path("sock")
        self.spind = self.start(BIN / "spind", "--listen", address, "--db", self.path("spin.db"))
        if self.slots:
            self.start(BIN / "spin-worker", "--connect", address, "--state", self.path("worker"), "--name", "bench",
                       "--slots", str(self.slots), "--threads", str(self.threads))
        while subprocess.run([BIN / "spinctl", "--connect", address, "status"], capture_output=True).returncode != 0:
            time.sleep(0.05)
        return self

    def spinctl(self, *args):
        done = subprocess.run([BIN / "spinctl", "--connect", "unix:" + self.path("sock"), *args], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"spinctl {' '.join(args)}: {done.stderr}")
        return done.stdout

    def spinctl_json(self, *args):
        return json.loads(self.spinctl(*args, "--format", "json"))

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.terminate()
            child.wait(60)
        self.folder.cleanup()


def report(samples):
    """A table of {measure: one value a run}."""
    print("| measure | median | all runs |\n|---|---|---|")
    for what, values in samples.items():
        print(f"| {what} | {median(values):,.4g} | {', '.join(f'{value:,.4g}' for value in values)} |")
