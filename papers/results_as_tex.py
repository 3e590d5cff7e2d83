# SPDX-License-Identifier: BSL-1.0
"""Every number of the report: TeX macros and tables, from kept results alone.

papers/results/verify.json and prove.json are what ./kit verify and ./kit prove left (./kit paper --keep takes them over, without
traces); models/*/mutants remember what kills each weakened order, and each run is held against them; bench/results/*.json are machines that were measured; the sources are counted.
"""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "models/kit"), str(ROOT / "proofs/kit"), str(ROOT / "papers")]
import bars  # noqa: E402
import bibliography  # noqa: E402
import claims  # noqa: E402
import measurements  # noqa: E402
import mutants  # noqa: E402
import spin  # noqa: E402

RESULTS = ROOT / "papers/results"
MACHINE = ROOT / "bench/results/xeon-2-cpus.json"
SPECIAL = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
           "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "≤": r"$\le$", "≥": r"$\ge$", "×": r"$\times$", "µ": r"$\mu$",
           "→": r"$\to$", "…": r"\dots{}"}


def escaped(text):
    """Plain text, or Markdown's `code`, as TeX."""
    parts = str(text).split("`")
    plain = ["".join(SPECIAL.get(c, c) for c in part) for part in parts]
    return "".join(rf"\texttt{{{p}}}" if i % 2 else re.sub(r"\*(\S[^*]*)\*", r"\\emph{\1}", p) for i, p in enumerate(plain))


def code(text):
    return escaped(f"`{text}`")


def grouped(number):
    return f"{number:,}".replace(",", r"\,")


def spaced(text):
    """Long names may be broken behind an underscore."""
    return text.replace(r"\_", r"\_\allowbreak{}")


def table(columns, heads, rows):
    lines = [rf"\begin{{tabular}}{{{columns}}}\toprule", " & ".join(heads) + r"\\\midrule",
             *(" & ".join(str(cell) for cell in row) + r"\\" for row in rows), r"\bottomrule\end{tabular}"]
    return "\n".join(lines) + "\n"


def long_table(columns, heads, rows):
    lines = [rf"\begin{{longtable}}{{{columns}}}\toprule", " & ".join(heads) + r"\\\midrule\endhead\bottomrule\endfoot",
             *(" & ".join(str(cell) for cell in row) + r"\\[2pt]" for row in rows), r"\end{longtable}"]
    return "\n".join(lines) + "\n"


# ---- what the engines found

RUN = r"""A run of \texttt{kit verify}, mode \emph{%(mode)s}, at commit \texttt{%(commit)s}, with %(compiler)s, of %(date)s: %(relacy)s clients under
Relacy (%(relacy_executions)s executions, %(relacy_failures)s failures) and %(explorer)s under the explorer (%(explorer_executions)s executions,
%(explorer_failures)s failures), of which %(to_the_end)s were explored to the end and %(unknown)s are unknown within that mode's limit of time.
%(found)s of %(wrong)s wrong programs were found. There were %(surprises)s surprises. A primitive without mutants has no order of its own.
"""
NO_RUN = "No whole run of \\texttt{kit verify} is kept.\n"


def verified(document):
    """A paragraph and a row for each primitive; or that no run is kept, rather than an old one's numbers."""
    if document is None:
        return {}, {"verified": NO_RUN}
    clients = document["clients"]
    explored = [c for c in clients if c["engine"] == "explorer"]
    relacy = [c for c in clients if c["engine"] != "explorer"]
    numbers = {
        "relacy": len(relacy), "relacy_executions": sum(c["executions"] for c in relacy),
        "relacy_failures": sum(c["verdict"] == "fail" for c in relacy),
        "explorer": len(explored), "explorer_executions": sum(c["executions"] for c in explored),
        "explorer_failures": sum(c["verdict"] == "fail" for c in explored),
        "to_the_end": sum(c["verdict"] == "pass" for c in explored), "unknown": sum(c["verdict"] == "unknown" for c in explored),
        "wrong": len(document["wrong"]), "found": sum(w["verdict"] == "fail" for w in document["wrong"]),
        "surprises": len(document["surprises"]),
    }
    words = {"mode": document["mode"], "commit": document["commit"][:12], "compiler": document["compiler"], "date": document["generated"][:10]}
    rows = [[code(name), sum(c["primitive"] == name for c in relacy), *explored_row([c for c in explored if c["primitive"] == name])]
            for name in dict.fromkeys(c["primitive"] for c in clients)]
    heads = ["primitive", "clients under Relacy", "under the explorer", "to the end", "unknown", "executions"]
    said = RUN % ({k: grouped(v) for k, v in numbers.items()} | {k: escaped(v) for k, v in words.items()})
    return {}, {"verified": said + "\n\n{\\footnotesize\n" + long_table("@{}lrrrrr@{}", heads, rows) + "}\n"}


