# SPDX-License-Identifier: BSL-1.0
"""Mutants: each order of a primitive's headers weakened by each legal step, each fence left out, each strong
compare-exchange made weak; one at a time.

The programs report every operation that their clients perform (file, line, function, operation, order). From these come
the mutants; models/<primitive>/mutants is the table that says which client kills each. A row names an operation by
function and ordinal, not by line, so that edits above it do not touch the table.
"""
import dataclasses
import pathlib
import re

LOAD = {"seq_cst": ["acquire", "relaxed"], "acquire": ["relaxed"], "consume": ["relaxed"]}
STORE = {"seq_cst": ["release", "relaxed"], "release": ["relaxed"]}
BOTH = {"seq_cst": ["acq_rel", "acquire", "release", "relaxed"], "acq_rel": ["acquire", "release", "relaxed"],
        "acquire": ["relaxed"], "release": ["relaxed"]}
TAG = re.compile(r"\[([a-z_]+)\]")
# What the audit has to have met: an order that can be weakened, a fence, a strong compare-exchange.
ORDERED = re.compile(r"memory_order_(seq_cst|acq_rel|acquire|release|consume)\b|\bfence(_light|_heavy)?\(|"
                     r"\bcompare_exchange_strong\(")


def weaker(operation, which, order):
    """What may stand in the order's place, strongest first. `relaxed` leaves a fence out."""
    if operation in ("fence_light", "fence_heavy"):
        return ["relaxed"]
    if operation == "load" or which == 1:
        return LOAD.get(order, [])
    steps = (STORE if operation == "store" else BOTH).get(order, [])
    return [*steps, "weak"] if operation == "compare_exchange_strong" else steps


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    line: int
    function: str
    operation: str
    ordinal: int
    which: int
    order: str
    to: str
    edge: str

    @property
    def part(self):
        return "failure" if self.which else "success"

    @property
    def place(self):
        """The order that it weakens, without what it becomes."""
        return f"{self.file} {self.function} {self.operation}#{self.ordinal} {self.part}"

    @property
    def key(self):
        return f"{self.place} {self.order} {self.to}"

    @property
    def argument(self):
        """For a program's --weaken."""
        return f"{self.file}:{self.line}:{self.operation}:{self.which}:{self.to}"

    @property
    def step(self):
        if self.to == "weak":
            return "strong -> weak"
        left_out = self.operation.startswith("fence") and self.to == "relaxed"
        return "left out" if left_out else f"{self.order} -> {self.to}"

    def describe(self):
        part = " (failure)" if self.which else ""
        return f"{pathlib.Path(self.file).name}:{self.line} {self.function} {self.operation}{part} {self.step} {self.edge}"


def code_of(line):
    return line.split("//")[0]


def statement(lines, line):
    """The source lines (numbered from 1) of the statement around `line`."""
    def ends(i):
        code = code_of(lines[i - 1]).rstrip()
        return code.endswith((";", "{", "}", ":")) or not code.strip()
    first = last = line
    while first > 1 and not ends(first - 1):
        first -= 1
    while last < len(lines) and not ends(last):
        last += 1
    return range(first, last + 1)


def tags_on(lines, line):
    code, _, comment = lines[line - 1].partition("//")
    return TAG.findall(comment) if code.strip() else []


def edge_of(lines, line, which, operation):
    """The tags beside the order itself, or else those of its statement."""
    tokens = [n for n in statement(lines, line) for _ in re.findall(r"memory_order_", code_of(lines[n - 1]))]
    near = tags_on(lines, tokens[min(which, len(tokens) - 1)]) if tokens and not operation.startswith("fence_") else []
    found = near or [t for n in statement(lines, line) for t in tags_on(lines, n)]
    return "".join(f"[{t}]" for t in dict.fromkeys(found))


class Source:
    """The headers that a primitive's table owns, and the operations that its clients perform in them."""

    def __init__(self, root, owned, sites):
        self.lines = {file: (root / file).read_text().splitlines() for file in owned}
        self.sites = {}  # (file, line, operation, which) -> (function, order)
        self.columns = {}
        for s in sites:
            for file in owned:
                if s["file"].endswith(file) and self.is_written(file, s["line"], s["operation"]):
                    key = (file, s["line"], s["operation"], s["which"])
                    self.sites[key] = (s["function"].split("<")[0], s["order"])
                    self.columns.setdefault(key, set()).add(s.get("column", 0))

    def is_written(self, file, line, operation):
        """Not, for example, the read of a stop request that stands in the engine but bears the place of the wait."""
        lines = self.lines[file]
        return any(re.search(rf"\b{operation}\b", code_of(lines[n - 1])) for n in statement(lines, line))

    def mutants(self):
        """Every mutant, in source order."""
        result, ordinals = [], {}
        for (file, line, operation, which), (function, order) in sorted(self.sites.items()):
            place = (file, function, operation, which)
            ordinals[place] = ordinals.get(place, 0) + 1
            edge = edge_of(self.lines[file], line, which, operation)
            result += [Mutant(file, line, function, operation, ordinals[place], which, order, to, edge)
                       for to in weaker(operation, which, order)]
        return result

    def operations(self):
        """How many atomic operations and fences the clients perform."""
        return sum(which == 0 for _, _, _, which in self.sites)

    def unmet(self):
        """What is ordered or tagged, and no client performs; and what cannot be told apart."""
        for file, lines in self.lines.items():
            met = {n for f, line, _, _ in self.sites if f == file for n in statement(lines, line)}
            for n, text in enumerate(lines, 1):
                if n not in met and (tags_on(lines, n) or ORDERED.search(code_of(text))):
                    yield f"{file}:{n}: no client performs this operation: {text.strip()}"
        for (file, line, operation, which), columns in sorted(self.columns.items()):
            if len(columns - {0}) > 1 and which == 0:
                yield f"{file}:{line}: more than one {operation}; give each a line of its own, for the audit names them by line"


