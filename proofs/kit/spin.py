# SPDX-License-Identifier: BSL-1.0
"""Runs the Promela models: each row of proofs/spin/runs is one, with the answer that it has to give.

    MODEL NAME EXPECTED WHEN [-DFLAG...] [pan: OPTION...]

EXPECTED is `ok`, or what SPIN has to complain of (assertion, deadlock, liveness); WHEN is `quick` or `thorough`.
"""
import dataclasses
import pathlib
import re
import subprocess
import time

LIMIT = 900  # seconds for a search
GLANCE = 2  # for one that is not compiled well


@dataclasses.dataclass
class Run:
    model: str
    name: str
    expected: str
    when: str
    flags: list
    pan: list
    found: str = ""
    states: int = 0
    megabytes: float = 0.0
    seconds: float = 0.0

    @property
    def ok(self):
        return self.found == self.expected

    def row(self):
        return f"{self.model} {self.name}: {self.found}, {self.states:,} states, {self.megabytes:.0f} MB, {self.seconds:.1f} s"


def read_runs(path):
    result = []
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            flags, _, pan = line.partition(" pan: ")
            model, name, expected, when, *flags = flags.split()
            result.append(Run(model, name, expected, when, flags, pan.split()))
    return result


def verdict(text):
    match = re.search(r"errors: (\d+)", text)
    if match is None:
        return "unknown"
    if match[1] == "0":
        incomplete = ("max search depth too small", "out of memory", "Search not completed")
        return "unknown" if any(sign in text for sign in incomplete) else "ok"
    if "acceptance cycle" in text or "non-progress cycle" in text:
        return "liveness"
    if "invalid end state" in text.split("Full statespace")[0].split("Search not completed")[0]:
        return "deadlock"
    return "assertion" if "pan:1: assertion violated" in text else "unknown"


def run(one, models, out):
    folder = out / f"{one.model}.{one.name}"
    folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    try:
        done = search(one, folder, (models / f"{one.model}.pml").resolve())
    except subprocess.TimeoutExpired:
        one.found = "unknown"
        return one
    if isinstance(done, str):
        one.found = f"unknown: {done.strip()[:300]}"
        return one
    text = done.stdout
    one.seconds = time.monotonic() - start
    one.found = verdict(text)
    if match := re.search(r"(\S+) states, stored", text):
        one.states = int(float(match[1]))
    if match := re.search(r"([\d.]+)\s+total actual memory usage", text):
        one.megabytes = float(match[1])
    return one


def search(one, folder, model):
    """What pan has to say, or why there is none. Most searches end before better code would pay for its compilation."""
    def step(*command, limit=LIMIT):
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=limit)
    made = step("spin", *one.flags, "-a", str(model))
    kind = [] if any(p in ("-a", "-f") for p in one.pan) else ["-DSAFETY"]
    for effort, limit in (("-O0", GLANCE), ("-O1", LIMIT)):
        built = step("gcc", effort, "-w", "-DCOLLAPSE", *kind, "-DNFAIR=3", "-o", "pan", "pan.c")
        if built.returncode != 0:
            return made.stdout + built.stderr
        try:
            return step("./pan", "-m200000", *one.pan, limit=limit)
        except subprocess.TimeoutExpired:
            if effort == "-O1":
                raise