def explored_row(clients):
    return [len(clients), sum(c["verdict"] == "pass" for c in clients), sum(c["verdict"] == "unknown" for c in clients),
            grouped(sum(c["executions"] for c in clients))]


def mutated(root):
    """The tables that ./kit verify and ./kit audit hold each run against: one row for each order and each way to weaken it."""
    tables = [mutants.Table(root, path.parent.name) for path in sorted(root.glob("models/*/mutants"))]
    rows = [row for table in tables for row in table.rows.values()]
    macros = {"MutantsAll": len(rows), "MutantsKilled": sum(bool(r.killers) for r in rows),
              "MutantsByBoth": sum(by_both(r) for r in rows),
              "MutantsRedundant": sum(r.standing == "redundant" for r in rows),
              "MutantsUndecided": sum(r.standing == "undecided" for r in rows), "MutantTables": len(tables)}
    lines = [[code(t.path.parent.name), len(t.rows), sum(bool(r.killers) for r in t.rows.values()), sum(by_both(r) for r in t.rows.values()),
              sum(r.standing == "redundant" for r in t.rows.values()), sum(r.standing == "undecided" for r in t.rows.values())] for t in tables]
    heads = ["table", "mutants", "killed", "by both engines", "redundant", "undecided"]
    return {k: grouped(v) for k, v in macros.items()}, {"mutants": table("lrrrrr", heads, lines)}


def by_both(row):
    return len(row.killers) == 2


# ---- what was proved

PROOF = r"""In the run of %(date)s %(holding)s of %(claims)s claims held. Of \SpinRuns{} searches
that are listed %(searches)s were run, of %(models)s Promela models, %(liveness)s of them for liveness under weak fairness; %(found)s of %(bugs)s bugs that were
put in were found. %(replayed)s random runs of %(headers)s headers, %(operations)s operations, are runs of the transition systems; spoilt,
%(refused)s of them are refused. The largest search was %(largest)s, of %(most)s states. The seconds of the searches are those of a machine with a
load of %(load)s; states and memory do not depend on that.

\begin{figure}[ht]\centering
\includegraphics{generated/states}
\caption{The searches of SPIN: states and memory.}
\end{figure}

"""
NO_PROOF = "No whole run of \\texttt{kit prove} is kept, so what follows is what is claimed, without a verdict.\n"


def proved(document, rows, listed):
    """The claims of proofs/README.md; and of a run that is kept what it found."""
    said = {c["text"]: c["verdict"] for c in (document or {}).get("claims", [])}
    theorems = {t for c in rows for t in c.theorems}
    theories = sorted({theory for theory, _ in theorems})
    lines = [[spaced(code(name)), lines_of(ROOT / f"proofs/{name}.v"), sum(name == t for t, _ in theorems)] for name in theories]
    told = [[said.get(c.text, ""), *(spaced(escaped(c.cells[i])) for i in (0, 2, 3, 4, 6))] for c in rows]
    heads = ["", "claim", "tool", "bounds", "memory", "not covered"]
    tables = {"theories": table("lrr", ["theory", "lines", "theorems in the table of claims"], lines),
              "claims": long_table("@{}lL{5cm}L{1.6cm}L{2.6cm}L{1.9cm}L{3.8cm}@{}", heads, told)}
    macros = {"Theorems": grouped(len(theorems)), "Theories": grouped(len(theories)), "SpinRuns": grouped(len(listed))}
    return macros, tables | {"proved": of_a_run(document) if document else NO_PROOF}


def of_a_run(document):
    runs, replayed = document["runs"], document["replayed"]
    bugs = [r for r in runs if r["expected"] != "ok"]
    largest = max(runs, key=lambda r: r["states"])
    numbers = {
        "claims": len(document["claims"]), "holding": sum(c["verdict"] == "ok" for c in document["claims"]), "searches": len(runs),
        "models": len({r["model"] for r in runs}), "liveness": sum("-f" in r["pan"] and r["expected"] == "ok" for r in runs),
        "bugs": len(bugs), "found": sum(r["found"] == r["expected"] for r in bugs), "most": largest["states"],
        "headers": len(replayed), "replayed": sum(x["runs"] for x in replayed), "operations": sum(x["operations"] for x in replayed),
        "refused": sum(x["refused"] for x in replayed)}
    words = {"date": escaped(document["generated"][:10]), "largest": code(f"{largest['model']} {largest['name']}"),
             "load": f"{document['load']:.0f}"}
    rows = [[spaced(code(r["model"])), spaced(code(r["name"])), escaped(r["found"]), grouped(r["states"]), f"{r['megabytes']:.0f}",
             f"{r['seconds']:.1f}"] for r in runs]
    searches = long_table("@{}lllrrr@{}", ["model", "search", "found", "states", "MB", "s"], rows)
    return PROOF % ({k: grouped(v) for k, v in numbers.items()} | words) + "{\\footnotesize\n" + searches + "}\n"


