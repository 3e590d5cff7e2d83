#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Asks of every memory order, fence and strong compare-exchange of the primitives what goes wrong when it is weaker.

One at a time each is weakened by each legal step, and the clients run against it, the likeliest first. Either a client
kills the mutant (its property breaks, in an execution that can be looked at), or every client that performs the
operation was explored to the end without a violation: redundant, within those clients. Else it is undecided, which is
no answer. models/<primitive>/mutants remembers who kills what; whatever is otherwise than it says is a surprise, and
the exit status is 1.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import mutants as mutant_tables  # noqa: E402
import trial as trials  # noqa: E402
from case import Case  # noqa: E402
from programs import Pool, find_programs, git_commit, make_writable  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE_SECONDS, SITE_EXECUTIONS = 2, 4_000
NAMED_SECONDS = 30     # for a client that the table names
SEARCH_SECONDS = 1     # for each other client, before any is explored for longer
TO_THE_END = {"quick": 5, "default": 60}  # for each client where nothing kills
RELACY_EXECUTIONS, RELACY_SEARCH = 100_000, 5_000
RELACY_LIMIT = 300
SLOW = 1.0             # a kill that takes longer is worth a search for a faster client


def positive(kind):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = 0
        if value <= 0:
            raise argparse.ArgumentTypeError(f"wants a number above 0, not '{text}'")
        return value
    return parse


def parse_arguments(argv):
    p = argparse.ArgumentParser(prog="kit audit", description=__doc__.splitlines()[0], allow_abbrev=False)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "out/build/release", help="build folder")
    p.add_argument("--out", type=pathlib.Path, default=ROOT / "out/verify", help="folder for audit.json")
    p.add_argument("--quick", action="store_true", help="where nothing kills, 5 s per client")
    p.add_argument("--only", default="", metavar="PATTERN", help="only primitives or mutants whose line contains PATTERN")
    p.add_argument("--jobs", type=positive(int), default=os.cpu_count() or 1, metavar="N", help="programs side by side")
    p.add_argument("--seconds", type=positive(float), metavar="S", help="where nothing kills: for each client (60)")
    p.add_argument("--executions", type=positive(int), metavar="N", help="likewise, at most so many executions")
    p.add_argument("--update", action="store_true", help="look for the fastest killers; write models/*/mutants anew")
    p.add_argument("--check", action="store_true", help="run nothing; refuse what no mutant can be called, before any program is built")
    args = p.parse_args(argv)
    args.seconds = args.seconds or TO_THE_END["quick" if args.quick else "default"]
    return args


def words_of_mutants():
    """Of what the lines about mutants can be made: more than they are, for every header is taken whole."""
    texts = [ROOT / "models/kit/mutants.py", *ROOT.glob("primitives/**/*.hpp"), *ROOT.glob("models/*/mutants")]
    return "\n".join([f"{path.parent.name} {path.name}\n{path.read_text(encoding='utf-8')}" for path in texts])


def can_be_meant(pattern):
    text = words_of_mutants()
    return all(word in text for word in re.findall(r"[A-Za-z_]+", pattern))


def nothing_contains(pattern):
    print(f"audit: nothing that can be weakened contains '{pattern}'; a line reads "
          "PRIMITIVE HEADER:LINE FUNCTION OPERATION ORDER -> ORDER", file=sys.stderr)
    return 2


