#!/usr/bin/python3 -SE
"""The trainer of tests/bench/kills.py: speaks the JSON lines of spin-train, learns nothing, and writes down what it finished.

Each execution of a job ends with a top-1 that no other has, so that a result which takes the place of another shows. Its model
holds the job and that number; the ledger (KILLS_LEDGER) gets a line "job top1 seconds" before `finished` is said. Checkpoints and
initial weights are refused where they are not what the job asked for. A signal that ends processes saves and stops the job, as a
stop command does; half of the trainers die of it instead."""
import hashlib, json, os, random, select, signal, sys, time

EPOCHS_SECONDS = (0.02, 0.12)  # an epoch's length, drawn anew for each


def file_of(command, key, what):
    """Path of an input by its role, of an output by its kind; None where there is none."""
    return next((file["path"] for file in command.get(key, []) if file["is"] == what), None)


def say(event, **fields):
    sys.stdout.write(json.dumps({"event": event, **fields}) + "\n")
    sys.stdout.flush()


def write_by_rename(path, text):
    with open(path + ".tmp", "w") as file:
        file.write(text)
    os.rename(path + ".tmp", path)


class Input:
    def __init__(self):
        self.pending, self.signal = b"", 0
        self.woken, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker)

    def note(self, number, _):
        self.signal = number

    def end(self):
        signal.signal(self.signal, signal.SIG_DFL)
        os.kill(os.getpid(), self.signal)

    def line(self, wait=None):
        """The next command, or a stop where a signal came; none within `wait` seconds. Ends the process with its worker."""
        while b"\n" not in self.pending:
            ready = select.select([0, self.woken], [], [], wait)[0]
            if self.signal:
                if wait is None:
                    self.end()
                return {"command": "stop"}
            if not ready:
                return None
            block = os.read(0, 65536)
            if not block:
                sys.exit(0)
            self.pending += block
        line, self.pending = self.pending.split(b"\n", 1)
        return json.loads(line)


def filler(job, epoch):
    return hashlib.sha256(f"{job} {epoch}".encode()).hexdigest() * 300


def resumed_epoch(path, job):
    if not path:
        return 0
    kind, owner, epoch, rest = open(path).read().split(" ", 3)
    if (kind, owner, rest) != ("checkpoint", job, filler(job, epoch)):
        raise ValueError(f"{path} is no checkpoint of job {job}: {kind} {owner} {epoch}")
    return int(epoch)


def check_initial_weights(path, expected):
    if path and not open(path).read().startswith("model "):
        raise ValueError(f"{path} is no model")
    if bool(path) != expected:
        raise ValueError("initial weights " + ("are missing" if expected else "that nobody asked for"))


def run(command, commands, chance):
    config = json.loads(command["config"])
    job = hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()
    epochs, done = config["training"]["epochs"], resumed_epoch(file_of(command, "inputs", "resume"), job)
    check_initial_weights(file_of(command, "inputs", "init"), config["init_from"] is not None)
    say("started", params=1000, flops=2000, first_epoch=done + 1)
    for epoch in range(done + 1, epochs + 1):
        stop = commands.line(chance.uniform(*EPOCHS_SECONDS))
        if stop is not None:
            if stop.get("save", True):
                write_by_rename(file_of(command, "outputs", "checkpoint"), f"checkpoint {job} {epoch - 1} {filler(job, epoch - 1)}")
                say("checkpoint", path=file_of(command, "outputs", "checkpoint"), epoch=epoch - 1)
            say("stopped", signal=commands.signal)
            return commands.end() if commands.signal else None
        say("epoch", epoch=epoch, loss=1 / epoch, top1=50.0, top5=90.0, images_per_second=1000.0, seconds=0.1)
        if epoch < epochs:
            write_by_rename(file_of(command, "outputs", "checkpoint"), f"checkpoint {job} {epoch} {filler(job, epoch)}")
            say("checkpoint", path=file_of(command, "outputs", "checkpoint"), epoch=epoch)
    top1 = chance.uniform(10, 90)
    write_by_rename(file_of(command, "outputs", "model"), f"model {job} {top1!r} {filler(job, 0)}")
    with open(os.environ["KILLS_LEDGER"], "a") as ledger:
        ledger.write(f"{job} {top1!r} {time.monotonic()!r}\n")
    say("finished", outcome="completed", top1=top1, top5=99.0, params=1000, flops=2000, images_per_second=1000.0, peak_bytes=1,
        seconds=0.1, outputs=[{"is": "model", "path": file_of(command, "outputs", "model")}])


def main():
    commands, chance = Input(), random.Random()
    if chance.random() < 0.5:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, commands.note)
    say("ready", version=os.environ["KILLS_VERSION"], libtorch="none", blas="none", device="cpu", threads=1)
    while True:
        command = commands.line()
        if command["command"] == "run":
            try:
                run(command, commands, chance)
            except (ValueError, OSError) as error:
                say("failed", message=str(error))


main()
