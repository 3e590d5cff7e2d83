"""What the benchmark programs measured, read back: names, medians, and the ratios that matter.

A case is named <subject>/<workload>/<producers>+<consumers>/cap:<n>, with "one" for P+C where one thread does both;
limits are <limit>/<name>/<P+C or one>. Used by bench/run.py and report/make.py. Standard library only.
"""

import json
import pathlib
import re
import statistics
from dataclasses import dataclass, field

_NAME = re.compile(r"(?P<subject>\w+)/(?P<workload>\w+)/(?P<who>one|\d+\+\d+)(?:/cap:(?P<capacity>\d+))?$")
_SUFFIX = re.compile(r"/(manual_time|real_time|process_time|iterations:\d+|repeats:\d+|min_time:[\d.]+)(?=/|$)")
PERCENTILES = {"p50_ns": "half within", "p99_ns": "99 %", "p999_ns": "99.9 %"}
_TO_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


@dataclass
class Case:
    """One benchmark of one program: a value per repetition, in the order they ran."""
    program: str
    subject: str
    workload: str
    who: str
    capacity: int | None
    ns: list = field(default_factory=list)  # per item: one element, one pair, one round trip, one addition
    errors: list = field(default_factory=list)
    percentiles: dict = field(default_factory=dict)  # name -> ns, a value per repetition; of round trips alone

    @property
    def median_ns(self):
        return statistics.median(self.ns) if self.ns else None

    @property
    def rates(self):
        """Items per second, one value per repetition."""
        return [1e9 / ns for ns in self.ns if ns > 0]

    @property
    def threads(self):
        return 1 if self.who == "one" else sum(map(int, self.who.split("+")))

    @property
    def name(self):
        cap = "" if self.capacity is None else f"/cap:{self.capacity}"
        return f"{self.subject}/{self.workload}/{self.who}{cap}"


@dataclass
class Run:
    """One machine's results: its facts, and its cases by (program, subject, workload, who, capacity)."""
    machine: dict
    cases: dict
    title: str = "this machine"

    def case(self, program, subject, workload, who, capacity=None):
        found = self.cases.get((program, subject, workload, who, capacity))
        return found if found and found.ns else None

    def select(self, program=None, subject=None, workload=None):
        return [c for c in self.cases.values() if c.ns and program in (None, c.program)
                and subject in (None, c.subject) and workload in (None, c.workload)]

    @property
    def busy(self):
        """A sentence if others used the machine when the run began: threads then share CPUs as the scheduler likes."""
        in_use, cores = self.machine.get("in_use_before") or 0, self.machine.get("cores") or 1
        if in_use < 0.1 * cores:
            return ""
        return (f"Others kept {in_use:g} of {cores} CPUs busy when this run began. What one thread pays is CPU time and "
                "holds; throughput and latency between threads say little.")

    @property
    def errors(self):
        return [f"{c.program}: {c.name}: {e}" for c in self.cases.values() for e in c.errors]


def parse_name(name):
    """(subject, workload, who, capacity), or None for a name that does not follow the rule."""
    match = _NAME.match(_SUFFIX.sub("", name))
    if not match:
        return None
    capacity = match["capacity"]
    return match["subject"], match["workload"], match["who"], None if capacity is None else int(capacity)


def _per_item_ns(entry, who):
    """Time per item. Google Benchmark's times are per iteration, which may be many items.

    One thread alone counts the CPU's time, so that being interrupted does not count; several count the wall's.
    """
    time = entry["cpu_time" if who == "one" else "real_time"] * _TO_NS[entry.get("time_unit", "ns")]
    rate = entry.get("items_per_second")
    return 1e9 / rate if rate else time


def add_program(cases, program, document):
    """Adds what Google Benchmark wrote as JSON for one program."""
    for entry in document.get("benchmarks", []):
        parsed = parse_name(entry.get("run_name") or entry["name"])
        if entry.get("run_type") == "aggregate" or not parsed:
            continue
        case = cases.setdefault((program, *parsed), Case(program, *parsed))
        if entry.get("error_occurred"):
            case.errors.append(entry.get("error_message", "failed"))
        else:
            case.ns.append(_per_item_ns(entry, case.who))
            for name in PERCENTILES:
                if name in entry:
                    case.percentiles.setdefault(name, []).append(entry[name])