class Audit:
    """Of one primitive."""

    def __init__(self, court, args, pool):
        self.court, self.args, self.pool = court, args, pool
        self.table = mutant_tables.Table(ROOT, court.name)
        self.surprises = []

    def sites(self):
        """The operations that the clients perform as they are written. Who fails so cannot tell what a weaker order does."""
        program = self.court.programs.get("explorer")
        names = self.court.clients("explorer")
        found = [self.pool.submit(program.explore, c, SITE_SECONDS, "--executions", str(SITE_EXECUTIONS), "--sites")
                 for c in names]
        for client, future in zip(names, found):
            if future.result()["ok"] is False:
                self.court.dismiss("explorer", client)
                self.surprises.append(f"{self.court.name}: {client} fails as it is written: {future.result()['result']}")
        return [s for f in found for s in f.result().get("sites", [])]

    def rare_sites(self):
        """What the explorer's first executions do not come to, Relacy's random ones may."""
        program = self.court.programs.get("relacy")
        found = [self.pool.submit(program.run, c, SITE_EXECUTIONS, RELACY_LIMIT, "--sites")
                 for c in self.court.clients("relacy")]
        return [s for f in found for s in f.result().get("sites", [])]

    def look(self):
        sites = self.sites()
        source = mutant_tables.Source(ROOT, self.table.owned, sites)
        if any(source.unmet()):
            source = mutant_tables.Source(ROOT, self.table.owned, sites + self.rare_sites())
        return source

    def run(self):
        source = self.look()
        self.found = source.mutants()
        wanted = [m for m in self.found if self.args.only in f"{self.court.name} {m.describe()}"]
        self.summary = {"name": self.court.name, "operations": source.operations(),
                        "orders": len({m.place for m in wanted}), "mutants": len(wanted)}
        if not wanted:
            return []
        if not self.args.only or self.args.only in self.court.name:
            self.surprises += list(source.unmet())
        self.likely = self.rank()
        cases = [Case(m, self.table.row(m)) for m in wanted]
        self.wait("mutants", [self.pool.submit(self.find_killers, case) for case in cases])
        self.explore_to_the_end([case for case in cases if not case.kills])
        if self.args.update:
            self.update(cases)
        for case in cases:
            case.row = self.table.row(case.mutant)
            case.surprise = case.judge()
            self.surprises += [f"{self.court.name}: {case.surprise}"] if case.surprise else []
        return cases

    def rank(self):
        """Clients in the order in which they are tried: those that kill most in the table first, then the small ones."""
        kills = [c for row in self.table.rows.values() for engine, c in row.killers.items() if engine != "relacy"]
        return sorted(self.court.clients("explorer"), key=lambda c: (-kills.count(c), self.court.threads("explorer", c)))

    def find_killers(self, case):
        named = case.row.killers
        client = named.get("explorer") or named.get("")
        if client:
            case.add(self.court.explore(case.mutant, client, NAMED_SECONDS))
        slow = "explorer" in case.kills and case.kills["explorer"].seconds > SLOW
        if "explorer" not in case.kills or (self.args.update and slow):
            self.search_explorer(case, client)
        client = named.get("relacy") or named.get("")
        if client:
            case.add(self.court.simulate(case.mutant, client, RELACY_EXECUTIONS, RELACY_LIMIT))
        if "relacy" not in case.kills and (self.args.update or not case.kills):
            self.search_relacy(case)

    def search_explorer(self, case, tried):
        for client in self.likely:
            if client == tried:
                continue
            t = self.court.explore(case.mutant, client, SEARCH_SECONDS)
            case.add(t)
            if t.verdict == "killed" and t.seconds < SLOW / 2:
                return

    def search_relacy(self, case):
        likely = [case.best.client] if case.best else []
        names = likely + [c for c in self.court.clients("relacy") if c not in likely]
        for executions in (RELACY_SEARCH, RELACY_EXECUTIONS):
            for client in names:
                case.add(self.court.simulate(case.mutant, client, executions, RELACY_LIMIT))
                if "relacy" in case.kills:
                    return

    def explore_to_the_end(self, cases):
        """Each client that has not said: for as long as the bounds allow."""
        def go(case, client):
            if not case.kills:
                case.add(self.court.explore(case.mutant, client, self.args.seconds, self.args.executions))
        open_ones = [(case, client) for case in cases for client in self.likely
                     if client not in case.others or client in case.unfinished]
        self.wait("clients to the end", [self.pool.submit(go, *one) for one in open_ones])

    def wait(self, what, tasks):
        for n, task in enumerate(tasks, 1):
            task.result()
            if sys.stderr.isatty():
                end = "\n" if n == len(tasks) else ""
                print(f"\r{self.court.name}: {n} of {len(tasks)} {what} ", end=end, file=sys.stderr, flush=True)

    def update(self, cases):
        rows = {m.key: self.table.row(m) for m in self.found}
        rows.update({case.mutant.key: case.new_row(self.court.programs) for case in cases})
        self.table.write(self.found, rows)


def show(audit, cases):
    s = audit.summary
    print(f"\n{s['name']}: {s['operations']} operations, {s['orders']} orders and fences that can be weakened, "
          f"{s['mutants']} mutants")
    place = None
    for case in cases:
        m = case.mutant
        if m.place != place:
            place = m.place
            part = ", failure" if m.which else ""
            print(f"  {pathlib.Path(m.file).name}:{m.line} {m.function}, {m.operation}{part}, {m.order} {m.edge}")
        print(f"    {m.step:<22} {case.words()}", flush=True)


def main(argv):
    args = parse_arguments(argv)
    if args.check:
        return 0 if can_be_meant(args.only) else nothing_contains(args.only)
    make_writable(args.out)
    start = time.monotonic()
    courts = trials.courts(find_programs(args.build / "models", "explorer"), find_programs(args.build / "models", "relacy"))
    if not courts:
        print(f"audit: no model programs under {args.build}/models; build them first: ./kit audit", file=sys.stderr)
        return 2
    unowned = [] if args.only else list(mutant_tables.unowned(ROOT))
    if args.only in {court.name for court in courts}:  # the name of a primitive means that one
        courts = [court for court in courts if court.name == args.only]
    results = {"primitives": [], "mutants": [], "surprises": unowned}
    with Pool(args.jobs) as pool:
        for court in courts:
            audit = Audit(court, args, pool)
            cases = audit.run()
            if not cases:
                continue
            show(audit, cases)
            for text in audit.surprises:
                print(f"  SURPRISE: {text}", flush=True)
            results["primitives"].append(audit.summary)
            results["mutants"] += [case.as_json(court.name) for case in cases]
            results["surprises"] += audit.surprises
    if not results["mutants"]:
        return nothing_contains(args.only)
    seconds = time.monotonic() - start
    write(args, results, seconds)
    summary(results, seconds)
    return 1 if results["surprises"] else 0


def write(args, results, seconds):
    document = {"generated": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                "commit": git_commit(ROOT), "only": args.only, "seconds": seconds, "to_the_end": args.seconds, **results}
    (args.out / "audit.json").write_text(json.dumps(document, indent=1))


def summary(results, seconds):
    def count(verdict):
        return sum(m["verdict"] == verdict for m in results["mutants"])
    explorer_alone = sum(set(m["engines"]) == {"explorer"} for m in results["mutants"])
    relacy_alone = sum(set(m["engines"]) == {"relacy"} for m in results["mutants"])
    print(f"\n{len(results['mutants'])} mutants: {count('killed')} killed ({explorer_alone} by the explorer alone, "
          f"{relacy_alone} by Relacy alone), {count('redundant')} redundant, {count('undecided')} undecided; "
          f"{len(results['surprises'])} surprises, {seconds:.0f} s")
    for text in results["surprises"]:
        print(f"SURPRISE: {text}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
