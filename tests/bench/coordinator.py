"""A spind to measure, on a Unix socket and with mutual TLS, and the load of tests/bench/dispatch upon it."""
import json, os, re, shutil, subprocess, tempfile, time
from common import BIN, ROOT

TICKS = os.sysconf("SC_CLK_TCK")


def sweep(name, jobs):
    """Jobs that no sweep of another name has."""
    return f"""version: 1
name: {name}
dataset: fashion-mnist
network: {{family: convmixer, channels: 8, depth: 4, patch: 4, kernel: 3}}
training: {{epochs: 1, lr: {1e-4 + int.from_bytes(name.encode(), "big") % 9973 * 1e-6:.6f}}}
seeds: [{', '.join(str(seed) for seed in range(jobs))}]
"""


class Coordinator:
    """A spind on a Unix socket and, with mutual TLS, on a port of loopback."""

    def __init__(self, disk=None):
        self.folder = tempfile.mkdtemp(prefix="spin-dispatch.", dir=disk)
        for kind, *names in (("server", "spind", "127.0.0.1"), ("client", "bench")):
            subprocess.run([ROOT / "deploy" / "make-certificates.sh", self.folder, kind, *names], check=True, capture_output=True)
        self.unix = "unix:" + self.path("sock")
        self.log = open(self.path("log"), "w+")
        self.start()

    def start(self):
        """Returns once it serves."""
        ready, inherited = os.pipe()
        self.spind = subprocess.Popen(
            [BIN / "spind", "--listen", self.unix, "--listen", "127.0.0.1:0", *self.tls("spind"), "--db", self.path("spin.db"),
             "--log-level", "warn", "--ready-fd", str(inherited)], pass_fds=[inherited], stderr=self.log)
        os.close(inherited)
        if os.read(ready, 1) != b"\n":
            raise SystemExit(open(self.path("log")).read())
        os.close(ready)
        self.tcp = re.findall(r"127\.0\.0\.1:\d+", open(self.path("log")).read())[-1]

    def stop(self):
        self.spind.terminate()
        self.spind.wait(60)

    def path(self, name):
        return os.path.join(self.folder, name)

    def tls(self, name):
        return ["--tls-cert", self.path(name + ".pem"), "--tls-key", self.path(name + ".key"), "--tls-ca", self.path("ca.pem")]

    def submit(self, name, jobs, more=""):
        with open(self.path(name + ".yaml"), "w") as file:
            file.write(sweep(name, jobs) + more)
        subprocess.run([BIN / "spinctl", "--connect", self.unix, "submit", self.path(name + ".yaml")], check=True, capture_output=True)

    def load(self, *arguments, secure=False, wait=True):
        address = [self.tcp, *self.tls("bench")] if secure else [self.unix]
        child = subprocess.Popen([BIN / "dispatch_load", "--connect", *address, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        return finish(child) if wait else child

    def cpu_seconds(self):
        fields = open(f"/proc/{self.spind.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self):
        """Resident now, and at most until now."""
        status = open(f"/proc/{self.spind.pid}/status").read()
        return [int(re.search(rf"{key}:\s+(\d+)", status).group(1)) / 1024 for key in ("VmRSS", "VmHWM")]

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)


def finish(child):
    output, _ = child.communicate(timeout=600)
    if child.returncode != 0:
        raise SystemExit("dispatch_load failed")
    found = json.loads(output)
    if found.get("left", 0) > 0:
        raise SystemExit(f"dispatch_load left {found['left']} of {found['jobs']} jobs")
    return found
