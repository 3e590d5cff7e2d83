#!/usr/bin/env python3
"""Writes one page that says what was verified, with which engine and bounds, and how the primitives compare.

Reads what ./kit verify, ./kit audit, ./kit prove and ./kit bench left under out/, the claims of proofs/README.md, and the machines
kept under bench/results/. What is missing is
named on the page together with the command that makes it. Needs Debian's python3-jinja2 and python3-matplotlib; the page
itself needs nothing: no network, no fonts, no scripts from elsewhere.
"""

import argparse
import collections
import itertools
import json
import pathlib
import re
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing to put away: end at once, also while the plots' library loads

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "bench")]

try:
    import jinja2
    from markupsafe import Markup

    import bars
    import claims_page
    import measurements
    import plots
except ModuleNotFoundError as error:
    sys.exit(f"report/make.py: {error}; this needs Debian's python3-jinja2 and python3-matplotlib (./kit deps), and the "
             "Python that sees them, /usr/bin/python3")


class Broken(Exception):
    """An input that cannot be read, in words for the user."""


# ---- what was verified

def read_verify(path, what="clients", command="./kit verify"):
    """What a command left, or None if it has not run."""
    try:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Broken(f"{path}: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get(what), list):
        raise Broken(f"{path}: holds no list of {what}; run {command} again")
    return document


def judged(item, expected):
    """An item of the results with `ok`: True, False, or None where the engine could not tell."""
    verdict = item.get("verdict", "unknown")
    ok = None if verdict == "unknown" else verdict == item.get("expected", expected)
    return {**item, "verdict": verdict, "expected": item.get("expected", expected), "ok": ok}


def judged_mutant(item):
    """A weakened order: killed, or redundant, or nobody knows. What the table does not expect is a surprise."""
    verdict = item.get("verdict", "unknown")
    ok = {"killed": True, "redundant": True, "survived": False}.get(verdict)
    return {**item, "verdict": verdict, "expected": "killed", "ok": False if item.get("surprise") else ok,
            "trace": shortened(item.get("trace"), 120), "tags": re.findall(r"\w[\w-]*", item["edge"] or ""),
            "step": item.get("step") or f"{item['from']} -> {item['to']}"}


def orders(mutants):
    """The mutants by the order that they weaken, in source order."""
    def place(m):
        return m["file"], m["line"], m["function"], m["operation"], m.get("part", "success")
    return [{"first": group[0], "steps": group} for _, run in itertools.groupby(mutants, key=place)
            for group in [list(run)]]


def judged_wrong(item):
    """A structure that is wrong on purpose: it has to be found."""
    verdict = item.get("verdict") or ("fail" if item.get("message") else "pass")
    words = {"fail": "found", "pass": "missed"}
    return {**item, "verdict": words.get(verdict, verdict), "expected": item.get("expected", "fail"),
            "ok": {"fail": True, "pass": False}.get(verdict)}


def surprise(item):
    where = f"{item['primitive']}, " if "primitive" in item else ""
    name = item.get("client") if "property" in item and "client" in item else item.get("name") or item.get("edge")
    return f"{where}{name}: {item['verdict']}, expected: {item['expected']}"


def shortened(trace, lines=400):
    """A trace as long as a person reads on a page."""
    all_lines = (trace or "").splitlines()
    if len(all_lines) <= lines:
        return trace
    return "\n".join(all_lines[:lines] + [f"... {len(all_lines) - lines} more lines in out/verify/results.json"])


def digest_audit(document):
    """What the template shows of an audit, or of the mutants that a verification ran."""
    mutants = [judged_mutant(m) for m in document.get("mutants", [])]
    names = list(dict.fromkeys(m["primitive"] for m in mutants))
    count = collections.Counter(m["verdict"] for m in mutants)
    return {
        **document, "mutants": mutants, "count": count, "settled": sum(m["ok"] is True for m in mutants),
        "places": len({(m["primitive"], m["file"], m["line"], m["operation"], m.get("part")) for m in mutants}),
        "edges": len({(m["primitive"], tag) for m in mutants for tag in m["tags"]}),
        "primitives": [{"name": name, "orders": orders([m for m in mutants if m["primitive"] == name])} for name in names],
        "surprises": document.get("surprises") or [], "unknown": [m for m in mutants if m["ok"] is None],
    }


def digest_verify(document):
    """What the template shows of it."""
    clients = [judged({**c, "trace": shortened(c.get("trace"))}, "pass") for c in document["clients"]]
    mutants = [judged_mutant(m) for m in document.get("mutants", [])]
    wrong = [judged_wrong(w) for w in document.get("wrong", [])]
    names = list(dict.fromkeys(c["primitive"] for c in clients))
    primitives = [{"name": name, "clients": [c for c in clients if c["primitive"] == name]} for name in names]
    everything = clients + mutants + wrong
    return {
        **document, "clients": clients, "wrong": wrong, "primitives": primitives,
        "engines": sorted({c.get("words") or c.get("engine", "") for c in clients if c["ok"] is not None}),
        "executions": sum(x.get("executions") or 0 for x in everything),
        "surprises": document.get("surprises") or [surprise(x) for x in everything if x["ok"] is False],
        "unknown": [x for x in clients + wrong if x["ok"] is None],
    }


# ---- how it compares

def read_runs(folder, saved):
    """(this machine's run or None, the kept ones)."""
    try:
        return measurements.read_folder(folder), [measurements.read_saved(p) for p in sorted(saved.glob("*.json"))]
    except (ValueError, KeyError, TypeError) as error:
        raise Broken(f"{error}" if isinstance(error, ValueError) else f"a result lacks {error}") from error


def matrix(ratios):
    """Ratios by P+C and capacity, as a table."""
    columns = list(dict.fromkeys(r.column for r in ratios))
    rows = [(row, {r.column: r for r in group}) for row, group in itertools.groupby(ratios, key=lambda r: r.row)]
    return {"columns": columns, "rows": rows}


def common_bar(ratios):
    """The bar of a group, where all of its ratios that have one have the same; else each says its own."""
    its = {r.bar for r in ratios if r.met is not None}
    return its.pop() if len(its) == 1 else ""


def digest_run(run):
    """What the template shows of one machine."""
    found = bars.ratios(run)
    groups = [(name, list(group)) for name, group in itertools.groupby(found, key=lambda r: r.group)]
    programs = sorted({c.program for c in run.select()}, key=lambda p: (p != "bounded_queue_bench", p))
    return {
        "title": run.title, "machine": run.machine, "errors": run.errors, "busy": run.busy,
        "headline": headline(found),
        "bars": [r for r in found if r.met is not None], "met": sum(r.met is True for r in found),
        "groups": [{"name": claims_page.markup(name), "ratios": group, "bar": common_bar(group),
                    "matrix": matrix(group) if group[0].row else None}
                   for name, group in groups],
        "throughput": [(p, svg(plots.throughput(run, p))) for p in programs if run.select(p, workload="throughput")],
        "one_thread": [(p, plot) for p in programs if (plot := svg(plots.one_thread(run, p)))],
        "round_trips": svg(plots.round_trips(run)),
        "cases": [(p, sorted(run.select(p), key=lambda c: (c.workload, c.subject, *measurements.order_of(c))))
                  for p in programs],
    }


def headline(found):
    """The comparison in a sentence or two, from the worst to the best of each kind."""
    def span(ratios, digits):
        values = sorted(r.value for r in ratios)
        low, high = f"{values[0]:.{digits}f}", f"{values[-1]:.{digits}f}"
        return low if low == high else f"{low} to {high}"
    said = []
    against_mutex = [r for r in found if r.group.endswith("bounded_queue / mutex_queue")]
    pairs = [r for r in found if "mpmc_ring against two uncontended RMWs" in r.group]
    queues = [r for r in found if "nobody parked" in r.group]
    if against_mutex:
        said.append(f"bounded_queue moves {span(against_mutex, 1)} times what a mutex with condition variables moves, "
                    "depending on threads and capacity.")
    if pairs:
        said.append(f"One thread pays {span(pairs, 2)} times two bare read-modify-writes for a push and a pop on mpmc_ring"
                    + (f", and {span(queues, 2)} times that on bounded_queue." if queues else "."))
    return " ".join(said)


def svg(text):
    return Markup(text) if text else None


def facts(machine):
    """The machine in (name, value) pairs."""
    words = {"cpu": "CPU", "cores": "CPUs usable", "kernel": "kernel", "compiler": "compiler", "governor": "governor",
             "virtual": "virtual machine", "in_use_before": "CPUs busy before", "load_before": "load before", "load_after": "load after",
             "threads": "threads", "peers": "peers", "date": "measured", "build": "build"}
    for key, name in words.items():
        value = machine.get(key)
        if value not in (None, ""):
            yield name, {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else (
                ", ".join(map(str, value)) if isinstance(value, list) else value)


# ---- the page

def seconds(value):
    value = float(value or 0)
    if value >= 90:
        return f"{value / 60:.1f} min"
    return f"{value:.1f} s" if value >= 0.95 else f"{value * 1000:.0f} ms"


def page(verify, runs, audit=None, claimed=None, template=HERE / "page.html.jinja"):
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(template.parent), autoescape=True,
                                     undefined=jinja2.ChainableUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        seconds=seconds, facts=facts, duration=measurements.duration, rate=measurements.rate,
        count=lambda n: f"{n or 0:,}".replace(",", "\u202f"),
        day=lambda iso: re.sub(r"T(\d\d:\d\d).*", r" \1", str(iso or "")))
    this, kept = runs
    return environment.get_template(template.name).render(
        verify=digest_verify(verify) if verify else None, claimed=claimed,
        # An audit says more than the mutants of a verification do.
        audit=digest_audit(audit or verify) if audit or verify else None, audited=audit is not None,
        run=digest_run(this) if this else None, kept=[digest_run(run) for run in kept])


def main(argv):
    parser = argparse.ArgumentParser(prog="report/make.py", description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("--verify", default=ROOT / "out/verify/results.json", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--audit", default=ROOT / "out/verify/audit.json", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--prove", default=ROOT / "out/prove/results.json", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--claims", default=ROOT / "proofs/README.md", type=pathlib.Path, metavar="FILE",
                        help="the tables of what is claimed")
    parser.add_argument("--bench", default=ROOT / "out/bench", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--saved", default=ROOT / "bench/results", type=pathlib.Path, metavar="DIR",
                        help="results kept from other machines")
    parser.add_argument("--out", default=ROOT / "out/report/index.html", type=pathlib.Path, metavar="FILE")
    opts = parser.parse_args(argv)
    try:
        audit = read_verify(opts.audit, "mutants", "./kit audit")
        claimed = claims_page.digest(opts.claims, read_verify(opts.prove, "claims", "./kit prove"))
        text = page(read_verify(opts.verify), read_runs(opts.bench, opts.saved), audit, claimed)
        opts.out.parent.mkdir(parents=True, exist_ok=True)
        opts.out.write_text(text, encoding="utf-8")
    except KeyError as error:
        print(f"report/make.py: {opts.verify}, {opts.audit} or {opts.prove}: an entry lacks {error}; run ./kit verify, ./kit audit or "
              "./kit prove again", file=sys.stderr)
        return 1
    except (Broken, OSError) as error:
        print(f"report/make.py: {error}", file=sys.stderr)
        return 1
    shown = opts.out.resolve()
    print(f"report: {shown.relative_to(ROOT) if shown.is_relative_to(ROOT) else shown}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
