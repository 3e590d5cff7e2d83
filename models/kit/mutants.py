# SPDX-License-Identifier: BSL-1.0
"""Mutants: each non-relaxed order of a primitive's headers, weakened by each legal step, one at a time.

The program reports every operation that its clients perform (file, line, function, operation, order). From these come
the mutants; models/<primitive>/mutants is the table that says which client kills each. A row names an operation by
function and ordinal, not by line, so that edits above it do not touch the table.
"""
import dataclasses
import pathlib
import re

LOAD = {"seq_cst": ["acquire", "relaxed"], "acquire": ["relaxed"]}
STORE = {"seq_cst": ["release", "relaxed"], "release": ["relaxed"]}
MODIFY = {"seq_cst": ["acq_rel", "relaxed"], "acq_rel": ["acquire", "release"], "acquire": ["relaxed"],
          "release": ["relaxed"]}
TAG = re.compile(r"\[([a-z_]+)\]")


def weaker(operation, which, order):
    if operation.startswith("fence_"):
        return ["relaxed"]  # left out
    if operation == "load" or which == 1:
        return LOAD.get(order, [])
    return (STORE if operation == "store" else MODIFY).get(order, [])


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
    def key(self):
        part = "failure" if self.which else "success"
        return f"{self.file} {self.function} {self.operation}#{self.ordinal} {part} {self.order} {self.to}"

    @property
    def argument(self):
        return f"{self.file}:{self.line}:{self.operation}:{self.which}:{self.to}"

    def describe(self):
        what = "left out" if self.operation.startswith("fence_") else f"{self.order} -> {self.to}"
        part = " (failure)" if self.which else ""
        return f"{pathlib.Path(self.file).name}:{self.line} {self.function} {self.operation}{part} {what} {self.edge}"


def statement(lines, line):
    """The source lines (numbered from 1) of the statement around `line`."""
    def ends(i):
        code = lines[i - 1].split("//")[0].rstrip()
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
    tokens = [n for n in statement(lines, line) for _ in re.findall(r"memory_order_", lines[n - 1].split("//")[0])]
    near = tags_on(lines, tokens[min(which, len(tokens) - 1)]) if tokens and not operation.startswith("fence_") else []
    found = near or [t for n in statement(lines, line) for t in tags_on(lines, n)]
    return "".join(f"[{t}]" for t in dict.fromkeys(found))


def mutants_of(root, owned, sites):
    """Every mutant of the files in `owned`, of the operations in `sites`, in source order."""
    seen = {}
    for s in sites:
        for file in owned:
            if s["file"].endswith(file):
                seen[(file, s["line"], s["operation"], s["which"])] = (s["function"].split("<")[0], s["order"])
    result, ordinals = [], {}
    for (file, line, operation, which), (function, order) in sorted(seen.items()):
        place = (file, function, operation, which)
        ordinals[place] = ordinals.get(place, 0) + 1
        lines = (root / file).read_text().splitlines()
        for to in weaker(operation, which, order):
            result.append(Mutant(file, line, function, operation, ordinals[place], which, order, to,
                                 edge_of(lines, line, which, operation)))
    return result


def untested_tags(root, owned, found):
    """Tagged code that no client's execution has reached."""
    for file in owned:
        lines = (root / file).read_text().splitlines()
        covered = {n for m in found if m.file == file for n in statement(lines, m.line)}
        for n, _ in enumerate(lines, 1):
            if tags_on(lines, n) and n not in covered:
                yield f"{file}:{n}: tagged {lines[n - 1].split('//')[1].strip()}, but no client performs this operation"


@dataclasses.dataclass
class Row:
    edge: str
    client: str
    reason: str = ""

    @property
    def kept(self):
        """No client kills it, and the row says why the order stays: `unkilled because ...`."""
        return self.client == "unkilled" and self.reason.startswith("because ")


class Table:
    """models/<primitive>/mutants: '# owns FILE' lines, then FILE FUNCTION OPERATION#N PART FROM TO EDGE CLIENT, or
    `unkilled because ...` in the client's place."""

    def __init__(self, root, primitive):
        self.path = root / "models" / primitive / "mutants"
        self.owned, self.rows = [], {}
        for line in self.path.read_text().splitlines() if self.path.exists() else []:
            if line.startswith("# owns "):
                self.owned.append(line.removeprefix("# owns ").strip())
            elif line.strip() and not line.startswith("#"):
                *key, edge, client, reason = (line.split(maxsplit=8) + [""])[:9]
                self.rows[" ".join(key)] = Row(edge, client, reason)

    def differences(self, found):
        keys = {m.key for m in found}
        for m in found:
            if m.key not in self.rows:
                yield f"no client is named to kill {m.describe()}"
            elif self.rows[m.key].edge != (m.edge or "-"):
                yield f"the table has edge {self.rows[m.key].edge} for {m.describe()}"
            elif self.rows[m.key].client in ("-", "unkilled") and not self.rows[m.key].kept:
                yield f"no client kills {m.describe()}"
        for key in self.rows:
            if key not in keys:
                yield f"the table names an operation or order that is no longer there: {key}"

    def write(self, found, killers):
        text = "".join(f"# owns {file}\n" for file in self.owned)
        text += "# file  function  operation#n  part  from  to  edge  the client that kills it\n"
        before, self.rows = self.rows, {}
        for m in found:
            kept = m.key in before and before[m.key].kept and not killers[m.key]
            row = self.rows[m.key] = before[m.key] if kept else Row(m.edge or "-", killers[m.key] or "-")
            text += f"{m.key} {row.edge} {row.client} {row.reason}".rstrip() + "\n"
        self.path.write_text(text)