# ---- what was measured

CHOSEN = ( # macro, group of bars.py, row or beginning of what it compares
    ("ChanPairOverLimit", "One thread: chan against two uncontended RMWs", None),
    ("ChanOverMutex", "Throughput: chan / mutex_queue", None),
    ("ChanOverPeers", "Throughput: chan / the better of crossbeam and Go", None),
    ("SelectPairOverPeers", "select: a push and a ready select", None),
    ("MutexOverStd", "Synchronisation: time per item", r"mutex .* / std_mutex"),
    ("WaitGroupOverLatch", "Synchronisation: time per item", r"wait_group .* / std_latch"),
    ("OnceOverStd", "Synchronisation: time per item", r"once .* / std_call_once"),
    ("MapOverSharded", "Maps: operations per second", r"sync_map .* / sharded_map"),
    ("MapOverBest", "Maps: operations per second", r"sync_map .* the best peer"),
)


def measured(run):
    found = bars.ratios(run)
    macros = {"BenchCpu": escaped(run.machine["cpu"]), "BenchCpus": run.machine["cores"], "BenchCases": len(run.select()),
              "BenchDate": escaped(run.machine["date"][:10]), "BenchCompiler": escaped(run.machine["compiler"]),
              "BenchBusy": f"{run.machine['in_use_before']:g}", "BenchLoad": f"{run.machine['load_before'][0]:g}",
              "BarsAll": sum(r.met is not None for r in found), "BarsMet": sum(r.met is True for r in found)}
    for name, group, what in CHOSEN:
        values = [r.value for r in found if r.group == group and (what is None or re.match(what, r.what))]
        if not values:
            raise ValueError(f"{MACHINE.name} has nothing for {name}")
        macros[f"{name}Least"], macros[f"{name}Most"] = f"{min(values):.2f}", f"{max(values):.2f}"
    missed = [[escaped(r.group), escaped(r.what), f"{r.value:.2f}", escaped(r.bar)] for r in found if r.met is False]
    return {k: str(v) for k, v in macros.items()}, {
        "missed": long_table("@{}L{5.5cm}L{6.6cm}rr@{}", ["group", "what", "ratio", "bar"], missed)}


# ---- what there is

def lines_of(path):
    return path.read_text().count("\n")


def counted(root):
    def lines(*patterns):
        files = subprocess.run(["git", "ls-files", *patterns], cwd=root, capture_output=True, text=True, check=True).stdout.split()
        return len(files), sum(lines_of(root / f) for f in files)
    headers, shipped = lines("primitives/*.hpp")
    _, models = lines("models/*.hpp", "models/*.cpp", "models/*.py")
    _, tests = lines("tests/*.hpp", "tests/*.cpp")
    _, proofs = lines("proofs/*.v", "proofs/*.pml")
    references = bibliography.read((root / "papers/references.bib").read_text())
    return {k: grouped(v) for k, v in {"Headers": headers, "LinesShipped": shipped, "LinesModels": models, "LinesTests": tests,
                                       "LinesProofs": proofs, "References": len(references)}.items()}, {}


def load(name):
    """What is kept of ./kit NAME, or None."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def everything(root=ROOT):
    """macro -> TeX, table -> TeX."""
    macros, tables = {}, {}
    for m, t in (verified(load("verify")), mutated(root), 
                 proved(load("prove"), claims.read(root / "proofs/README.md"), spin.read_runs(root / "proofs/spin/runs")), measured(measurements.read_saved(MACHINE)), counted(root)):
        macros |= m
        tables |= t
    return macros, tables


def written(macros):
    return "".join(rf"\newcommand{{\{name}}}{{{value}}}" + "\n" for name, value in sorted(macros.items()))


def without_traces(document):
    """What is kept of a verification: no traces, which are long and can be had again by their tokens."""
    drop = {"trace", "token", "dot", "property"}
    return {k: [{kk: vv for kk, vv in item.items() if kk not in drop} for item in v] if isinstance(v, list) and v and isinstance(v[0], dict)
            else v for k, v in document.items()}


def whole(name, document):
    """Whether it is of everything. A verification of a part has run no wrong programs."""
    return bool(document["wrong"]) if name == "verify" else not document["only"]
