#!/usr/bin/python3
"""SIGKILLs of a real spind, real workers and their trainers at random moments, and freezes beyond the lease, while sweeps
run; an outside ledger says what was lost.   tests/bench/kills.py [kills] [seed]

40 % of the kills hit spind, 40 % a worker, 20 % a trainer; what was killed is started again at once. Besides, one moment in eight
stops a process (SIGSTOP) for up to 2.5 leases, and one in two is a planned stop: a worker, a trainer or spind is ended in one of
the ways in which hosts and people do it (WAYS), or a sweep is paused or resumed. One of the workers drains at its first SIGTERM. The
trainer (kills_trainer.py) learns nothing and gives every execution a top-1 of its own. What must hold, else the exit code is 1:
  - a job that spinctl once showed as completed stays so, with that top-1;
  - a result that a worker saw acknowledged is the job's result, or came second: whatever the job ends with was finished by then;
  - a sweep whose submission was acknowledged is there, and in the end every job is done, with one result, of an execution
    that the trainer wrote down, that execution's model, and every epoch;
  - no planned stop uses up an attempt: attempts fail of SIGKILL to a trainer alone, and no more often than that was sent; who is
    asked to stop ends with 0;
  - no daemon ends but by our hand, no trainer outlives its worker, nothing is left of all of them;
  - the database passes integrity_check and foreign_key_check.
The seed repeats the choice of moments and victims, not what the processes do meanwhile."""
import collections, hashlib, json, os, pathlib, random, shutil, signal, sqlite3, sys, tempfile, threading, time
from common import machine
from kills_fleet import LEASE_SECONDS, WORKERS, Fleet, Problems, send

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
OPEN_JOBS = 60  # a sweep more is submitted below
EPOCHS = 3
SWEEP = """version: 1
name: kills-{number}
dataset: {{name: synthetic, classes: 10}}
network: {{family: convmixer, channels: 16, depth: 4, patch: 4, kernel: 3}}
training: {{epochs: {epochs}}}
sharing: {{mapping: sequential, rate: 2}}
axes: {{fusion.strategy: [none, mean]}}
seeds: [{seeds}]
max_attempts: 10
"""


PAUSE = "a pause of up to a second"
# How a worker is ended: who gets which signal, in turn.
WAYS = {
    "SIGTERM": [("worker", signal.SIGTERM)],
    "SIGHUP": [("worker", signal.SIGHUP)],
    "SIGINT": [("worker", signal.SIGINT)],
    "SIGTERM twice": [("worker", signal.SIGTERM), PAUSE, ("worker", signal.SIGTERM)],
    "SIGTERM to all": [("worker", signal.SIGTERM), ("trainers", signal.SIGTERM)],
    "SIGTERM to all, trainers first": [("trainers", signal.SIGTERM), ("worker", signal.SIGTERM)],
    "SIGTERM to all, twice": [("worker", signal.SIGTERM), ("trainers", signal.SIGTERM), PAUSE, ("trainers", signal.SIGTERM),
                              ("worker", signal.SIGTERM)],
    "SIGHUP to all": [("trainers", signal.SIGHUP), ("worker", signal.SIGHUP)],
    "SIGTERM, then SIGKILL to all": [("worker", signal.SIGTERM), PAUSE, ("trainers", signal.SIGKILL), ("worker", signal.SIGKILL)],
    "SIGTERM to all, then SIGKILL to all": [("worker", signal.SIGTERM), ("trainers", signal.SIGTERM), PAUSE,
                                            ("trainers", signal.SIGKILL), ("worker", signal.SIGKILL)],
}


class Acknowledgements(threading.Thread):
    """Watches the models that the workers keep until their result is acknowledged. When one goes while its worker lives, that
    has happened: `seen` holds (job, no later than)."""

    def __init__(self, fleet):
        super().__init__(daemon=True)
        self.fleet, self.seen, self.kept, self.attached, self.done = fleet, [], {}, {}, threading.Event()

    def look_at(self, name):
        """What is there once this start of the worker has attached was made by it, or is told of in its outbox."""
        start, folder, kept = self.fleet.starts[name], self.fleet.folder / name / "kept", self.kept.setdefault(name, {})
        if self.attached.get(name) != start:
            if not self.fleet.has_said(name, "attached"):
                return
            self.attached[name] = start
        there, now = set(os.listdir(folder)), time.monotonic()
        if start != self.fleet.starts[name]:
            return
        for model in there:
            if model not in kept or kept[model][0] != start:
                try:
                    kind, job, _ = (folder / model).read_text().split(" ", 2)
                    kept[model] = (start, job if kind == "model" else None)  # else what a stopped job saved
                except (OSError, ValueError):  # gone already, or not whole
                    pass
        for model in set(kept) - there:
            seen_in, job = kept.pop(model)
            if seen_in == start and job:
                self.seen.append((job, now))

    def run(self):
        try:
            while not self.done.wait(0.01):
                for name in self.fleet.names()[1:]:
                    self.look_at(name)
        except Exception as error:
            self.fleet.problems.add(f"nobody watches the acknowledgements any more: {error!r}")


