# SPDX-License-Identifier: BSL-1.0
"""Random runs of the shipped code, replayed as runs of abstract transition systems.

models/<primitive>/<primitive>_trace_record runs threads that take turns, one operation at a time, and tells each operation with the
value that it found and the one that it left. Here stands for each primitive the transition system that its Promela model has: per
thread, which operation of the source may come next; per operation, what it finds and what it leaves. A run that the system does not
allow is named by its first operation that is not allowed. Each run is replayed once more with one operation left out or two
exchanged: a system that refuses few of these would allow anything.
"""
import dataclasses
import pathlib
import random
import subprocess

import skeleton


class Refused(Exception):
    """The first operation that the transition system does not allow, and why."""


@dataclasses.dataclass(frozen=True)
class Step:
    thread: int
    site: str  # "function operation#n", or "function wait" and the like
    found: int
    left: int


def traces(root, header, program):
    """What the program told, as [[Step]]."""
    output = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    names, result = skeleton.written(root, header), []
    for text in output.splitlines():
        if text.startswith("trace "):
            result.append([])
            continue
        thread, file, line, function, operation, found, left = text.split(" ")
        if not file.endswith(header):
            continue
        near = [names[at, operation] for at in range(int(line), int(line) - 4, -1) if (at, operation) in names]
        result[-1].append(Step(int(thread), near[0] if near else f"{function} {operation}", int(found), int(left)))
    return result


class System:
    """Rules are methods that bear the operation's name; `at` is where a thread is in its operation, "" between two."""
    names = {}  # site -> method
    entries = ()  # sites at which an operation begins

    def __init__(self):
        self.at, self.mine, self.asleep = {}, {}, set()

    def step(self, s):
        if s.thread in self.asleep:
            raise Refused(f"{s}: its thread sleeps")
        rule = self.names.get(s.site)
        if rule is None:
            raise Refused(f"{s}: no transition has this name")
        here = self.at.get(s.thread, "")
        if here != ("" if s.site in self.entries else s.site):
            raise Refused(f"{s}: {here or 'a new operation'} has to come first")
        self.at[s.thread] = getattr(self, rule)(s)

    def demand(self, s, holds, what):
        if not holds:
            raise Refused(f"{s}: {what}")

    def finds(self, s, value, left=None):
        self.demand(s, s.found == value, f"finds {s.found}, where {value} is")
        self.demand(s, s.left == (value if left is None else left), f"leaves {s.left}, not {value if left is None else left}")


class WaitGroup(System):
    """proofs/spin/wait_group.pml, for add and done of one task at a time."""
    TASK = 1 << 32
    names = {"add fetch_add#1": "add", "done fetch_sub#1": "done", "release fetch_add#1": "move_on", "release wake_all_by_key": "wake",
             "none_left load#1": "look", "wait_registered load#1": "read_phase", "wait_registered load#2": "look_again",
             "wait_registered compare_exchange_weak#1": "register", "wait_registered load#3": "check_phase",
             "wait_registered wait": "sleep", "wait_registered fetch_sub#1": "leave"}
    entries = ("add fetch_add#1", "done fetch_sub#1", "none_left load#1")

    def __init__(self):
        super().__init__()
        self.word = self.phase = 0

    def add(self, s):
        self.finds(s, self.word, self.word + self.TASK)
        self.demand(s, self.word % self.TASK == 0, "a wait of the round before is still under way")
        self.word = s.left
        return ""

    def done(self, s):
        self.finds(s, self.word, self.word - self.TASK)
        self.word = s.left
        return "release fetch_add#1" if 0 < self.word < self.TASK else ""

    def move_on(self, s):
        self.finds(s, self.phase, self.phase + 2)
        self.phase = s.left
        return "release wake_all_by_key"

    def wake(self, s):
        self.demand(s, s.found == len(self.asleep), f"wakes {s.found} of {len(self.asleep)}")
        self.asleep.clear()
        return ""

    def look(self, s):
        self.finds(s, self.word)
        return "wait_registered load#1" if self.word >= self.TASK else ""

    def read_phase(self, s):
        self.finds(s, self.phase)
        self.mine[s.thread] = [self.phase, None]
        return "wait_registered load#2"

    def look_again(self, s):
        self.finds(s, self.word)
        self.mine[s.thread][1] = self.word
        return "wait_registered compare_exchange_weak#1" if self.word >= self.TASK else ""

    def register(self, s):
        same = self.word == self.mine[s.thread][1]
        self.finds(s, self.word, self.word + same)
        self.word = s.left
        return "wait_registered load#3" if same else "wait_registered load#1"

    def check_phase(self, s):
        self.finds(s, self.phase)
        return "wait_registered wait" if self.phase == self.mine[s.thread][0] else "wait_registered fetch_sub#1"

    def sleep(self, s):
        sleeps = self.phase == self.mine[s.thread][0]
        self.finds(s, self.phase, int(sleeps))
        if sleeps:
            self.asleep.add(s.thread)
        return "wait_registered load#3"

    def leave(self, s):
        self.finds(s, self.word, self.word - 1)
        self.word = s.left
        return ""


