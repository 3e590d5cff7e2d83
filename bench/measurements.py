"""What the benchmark programs measured, read back: names and medians. bars.py compares them.

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


def whole_part(text):
    """What Google Benchmark had written when it was stopped, up to the last case that it finished, as a document; or None."""
    end = text.rfind("\n    }")
    if '"benchmarks": [' not in text[:max(end, 0)]:
        return None
    try:
        return json.loads(text[:end] + "\n    }\n  ]\n}")
    except json.JSONDecodeError:
        return None


def append_document(path, newer):
    """Adds what Google Benchmark wrote to `newer`, or began to, to what an earlier round left in `path`; removes `newer`."""
    try:
        document = _load(newer)
    except ValueError:
        document = whole_part(newer.read_text(encoding="utf-8", errors="replace"))
        if document is None:
            newer.unlink()
            return
    if path.is_file():
        document["benchmarks"] = _load(path)["benchmarks"] + document["benchmarks"]
    newer.write_text(json.dumps(document), encoding="utf-8")
    newer.replace(path)


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


def order_of(case):
    return case.threads, case.who, case.capacity or 0


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
