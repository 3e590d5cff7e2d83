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
    word: int = 0  # which one it is about


def traces(root, headers, program):
    """What the program told, as [[Step]]."""
    output = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    names, result = {h: skeleton.written(root, h) for h in headers}, []
    for text in output.splitlines():
        if text.startswith("trace "):
            result.append([])
            continue
        thread, file, line, function, operation, found, left, word = text.split(" ")
        header = next((h for h in headers if file.endswith(h)), None)
        if header is None:
            continue
        near = [names[header][at, operation] for at in range(int(line), int(line) - 4, -1) if (at, operation) in names[header]]
        result[-1].append(Step(int(thread), near[0] if near else f"{function} {operation}", int(found), int(left), int(word)))
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

    def unfinished(self):
        """What a thread owes at the end of the run, or ""."""
        return next((f"thread {t} ends before {at}" for t, at in self.at.items() if at), "")

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


class Once(System):
    """iris/once.v and weak/once.v, whose program this is: a word that says idle, running, awaited or over."""
    IDLE, RUNNING, AWAITED, OVER = range(4)
    names = {"done load#1": "first_look", "call_slowly load#1": "look", "call_slowly compare_exchange_weak#1": "claim",
             "call_slowly compare_exchange_weak#2": "await_it", "call_slowly wait": "sleep", "settle exchange#1": "settle",
             "settle wake_all_by_key": "wake"}
    entries = ("done load#1",)

    def __init__(self):
        super().__init__()
        self.word = self.IDLE

    def first_look(self, s):
        self.finds(s, self.word)
        return "" if self.word == self.OVER else "call_slowly load#1"

    def look(self, s):
        self.finds(s, self.word)
        return {self.OVER: "", self.IDLE: "call_slowly compare_exchange_weak#1", self.RUNNING: "call_slowly compare_exchange_weak#2",
                self.AWAITED: "call_slowly wait"}[self.word]

    def swap(self, s, expected, desired):
        same = self.word == expected
        self.finds(s, self.word, desired if same else self.word)
        self.word = s.left
        return same

    def claim(self, s):
        return "settle exchange#1" if self.swap(s, self.IDLE, self.RUNNING) else "call_slowly load#1"

    def await_it(self, s):
        return "call_slowly wait" if self.swap(s, self.RUNNING, self.AWAITED) else "call_slowly load#1"

    def sleep(self, s):
        sleeps = self.word == self.AWAITED
        self.finds(s, self.word, int(sleeps))
        if sleeps:
            self.asleep.add(s.thread)
        return "call_slowly load#1"

    def settle(self, s):
        self.demand(s, self.word in (self.RUNNING, self.AWAITED), "nobody runs the function")
        self.finds(s, self.word, s.left)
        self.demand(s, s.left in (self.IDLE, self.OVER), f"leaves {s.left}")
        self.word = s.left
        return "settle wake_all_by_key" if s.found == self.AWAITED else ""

    def wake(self, s):
        self.demand(s, s.found == len(self.asleep), f"wakes {s.found} of {len(self.asleep)}")
        self.asleep.clear()
        return ""


