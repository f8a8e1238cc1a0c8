"""The processes of tests/bench/kills.py: a real spind and real workers that are killed, frozen and started again."""
import collections, os, pathlib, select, signal, subprocess, time
from common import BIN

WORKERS, SLOTS, LEASE_SECONDS = 3, 2, 1
DRAINS = "w2"  # at its first SIGTERM
TRAINER = pathlib.Path(__file__).with_name("kills_trainer.py")


class Problems:
    def __init__(self):
        self.seen = []

    def add(self, text):
        self.seen.append(text)
        print("PROBLEM:", text, flush=True)


class Fleet:
    """The daemons, each in a process that can be killed and started again. A log for each start."""

    def __init__(self, folder, problems):
        self.folder, self.problems, self.starts = folder, problems, collections.Counter()
        version = subprocess.run([BIN / "spin-worker", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
        self.mark = f"kills-{os.getpid()}"
        self.environment = {**os.environ, "SPIN_TEST_MARK": self.mark, "KILLS_VERSION": version,
                            "KILLS_LEDGER": str(folder / "ledger")}
        self.address = f"unix:{folder / 'sock'}"
        self.processes = {}
        for name in self.names():
            self.start(name)

    def names(self):
        return ["spind"] + [f"w{i}" for i in range(WORKERS)]

    def log(self, name):
        return self.folder / f"{name}.{self.starts[name]}.log"

    def has_said(self, name, text):
        log = self.log(name)
        return log.exists() and text in log.read_text()

    def start(self, name):
        self.starts[name] += 1
        command = ([BIN / "spind", "--listen", self.address, "--db", self.folder / "spin.db", "--lease-seconds", str(LEASE_SECONDS)]
                   if name == "spind" else
                   [BIN / "spin-worker", "--connect", self.address, "--state", self.folder / name, "--name", name, "--slots",
                    str(SLOTS), "--threads", "1", "--checkpoint-seconds", "0", "--trainer", TRAINER, "--on-term",
                    "drain" if name == DRAINS else "stop"])
        with open(self.log(name), "w") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.environment)

    def kill(self, name):
        self.start_again_what_ended()
        process = self.processes[name]
        trainers = [pid for pid, parent in self.trainers() if parent == process.pid]
        process.kill()
        process.wait()
        if any(not gone_within(10, pid) for pid in trainers):
            self.problems.add(f"a trainer of {name} outlived it")
        self.start(name)

    def end_as_planned(self, name, strike, wait):
        """Lets `strike` end the daemon, then starts it again. `wait` is called until it has ended."""
        self.start_again_what_ended()
        process = self.processes[name]
        trainers = [pid for pid, parent in self.trainers() if parent == process.pid]
        killed = strike(process, trainers)
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            wait()
        if process.poll() is None:
            self.problems.add(f"{name} did not end: {self.log(name).read_text()[-2000:]}")
            process.kill()
        elif process.returncode != 0 and not killed and self.log(name).read_text():  # before its first word it has nothing
            self.problems.add(f"{name} was asked to stop and ended with {process.returncode}: {self.log(name).read_text()[-2000:]}")
        process.wait()
        if any(not gone_within(10, pid) for pid in trainers):
            self.problems.add(f"a trainer of {name} outlived it")
        self.start(name)

    def start_again_what_ended(self):
        for name, process in self.processes.items():
            if process.poll() is not None:
                self.problems.add(f"{name} ended by itself with {process.returncode}: {self.log(name).read_text()[-2000:]}")
                self.start(name)

    def marked(self):
        """(pid, parent, name) of every live process that carries the mark: a zombie has no environment."""
        entry, found = f"SPIN_TEST_MARK={self.mark}\0".encode(), []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if entry in pathlib.Path(f"/proc/{pid}/environ").read_bytes():
                    name, rest = pathlib.Path(f"/proc/{pid}/stat").read_text().split("(", 1)[1].rsplit(") ", 1)
                    found.append((int(pid), int(rest.split()[1]), name))
            except OSError:
                pass
        return found

    def trainers(self):
        return sorted((pid, parent) for pid, parent, name in self.marked() if name == TRAINER.name[:15])

    def spinctl(self, *args, may_refuse=False):
        """Its output, or None where it failed: the coordinator may be dead or frozen. What it does not know, it has lost, unless
        it may be refused."""
        try:
            done = subprocess.run([BIN / "spinctl", "--connect", self.address, *args], capture_output=True, text=True, timeout=20)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode == 2 and not may_refuse:
            self.problems.add(f"spinctl {args}: {done.stderr}")
        return done.stdout if done.returncode == 0 or (done.returncode == 2 and may_refuse) else None

    def stop(self):
        for name in reversed(self.names()):
            self.processes[name].terminate()
        for name in reversed(self.names()):
            if self.processes[name].wait(60) != 0:
                self.problems.add(f"{name} was asked to stop and ended with {self.processes[name].returncode}")
        if not all(gone_within(10, pid) for pid, _, _ in self.marked()):
            self.problems.add(f"processes are left: {self.marked()}")


def gone_within(seconds, pid):
    """Whether the process ends in time."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended = bool(select.select([descriptor], [], [], seconds)[0])
    os.close(descriptor)
    return ended


def send(descriptor, number):
    try:
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        pass