def read_folder(folder):
    """The run that bench/run.py left in a folder, or None if there is nothing. Raises ValueError on a broken file."""
    folder = pathlib.Path(folder)
    cases, context = {}, {}
    for path in sorted(folder.glob("*_bench.json")):
        document = _load(path)
        context = document.get("context", context)
        add_program(cases, path.stem, document)
    if not cases:
        return None
    facts = folder / "machine.json"
    machine = _load(facts) if facts.is_file() else {"cores": context.get("num_cpus"), "date": context.get("date")}
    for key in ("threads", "peers", "build", "compiler"):
        machine.setdefault(key, context.get(key))
    return Run(machine, cases, machine.get("name") or "this machine")


def read_saved(path):
    """A run kept in one file under bench/results/."""
    document = _load(pathlib.Path(path))
    cases = {}
    for row in document["cases"]:
        parsed = parse_name(row["name"])
        if parsed:
            cases[(row["program"], *parsed)] = Case(row["program"], *parsed, ns=row["ns"])
    return Run(document["machine"], cases, document["machine"].get("name") or pathlib.Path(path).stem)


def save(run, path, name):
    """Keeps a run as one small file: per case, nanoseconds per item and repetition."""
    rows = [{"program": c.program, "name": c.name, "ns": [round(ns, 3) for ns in c.ns]}
            for c in run.cases.values() if c.ns]
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    machine = json.dumps({**run.machine, "name": name}, indent=1)
    pathlib.Path(path).write_text(f'{{"machine": {machine},\n "cases": [\n{lines}\n]}}\n', encoding="utf-8")