class MpmcRing(System):
    """The ring of proofs/spin/bounded_queue.pml at capacity 1, with the words as they are: a position counts laps in steps of 4, its low
    bit marks a closed tail; a turn is a lap, and one more where it is filled."""
    LAP, MARK = 4, 1
    names = {"claim_push load#1": "load_tail", "claim_push load#4": "load_tail", "is_closed load#1": "closed", "push_turn load#1": "look",
             "claim_push load#2": "look_behind", "claim_push load#3": "compare", "claim_push compare_exchange_weak#1": "claim",
             "fill store#2": "publish", "claim_pop load#1": "load_head", "claim_pop load#5": "load_head", "pop_turn load#1": "pop_look",
             "claim_pop load#2": "pop_look_behind", "claim_pop load#3": "pop_compare", "claim_pop load#4": "pop_look_last",
             "claim_pop compare_exchange_weak#1": "pop_claim", "~consumption store#1": "pass_on", "close fetch_or#1": "close"}
    entries = ("claim_push load#1", "claim_pop load#1", "close fetch_or#1")

    def __init__(self):
        super().__init__()
        self.tail = self.head = self.turn = 0

    def begin_push(self, s, pos):
        self.mine[s.thread] = [pos, None]
        return "is_closed load#1" if pos & self.MARK else "push_turn load#1"

    def load_tail(self, s):
        self.finds(s, self.tail)
        return self.begin_push(s, self.tail)

    def closed(self, s):
        self.finds(s, self.tail)
        self.demand(s, self.tail & self.MARK, "is told that it is open")
        return ""

    def look(self, s):
        self.finds(s, self.turn)
        ahead = self.turn - self.mine[s.thread][0]
        return ("claim_push compare_exchange_weak#1" if ahead == 0 else "claim_push load#2" if ahead < 0 else "claim_push load#4")

    def look_behind(self, s):
        self.finds(s, self.tail)
        self.mine[s.thread][1] = self.tail
        return "claim_push load#3"

    def compare(self, s):
        self.finds(s, self.head)
        pos, now = self.mine[s.thread]
        return "" if now == pos else self.begin_push(s, now)

    def claim(self, s):
        pos = self.mine[s.thread][0]
        same = self.tail == pos
        self.finds(s, self.tail, pos + self.LAP if same else self.tail)
        self.tail = s.left
        return "fill store#2" if same else self.begin_push(s, s.found)

    def publish(self, s):
        self.finds(s, self.mine[s.thread][0], self.mine[s.thread][0] + 1)
        self.turn = s.left
        return ""

    def begin_pop(self, s, pos):
        self.mine[s.thread] = [pos, None]
        return "pop_turn load#1"

    def load_head(self, s):
        self.finds(s, self.head)
        return self.begin_pop(s, self.head)

    def pop_look(self, s):
        self.finds(s, self.turn)
        ahead = self.turn - self.mine[s.thread][0]
        return ("claim_pop compare_exchange_weak#1" if ahead == 1 else "claim_pop load#2" if ahead <= 0 else "claim_pop load#5")

    def pop_look_behind(self, s):
        self.finds(s, self.head)
        self.mine[s.thread][1] = self.head
        return "claim_pop load#3"

    def pop_compare(self, s):
        self.finds(s, self.tail)
        pos, now = self.mine[s.thread]
        return "" if now == pos and self.tail & ~self.MARK == pos else "claim_pop load#4"

    def pop_look_last(self, s):
        self.finds(s, self.head)
        pos, now = self.mine[s.thread]
        return "" if now == pos == self.head else self.begin_pop(s, self.head)

    def pop_claim(self, s):
        pos = self.mine[s.thread][0]
        same = self.head == pos
        self.finds(s, self.head, pos + self.LAP if same else self.head)
        self.head = s.left
        return "~consumption store#1" if same else self.begin_pop(s, s.found)

    def pass_on(self, s):
        self.finds(s, self.mine[s.thread][0] + 1, self.mine[s.thread][0] + self.LAP)
        self.turn = s.left
        return ""

    def close(self, s):
        self.finds(s, self.tail, self.tail | self.MARK)
        self.tail = s.left
        return ""


# primitive -> its header, its system, and the files of proofs/ that speak of the same steps
SYSTEMS = {
    "mpmc_ring": ("primitives/sluice/mpmc_ring.hpp", MpmcRing, ("iris/mpmc_ring.v", "weak/mpmc_ring.v", "spin/bounded_queue.pml")),
    "wait_group": ("primitives/sluice/wait_group.hpp", WaitGroup, ("iris/wait_group.v", "spin/wait_group.pml")),
}


def refusal(system, trace):
    """Why the system does not allow the run, or ""."""
    run = system()
    try:
        for s in trace:
            run.step(s)
    except Refused as why:
        return str(why)
    return next((f"thread {t} ends before {at}" for t, at in run.at.items() if at), "")


def spoilt(trace, rng):
    """The run with one operation left out, or with two neighbours of different threads exchanged; and how."""
    i = rng.randrange(len(trace) - 1)
    if rng.random() < 0.5 or trace[i].thread == trace[i + 1].thread:
        return trace[:i] + trace[i + 1:]
    return trace[:i] + [trace[i + 1], trace[i]] + trace[i + 2:]


def check(root, name, build, seed=1):
    """(sentences, runs, operations, spoilt ones refused) for one primitive."""
    header, system, _ = SYSTEMS[name]
    program = build / "models" / f"{name}_trace_record"
    if not program.exists():
        return [f"{program.name} was not built"], 0, 0, 0
    runs, rng = traces(root, header, program), random.Random(seed)
    found = [f"run {i} of {name} is none of the transition system: {why}" for i, t in enumerate(runs, 1) if (why := refusal(system, t))]
    unmet = set(system.names) - {s.site for t in runs for s in t}
    found += [f"no run of {name} performs {site}" for site in sorted(unmet)]
    refused = sum(bool(refusal(system, spoilt(t, rng))) for t in runs)
    if 2 * refused < len(runs):
        found.append(f"of {len(runs)} spoilt runs of {name} only {refused} are refused: the transition system allows too much")
    return found, len(runs), sum(map(len, runs)), refused