class Election(System):
    """proofs/spin/select.pml where it is tied: of the claims of one select one succeeds, whoever made it rings that select's bell once, and
    its owner goes on only then, with the case that was claimed. What is done under the locks, in between, is not in the run."""
    UNDECIDED = (1 << 32) - 1
    SILENT, ASLEEP, RUNG = range(3)
    names = {"elect compare_exchange_strong#1": "elect", "ring exchange#1": "ring", "ring wake_by_key": "wake",
             "wait compare_exchange_weak#1": "fall_asleep", "has_rung load#1": "look", "wait wait": "sleep", "winner load#1": "fire"}
    entries = ("elect compare_exchange_strong#1", "ring exchange#1", "wait compare_exchange_weak#1")

    def __init__(self):
        super().__init__()
        self.winner, self.bell = {}, {}  # word -> value
        self.owes = {}  # thread -> the winner's word of the select that it has claimed, and not rung
        self.rung_for = {}  # bell -> the same, of who rang it
        self.hears, self.has_slept = {}, {}  # thread -> its bell; whether it has slept since it last tried to

    def unfinished(self):
        return super().unfinished() or next((f"thread {t} ends before ring exchange#1" for t in self.owes), "")

    def elect(self, s):
        now = self.winner.get(s.word, self.UNDECIDED)
        won = now == self.UNDECIDED
        self.finds(s, now, s.left if won else now)
        if won:
            self.demand(s, s.left != self.UNDECIDED, "decides for nobody")
            self.demand(s, s.thread not in self.owes, "has claimed another, and not rung")
            self.owes[s.thread] = s.word
        self.winner[s.word] = s.left
        return ""

    def ring(self, s):
        now = self.bell.get(s.word, self.SILENT)
        self.demand(s, s.thread in self.owes, "rings for a select that it has not claimed")
        self.demand(s, now != self.RUNG, "rings twice")
        self.finds(s, now, self.RUNG)
        self.bell[s.word], self.rung_for[s.word] = self.RUNG, self.owes.pop(s.thread)
        self.mine[s.thread] = s.word
        return "ring wake_by_key" if now == self.ASLEEP else ""

    def wake(self, s):
        woken = {t for t in self.asleep if self.hears[t] == self.mine[s.thread]}
        self.demand(s, s.found == len(woken), f"wakes {s.found} of {len(woken)}")
        self.asleep -= woken
        return ""

    def fall_asleep(self, s):
        now = self.bell.get(s.word, self.SILENT)
        self.finds(s, now, now or self.ASLEEP)
        self.bell[s.word], self.hears[s.thread], self.has_slept[s.thread] = s.left, s.word, False
        return "has_rung load#1"

    def look(self, s):
        self.demand(s, s.word == self.hears[s.thread], "is another's bell")
        self.finds(s, self.bell[s.word])
        if self.bell[s.word] == self.RUNG:
            return "winner load#1"
        return "" if self.has_slept[s.thread] else "wait wait"

    def sleep(self, s):
        sleeps = self.bell[s.word] == self.ASLEEP
        self.finds(s, self.bell[s.word], int(sleeps))
        self.has_slept[s.thread] = True
        if sleeps:
            self.asleep.add(s.thread)
        return "has_rung load#1"

    def fire(self, s):
        self.demand(s, self.rung_for[self.hears[s.thread]] == s.word, "was rung for another select")
        self.finds(s, self.winner[s.word])
        return ""


# primitive -> its headers, its system, and the files of proofs/ that speak of the same steps
SYSTEMS = {
    "mpmc_ring": (["primitives/sluice/mpmc_ring.hpp"], MpmcRing,
                  ("iris/mpmc_ring.v", "weak/mpmc_ring.v", "weak/close.v", "spin/bounded_queue.pml")),
    "wait_group": (["primitives/sluice/wait_group.hpp"], WaitGroup, ("iris/wait_group.v", "weak/wait_group.v", "spin/wait_group.pml")),
    "once": (["primitives/sluice/once.hpp"], Once, ("iris/once.v", "weak/once.v")),
    "select": (["primitives/sluice/detail/waiter.hpp", "primitives/sluice/detail/bell.hpp"], Election,
               ("iris/waiter.v", "spin/select.pml")),
}


def refusal(system, trace):
    """Why the system does not allow the run, or ""."""
    run = system()
    try:
        for s in trace:
            run.step(s)
    except Refused as why:
        return str(why)
    return run.unfinished()


def spoilt(trace, rng):
    """The run with one operation left out, or with two neighbours of different threads exchanged; and how."""
    i = rng.randrange(len(trace) - 1)
    if rng.random() < 0.5 or trace[i].thread == trace[i + 1].thread:
        return trace[:i] + trace[i + 1:]
    return trace[:i] + [trace[i + 1], trace[i]] + trace[i + 2:]


def check(root, name, build, seed=1):
    """(sentences, runs, operations, spoilt ones refused) for one primitive."""
    headers, system, _ = SYSTEMS[name]
    program = build / "models" / f"{name}_trace_record"
    if not program.exists():
        return [f"{program.name} was not built"], 0, 0, 0
    try:
        runs, rng = traces(root, headers, program), random.Random(seed)
    except subprocess.CalledProcessError as e:
        return [f"{program.name} ended with {e.returncode}: somebody sleeps for ever, or worse"], 0, 0, 0
    found = [f"run {i} of {name} is none of the transition system: {why}" for i, t in enumerate(runs, 1) if (why := refusal(system, t))]
    unmet = set(system.names) - {s.site for t in runs for s in t}
    found += [f"no run of {name} performs {site}" for site in sorted(unmet)]
    refused = sum(bool(refusal(system, spoilt(t, rng))) for t in runs)
    if 2 * refused < len(runs):
        found.append(f"of {len(runs)} spoilt runs of {name} only {refused} are refused: the transition system allows too much")
    return found, len(runs), sum(map(len, runs)), refused