class Sweeps:
    """What was submitted, and what spinctl showed of it."""

    def __init__(self, fleet, problems):
        self.fleet, self.problems, self.submitted, self.open, self.shown, self.retried = fleet, problems, [], {}, {}, 0

    def submit(self, number):
        path = self.fleet.folder / "sweep.yaml"
        seeds = ", ".join(str(seed) for seed in range(number * 20, number * 20 + 20))
        path.write_text(SWEEP.format(number=number, epochs=EPOCHS, seeds=seeds))
        return self.fleet.spinctl("submit", path) is not None

    def feed(self):
        """Keeps the workers busy. A submission without an answer is made again: it may have been taken or not."""
        if sum(self.open.values()) < OPEN_JOBS and self.submit(len(self.submitted)):
            self.open[len(self.submitted)] = 60
            self.submitted.append(f"kills-{len(self.submitted)}")

    def look(self):
        for number in list(self.open):
            answer = self.fleet.spinctl("jobs", self.submitted[number], "--format", "json")
            if answer is None:
                continue
            rows = json.loads(answer)
            for row in rows:
                self.note(row)
            self.open[number] = sum(row["state"] != "completed" for row in rows)
            failed = [row for row in rows if row["state"] == "failed"]
            if any("trainer" not in (row["reason"] or "") for row in failed):
                self.problems.add(f"failed: {failed}")
            if failed:  # three of its trainers were killed, and a submission takes it up again
                self.retried += len(failed)
                self.submit(number)
            if self.open[number] == 0:
                del self.open[number]

    def note(self, row):
        before = self.shown.get(row["job"])
        if before is None:
            if row["state"] == "completed":
                self.shown[row["job"]] = row["top1"]
        elif (row["state"], row["top1"]) != ("completed", before):
            self.problems.add(f"job {row['id']} was completed with {before} and is {row}")


