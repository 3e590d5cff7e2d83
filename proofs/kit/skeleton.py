# SPDX-License-Identifier: BSL-1.0
"""Ties a proof to the source: the operations that it declares are those that the shipped header performs.

A proof or a model declares, beside each access of its program, which operation of the source it stands for:

    (*@ claim_push load#1 relaxed *)        function, operation and its number among its like there, orders
    (*@ fill storage *)                     an access of a cell, which bears no order
    (*@ of primitives/sluice/mpmc_ring.hpp ...
        without skip_holes: why this function, or this operation, is not in the proof
        path push.full: claim_push load#1, push_turn load#1, ... *)

The other side is not written by hand: models/<primitive>/<primitive>_record runs the header on a Platform that notes each
operation, and tells the paths that it took.
"""
import collections
import dataclasses
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lint"))
from cpp import Source  # noqa: E402

ORDERS = ["relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"]  # as std::memory_order numbers them
MARK = re.compile(r"[(/]\*@\s*(.*?)\s*\*[)/]", re.S)
SITE = re.compile(r"^(~?\w+) (\w+)(?:#(\d+))?(?: ([a-z_]+(?:/[a-z_]+)?))?$")
OPERATION = r"(?:\.|->)\s*(load|store|exchange|fetch_\w+|compare_exchange_\w+)"


@dataclasses.dataclass
class Declared:
    """What one proof or model says of its headers."""
    path: pathlib.Path
    headers: list = dataclasses.field(default_factory=list)
    sites: dict = dataclasses.field(default_factory=dict)  # "function operation#n" -> "order" or "order/order"
    without: dict = dataclasses.field(default_factory=dict)  # function, or "function operation#n" -> why
    paths: dict = dataclasses.field(default_factory=dict)  # name -> ["function operation#n", ...]


def declared(path):
    result = Declared(path)
    for mark in MARK.findall(path.read_text()):
        if mark.startswith("of "):
            read_block(result, mark)
            continue
        for one in re.split(r",\s*", mark):
            match = SITE.match(one)
            if match is None:
                raise ValueError(f"{path.name}: cannot read the mark '{one}'")
            function, operation, number, order = match.groups()
            result.sites[f"{function} {operation}" + (f"#{number}" if number else "")] = order or ""
    return result


def read_block(result, text):
    lines = text.split("\n")
    result.headers += lines[0][3:].split()
    entries = []
    for line in lines[1:]:
        if re.match(r"\s*(path|without) ", line):
            entries.append(line.strip())
        elif line.strip():
            entries[-1] += " " + line.strip()
    for entry in entries:
        kind, _, rest = entry.partition(" ")
        name, _, what = rest.partition(": ")
        if kind == "path":
            result.paths[name] = [s.strip() for s in what.split(",")]
        else:
            result.without[name] = what


def written(root, header):
    """Every operation in a header's text: (line, operation) -> "function operation#n"."""
    source = Source(header, (root / header).read_text())
    functions = sorted((last - first, first, last, name) for name, first, last in source.functions())
    count, result = collections.Counter(), {}
    for line, match, arguments in source.calls(OPERATION):
        if "memory_order" not in arguments:
            continue  # plain data, which bears no order
        name = next((n for _, first, last, n in functions if first <= line <= last), "?").split("::")[-1]
        count[name, match[1]] += 1
        result.setdefault((line, match[1]), f"{name} {match[1]}#{count[name, match[1]]}")
    return result


@dataclasses.dataclass
class Recorded:
    sites: dict  # "function operation#n" -> orders
    paths: dict  # name -> [site, ...]
    all_written: list


def recorded(root, headers, program):
    output = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    names = {header: written(root, header) for header in headers}
    result = Recorded({}, {}, [site for sites in names.values() for site in sites.values()])
    taken = None
    for text in output.splitlines():
        if text.startswith("path "):
            taken = result.paths[text[5:]] = []
            continue
        file, line, function, operation, first, second = text.rsplit(" ", 5)
        header = next((h for h in headers if file.endswith(h)), None)
        if header is None:
            continue
        orders = "/".join(ORDERS[int(n)] for n in (first, second) if n != "-1")
        # A call that is spread over lines bears the line of its name, or of its end.
        near = [names[header][at, operation] for at in range(int(line), int(line) - 4, -1) if (at, operation) in names[header]]
        site = near[0] if orders and near else f"{function} {operation}"
        result.sites[site] = orders
        taken.append(site)
    return result


def differences(said, source):
    """What the proof says and the source does otherwise, in sentences."""
    source_name = " or ".join(pathlib.Path(h).name for h in said.headers)
    atomics = {s: o for s, o in source.sites.items() if o}
    for site, order in said.sites.items():
        if "#" not in site:
            if site not in source.sites:
                yield f"{site} is in the proof, and no path performs it"
        elif site not in source.all_written:
            yield f"{site} is in the proof, not in {source_name}"
        elif site not in atomics:
            yield f"{site} is in the proof, and no path performs it"
        elif order != atomics[site]:
            yield f"{site} is {order} in the proof, {atomics[site]} in {source_name}"
    for site in source.all_written:
        if site not in said.sites and site not in said.without and site.split(" ")[0] not in said.without:
            yield f"{site} is in {source_name}, not in the proof"
    for name, path in said.paths.items():
        taken = [s for s in source.paths.get(name, []) if "#" in s or s in said.sites]
        if name not in source.paths:
            yield f"path {name} is in the proof, and nobody records it"
        elif taken != path:
            yield f"path {name} is {', '.join(path)} in the proof, {', '.join(taken)} in {source_name}"
    walked = {s for path in said.paths.values() for s in path}
    for site in said.sites:
        if site not in walked:
            yield f"{site} is on no path of the proof"


def check(root, path, build):
    """The sentences for one file of proofs/. The stem of its first header names the program that records it."""
    said = declared(path)
    if not said.headers:
        return [f"no '@ of HEADER' in {path.name}"]
    program = build / "models" / f"{pathlib.Path(said.headers[0]).stem}_record"
    if not program.exists():
        return [f"{program.name} was not built"]
    try:
        return list(differences(said, recorded(root, said.headers, program)))
    except subprocess.CalledProcessError as e:
        return [f"{program.name} ended with {e.returncode}: a path is no longer what it was; {e.stderr.strip()}"]