def unowned(root):
    """Headers with an order that no table claims. platform*.hpp is what lies beneath the seam, where no engine looks."""
    owned = {file for table in (root / "models").glob("*/mutants") for file in Table(root, table.parent.name).owned}
    for path in sorted((root / "primitives").rglob("*.hpp")):
        file = path.relative_to(root).as_posix()
        if file not in owned and not path.name.startswith("platform"):
            for n, text in enumerate(path.read_text().splitlines(), 1):
                if ORDERED.search(code_of(text)):
                    yield f"{file}:{n}: no models/<primitive>/mutants has '# owns {file}'"
                    break


STANDINGS = ("redundant", "undecided")


@dataclasses.dataclass
class Row:
    """Who kills a mutant: a client per engine ("" where the table names none: either). Or how it stands, and why."""
    edge: str
    killers: dict = dataclasses.field(default_factory=dict)
    standing: str = ""
    reason: str = ""

    @staticmethod
    def parse(edge, who, reason):
        who = {"unkilled": "undecided"}.get(who, who)
        if who == "-" or who in STANDINGS:
            return Row(edge, {}, "" if who == "-" else who, reason)
        pairs = [w.rpartition(":") for w in who.split(",")]
        return Row(edge, {engine: client for engine, _, client in pairs})

    @property
    def kept(self):
        """No client kills it, and the row says why the order stays."""
        return self.standing in STANDINGS and self.reason.startswith("because ")

    def __str__(self):
        who = ",".join(f"{engine}:{client}" if engine else client for engine, client in sorted(self.killers.items()))
        return f"{self.edge} {who or self.standing or '-'} {self.reason}".rstrip()


class Table:
    """models/<primitive>/mutants: '# owns FILE' lines, then FILE FUNCTION OPERATION#N PART FROM TO EDGE WHO.

    WHO is ENGINE:CLIENT, or two of them with a comma between, or a bare CLIENT that kills under either engine; or
    `redundant because ...`, or `undecided because ...`.
    """
    HEAD = "# file  function  operation#n  part  from  to  edge  who kills it, or how it stands and why\n"

    def __init__(self, root, primitive):
        self.path = root / "models" / primitive / "mutants"
        self.owned, self.rows = [], {}
        for line in self.path.read_text().splitlines() if self.path.exists() else []:
            if line.startswith("# owns "):
                self.owned.append(line.removeprefix("# owns ").strip())
            elif line.strip() and not line.startswith("#"):
                self.add(line)

    def add(self, line):
        fields = line.split(maxsplit=8)
        if len(fields) < 8:
            raise ValueError(f"{self.path}: a row has 8 columns or more, not {len(fields)}: {line}")
        *key, edge, who, reason = (fields + [""])[:9]
        self.rows[" ".join(key)] = Row.parse(edge, who, reason)

    def row(self, mutant):
        return self.rows.get(mutant.key, Row(mutant.edge or "-"))

    def differences(self, found):
        keys = {m.key for m in found}
        for m in found:
            row = self.row(m)
            if m.key not in self.rows:
                yield f"the table has no row for {m.describe()}"
            elif row.edge != (m.edge or "-"):
                yield f"the table has edge {row.edge} for {m.describe()}"
            elif not row.killers and not row.kept:
                yield f"no client kills {m.describe()}"
        for key in self.rows:
            if key not in keys:
                yield f"the table names an operation or order that is no longer there: {key}"

    def write(self, found, rows):
        """`rows`: one for each of the mutants."""
        self.rows = {m.key: dataclasses.replace(rows[m.key], edge=m.edge or "-") for m in found}
        text = "".join(f"# owns {file}\n" for file in self.owned) + self.HEAD
        self.path.write_text(text + "".join(f"{m.key} {self.rows[m.key]}\n" for m in found))