def _load(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: {error}") from error


@dataclass
class Ratio:
    """How two medians of one program in one run compare, and the bar, if there is one."""
    what: str
    group: str
    value: float
    figures: str
    bar: str = ""
    met: bool | None = None
    row: str = ""  # of a table over P+C and capacity
    column: str = ""


LIMITS = ("fetch_add_x2", "load_compare_exchange_x2", "exchange_x2")
PAIR_BAR, QUEUE_BAR, BASELINE_BAR = 1.5, 1.5, 10.0


def order_of(case):
    return case.threads, case.who, case.capacity or 0


def ratios(run):
    """The ratios that matter, in the order in which a reader asks for them."""
    return [*_against_limits(run), *_queue_over_ring(run), *_over_baseline(run, "bounded_queue_bench", "bounded_queue",
            "mutex_queue", BASELINE_BAR), *_over_baseline(run, "mpmc_ring_bench", "mpmc_ring", "mutex_ring", None),
            *_synchronisation(run), *_chan(run), *_maps(run)]


# Of sync_bench: subject, workload, P+C, beside which subject and workload, bar: the time per item is at most so many times
# the other's.
SYNC = (
    ("wait_group", "add_done", "one", "limit", "fetch_add_x2", 1.1),
    ("wait_group", "countdown", "1+1", "std_latch", "countdown", round(1 / 0.95, 3)),
    ("wait_group", "cycle", "1+1", "futex_loop", "cycle", 1.1),
    ("wait_group", "cycle", "1+1", "std_latch", "cycle", None),
    ("wait_group", "cycle", "1+1", "absl_notification", "cycle", None),
    ("once", "done", "one", "limit", "acquire_load", 1.1),
    ("once", "done", "one", "std_call_once", "done", None),
    ("once", "done", "one", "absl_call_once", "done", None),
    ("mutex", "lock_unlock", "one", "std_mutex", "lock_unlock", 0.9),
    ("mutex", "lock_unlock", "one", "absl_mutex", "lock_unlock", None),
    ("mutex", "contended", "1+1", "std_mutex", "contended", 1.0),
    ("mutex", "contended", "2+2", "std_mutex", "contended", 1.0),
    ("mutex", "contended", "2+2", "absl_mutex", "contended", None),
    ("rw_mutex", "lock_unlock", "one", "std_shared_mutex", "lock_unlock", None),
    ("rw_mutex", "lock_unlock_shared", "one", "std_shared_mutex", "lock_unlock_shared", None),
    ("rw_mutex", "contended", "2+2", "std_shared_mutex", "contended", None),
    ("rw_mutex", "readers", "1+1", "std_shared_mutex", "readers", None),
    ("cond", "turns", "1+1", "std_condition_variable", "turns", None),
    ("semaphore", "acquire_release", "one", "std_semaphore", "acquire_release", None),
)


def _synchronisation(run):
    for subject, workload, who, other, beside, bar in SYNC:
        mine = run.case("sync_bench", subject, workload, who)
        theirs = run.case("sync_bench", other, beside, who)
        if mine and theirs:
            yield _at_most(f"{subject} {workload}, {who} / {other} {beside}", "Synchronisation: time per item", mine, theirs, bar)


# Of sync_map_bench: reads in percent, and what an operation may cost at most beside the best peer that Debian has.
MAPS = ((99, round(1 / 1.5, 3)), (90, round(1 / 1.2, 3)), (50, 1.0))


def _maps(run):
    for reads, bar in MAPS:
        for keys in ("1k", "1M"):
            workload = f"{reads}_{keys}"
            beside = [("1+1", "tbb_hash_map", bar), ("1+1", "sharded_map", 1.0), ("2+2", "sharded_map", 1.0)]
            if reads == 99:
                beside.append(("one", "mutex_map", bar))
            for who, other, at_most in beside:
                mine = run.case("sync_map_bench", "sync_map", workload, who)
                theirs = run.case("sync_map_bench", other, workload, who)
                if mine and theirs:
                    yield _at_most(f"sync_map {workload}, {who} / {other}", "Maps: time per operation", mine, theirs, at_most)


def _at_most(what, group, mine, other, bar):
    value = mine.median_ns / other.median_ns
    figures = f"{mine.median_ns:.2f} ns / {other.median_ns:.2f} ns"
    return Ratio(what, group, value, figures, f"≤ {bar}×" if bar else "", value <= bar if bar else None)


def _against_limits(run):
    pairs = [c for c in run.select("mpmc_ring_bench", "mpmc_ring", "pair") if c.who == "one"]
    for pair in sorted(pairs, key=order_of):
        for limit in LIMITS:
            if bound := run.case("mpmc_ring_bench", "limit", limit, "one"):
                yield _at_most(f"mpmc_ring push+pop, capacity {pair.capacity} / {limit}",
                               "One thread: mpmc_ring against two uncontended RMWs", pair, bound, PAIR_BAR)


def _queue_over_ring(run):
    for queue in sorted(run.select("bounded_queue_bench", "bounded_queue", "pair"), key=order_of):
        if ring := run.case("bounded_queue_bench", "mpmc_ring", "pair", "one", queue.capacity):
            yield _at_most(f"bounded_queue push+pop / mpmc_ring, capacity {queue.capacity}",
                           "One thread: bounded_queue, nobody parked, against mpmc_ring", queue, ring, QUEUE_BAR)


def _over_baseline(run, program, subject, baseline, bar):
    for mine in sorted(run.select(program, subject, "throughput"), key=order_of):
        if other := run.case(program, baseline, "throughput", mine.who, mine.capacity):
            value = other.median_ns / mine.median_ns
            yield Ratio(f"{mine.who}, capacity {mine.capacity}", f"Throughput: {subject} / {baseline}", value,
                        f"{rate(1e9 / mine.median_ns)} / {rate(1e9 / other.median_ns)}",
                        f"≥ {bar:g}×" if bar else "", value >= bar if bar else None,
                        row=mine.who, column=str(mine.capacity))


def _chan(run):
    """chan and select against limits and baselines; capacity 0 is a rendezvous."""
    program = "chan_bench"
    for pair in sorted(run.select(program, "chan", "pair"), key=order_of):
        if bound := run.case(program, "limit", LIMITS[0], "one"):
            yield _at_most(f"chan push+pop, capacity {pair.capacity} / {LIMITS[0]}",
                           "One thread: chan against two uncontended RMWs", pair, bound, PAIR_BAR)
    yield from _over_baseline(run, program, "chan", "mutex_queue", BASELINE_BAR)
    mine, bound = (run.case(program, s, "round_trip", "1+1", 0) for s in ("chan", "limit"))
    if mine and bound:
        yield _at_most("rendezvous round trip / futex ping-pong", "Latency: chan", mine, bound, PAIR_BAR)
    for mine in sorted((c for c in run.select(program, "chan") if re.match(r"select\d+(_pair)?$", c.workload)),
                       key=lambda c: (c.workload, c.who)):
        if other := run.case(program, "mutex_queue", mine.workload, mine.who, mine.capacity):
            yield _at_most(f"{mine.workload}, {mine.who}", "select / one mutex around all channels", mine, other,
                           1.0 if mine.who == "one" else None)


def rate(per_second):
    """Items per second for a reader."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if per_second >= 0.9995 * limit:
            return f"{per_second / limit:.3g} {unit}/s"
    return f"{per_second:.3g} /s"


def duration(ns):
    """A time for a reader."""
    for limit, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if ns >= 0.9995 * limit:
            return f"{ns / limit:.3g} {unit}"
    return f"{ns:.3g} ns"