def tell(pid, number):
    """Whether it was there to hear of it."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


class Killer:
    def __init__(self, fleet, sweeps):
        self.fleet, self.sweeps, self.chance, self.counts, self.frozen = fleet, sweeps, random.Random(SEED), collections.Counter(), []
        self.paused = set()

    def pid_of(self, kind, choice):
        if kind == "trainer":
            trainers = self.fleet.trainers()
            return trainers[choice % len(trainers)][0] if trainers else None
        return self.fleet.processes["spind" if kind == "spind" else f"w{choice % WORKERS}"].pid

    def freeze(self):
        kind, choice, seconds = self.chance.choice(["spind", "worker", "worker", "trainer"]), self.chance.randrange(60), \
            self.chance.uniform(0.05, 2.5 * LEASE_SECONDS)
        pid = self.pid_of(kind, choice)
        try:
            descriptor = os.pidfd_open(pid) if pid else None
        except ProcessLookupError:
            return
        if descriptor:
            send(descriptor, signal.SIGSTOP)
            self.frozen.append((time.monotonic() + seconds, descriptor))
            self.counts["freezes of " + kind] += 1

    def thaw(self, until):
        for moment in [moment for moment in self.frozen if moment[0] <= until]:
            send(moment[1], signal.SIGCONT)
            os.close(moment[1])
            self.frozen.remove(moment)

    def wait(self):
        self.thaw(time.monotonic())
        time.sleep(0.005)

    def stop_worker(self):
        name, way, seconds = f"w{self.chance.randrange(WORKERS)}", self.chance.choice([*WAYS, "drain"]), self.chance.uniform(0, 1)

        def strike(process, trainers):
            """Whether it was killed in the end."""
            if way == "drain":
                if "leaves" not in (self.fleet.spinctl("drain", name, may_refuse=True) or ""):
                    process.terminate()  # the coordinator is away, or this worker has not found it yet
                return False
            for step in WAYS[way]:
                if step == PAUSE:
                    end = time.monotonic() + seconds
                    while time.monotonic() < end:
                        self.wait()
                    continue
                for pid in [process.pid] if step[0] == "worker" else trainers:
                    tell(pid, step[1])
            return WAYS[way][-1][1] == signal.SIGKILL

        self.fleet.end_as_planned(name, strike, self.wait)
        self.counts["planned: " + way] += 1

    def stop_trainer(self):
        number, choice = self.chance.choice([signal.SIGTERM, signal.SIGHUP]), self.chance.randrange(60)
        if pid := self.pid_of("trainer", choice):
            tell(pid, number)
            self.counts["planned: signals to a trainer alone"] += 1

    def stop_spind(self):
        number = self.chance.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
        self.fleet.end_as_planned("spind", lambda process, _: process.send_signal(number), self.wait)
        self.counts["planned: signals to spind"] += 1

    def pause_or_resume(self):
        if self.paused and self.chance.random() < 0.7:
            self.resume(self.chance.choice(sorted(self.paused)))
        elif open := [self.sweeps.submitted[number] for number in list(self.sweeps.open) if number < len(self.sweeps.submitted)]:
            name = self.chance.choice(open)
            if self.fleet.spinctl("pause", name, may_refuse=True) is not None:
                self.counts["planned: pauses"] += 1
            self.paused.add(name)  # the answer may have been lost

    def resume(self, name):
        if self.fleet.spinctl("resume", name, may_refuse=True) is not None:
            self.paused.remove(name)

    def kill(self):
        kind, choice = self.chance.choices(["spind", "worker", "trainer"], [4, 4, 2])[0], self.chance.randrange(60)
        if kind == "trainer":
            pid = self.pid_of(kind, choice)
            if pid is None:
                return False
            if not tell(pid, signal.SIGKILL):
                return False
        else:
            self.fleet.kill("spind" if kind == "spind" else f"w{choice % WORKERS}")
        self.counts["kills of " + kind] += 1
        return True

    def moment(self):
        """Waits for the next moment and strikes: in bursts, so that a start is hit too, or after a lease has run out."""
        shortest, longest = self.chance.choices([(0, 0.05), (0.05, 0.8), (1, 3)], [20, 70, 10])[0]
        end = time.monotonic() + self.chance.uniform(shortest, longest)
        freezes = self.chance.random() < 1 / 8
        while time.monotonic() < end:
            self.thaw(time.monotonic())
            time.sleep(0.005)
        if freezes:
            self.freeze()
        if self.chance.random() < 1 / 2:
            self.chance.choices([self.stop_worker, self.stop_trainer, self.stop_spind, self.pause_or_resume], [6, 1, 1, 2])[0]()
        return self.kill()


def check_database(folder, sweeps, acknowledgements, trainer_kills, problems):
    """The ledger against what is stored; (jobs, finished executions, attempts lost, attempts used up)."""
    finished = {}
    lines = [line.split() for line in open(folder / "ledger")]
    for job, top1, at in lines:
        finished[job, float(top1)] = float(at)
    database = sqlite3.connect(f"file:{folder / 'spin.db'}?mode=ro", uri=True)
    for check, good in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
        if (answer := database.execute(f"PRAGMA {check}").fetchall()) != good:
            problems.add(f"{check}: {answer}")
    rows = database.execute("""
        SELECT lower(hex(j.hash)),
               (SELECT group_concat(p.text, '') FROM json_each(j.config) e JOIN config_part p ON p.id = e.value),
               r.outcome, r.top1, lower(hex(m.artifact)),
               (SELECT count(*) FROM attempt a WHERE a.job = j.key AND a.state = 'finished'),
               (SELECT count(*) FROM epoch e WHERE e.job = j.key)
        FROM job j LEFT JOIN result r ON r.job = j.key
        LEFT JOIN job_artifact m ON m.job = j.key AND m.kind = 'model'""").fetchall()
    stored = {}
    for hash, config, state, top1, model, results, epochs in rows:
        job = hashlib.sha256(json.dumps(json.loads(config), sort_keys=True).encode()).hexdigest()
        stored[job] = finished.get((job, top1))
        if epochs != EPOCHS:
            problems.add(f"job {hash}: {epochs} of {EPOCHS} epochs are stored")
        if (state, results) != ("completed", 1) or stored[job] is None:
            problems.add(f"job {hash}: {state}, {results} results, top-1 {top1}"
                         f"{'' if stored[job] else ', which no trainer gave it'}")
        if sweeps.shown.get(hash, top1) != top1:
            problems.add(f"job {hash} was shown with {sweeps.shown[hash]} and has {top1}")
        bytes = (folder / "spin.db.artifacts" / model[:2] / model).read_bytes() if model else b""
        if hashlib.sha256(bytes).hexdigest() != model or bytes.decode().split(" ")[1:3] != [job, repr(top1)]:
            problems.add(f"job {hash}: its model is not that of its result")
    for job, at in acknowledgements.seen:
        if stored.get(job) is None or stored[job] > at:
            problems.add(f"job {job}: a result was acknowledged {at} and is lost: what is stored was finished {stored.get(job)}")
    sweeps_there = {name for name, in database.execute("SELECT name FROM sweep")}
    if missing := set(sweeps.submitted) - sweeps_there:
        problems.add(f"sweeps were acknowledged and are gone: {missing}")
    failed = [message for message, in database.execute("SELECT error FROM attempt WHERE state = 'failed'")]
    if wrong := [message for message in failed if "signal 9" not in (message or "")]:
        problems.add(f"attempts were used up by a planned stop: {wrong[:5]}")
    if len(failed) > trainer_kills:
        problems.add(f"{len(failed)} attempts failed, and {trainer_kills} trainers were killed")
    lost, = database.execute("SELECT count(*) FROM attempt WHERE state = 'lost'").fetchone()
    return len(rows), len(lines), lost, len(failed)


def run(folder, problems):
    fleet = Fleet(folder, problems)
    sweeps, acknowledgements = Sweeps(fleet, problems), Acknowledgements(fleet)
    killer = Killer(fleet, sweeps)
    acknowledgements.start()
    stopping = threading.Event()

    def people():
        while not stopping.is_set() or sweeps.open:
            if not stopping.is_set():
                sweeps.feed()
            sweeps.look()
            if stopping.wait(0.2) and time.monotonic() > deadline[0]:
                return

    deadline, watcher = [0.0], threading.Thread(target=people)
    watcher.start()
    kills, start = 0, time.monotonic()
    while kills < KILLS:
        struck = killer.moment()
        kills += struck
        if struck and kills % 100 == 0:
            print(f"{kills} kills, {len(sweeps.shown)} jobs done, {time.monotonic() - start:.0f} s", flush=True)
    killer.thaw(float("inf"))
    for _ in range(100):
        for name in sorted(killer.paused):
            killer.resume(name)
        if not killer.paused:
            break
        time.sleep(0.2)
    deadline[0] = time.monotonic() + 600
    stopping.set()
    watcher.join()
    seconds = time.monotonic() - start
    if sweeps.open:
        problems.add(f"not over ten minutes after the last kill: {sweeps.open}")
    fleet.start_again_what_ended()
    acknowledgements.done.set()
    acknowledgements.join()
    fleet.stop()
    jobs, executions, lost, failed = check_database(folder, sweeps, acknowledgements, killer.counts["kills of trainer"], problems)
    print(f"{machine()}; seed {SEED}")
    print(", ".join(f"{count} {kind}" for kind, count in sorted(killer.counts.items())))
    print(f"{jobs} jobs in {len(sweeps.submitted)} sweeps, {executions} finished executions, {lost} attempts lost, "
          f"{failed} used up by {killer.counts['kills of trainer']} kills of trainers, {sweeps.retried} jobs taken up again after "
          f"three dead trainers, {seconds:.0f} s")
    print(f"watched: {len(sweeps.shown)} jobs shown as completed, {len(acknowledgements.seen)} acknowledgements at the workers")


def main():
    for number in (signal.SIGHUP, signal.SIGINT):  # which nohup and shells have ignored in what they put into the background
        signal.signal(number, signal.SIG_DFL)
    problems = Problems()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="spin-kills."))
    run(folder, problems)
    print("lost: nothing" if not problems.seen else f"{len(problems.seen)} problems; all is kept in {folder}")
    if not problems.seen:
        shutil.rmtree(folder)
    return 1 if problems.seen else 0


sys.exit(main())
