#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs every client of every primitive under both engines, then every weakened order, and writes results.json.

No client may fail, each mutant must be killed by the client that its table names, each client under tests/kit/wrong
must fail as it says. Anything else is a surprise, and the exit status is 1.

What a pass means depends on the engine. Relacy: no execution among so many violated the property, not that none can.
The explorer: every execution of that client under RC20 was visited; where it ran out of time it says unknown.
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import mutants as mutant_tables  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORDS = "bounded testing, Relacy"
EXHAUSTIVE = "every execution, explorer, RC20"
EXPLORE_SECONDS = {"quick": 1, "default": 5, "thorough": 600}
EXECUTIONS = {"quick": 20_000, "default": 100_000, "thorough": 2_000_000}
SITE_EXECUTIONS = 4_000
TIME_LIMIT = {"quick": 120, "default": 300, "thorough": 3600}


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "out/build/release", help="build folder")
    p.add_argument("--out", type=pathlib.Path, default=ROOT / "out/verify", help="folder for results.json")
    p.add_argument("--quick", action="store_const", const="quick", dest="mode", help="fewer executions")
    p.add_argument("--thorough", action="store_const", const="thorough", dest="mode", help="many more executions")
    p.add_argument("--only", default="", help="only clients (and mutants of primitives) whose name contains this")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="programs side by side")
    p.add_argument("--update-mutants", action="store_true", help="look for killers and write models/*/mutants anew")
    args = p.parse_args()
    args.mode = args.mode or "default"
    if args.jobs < 1:
        p.error(f"--jobs must be at least 1, not {args.jobs}")
    return args


class Program:
    """One model program; its clients run one per process."""

    def __init__(self, path):
        self.path = path
        self.name, _, self.engine = path.name.rpartition("_")
        listing = subprocess.run([path, "--list"], capture_output=True, text=True, check=True).stdout
        self.clients = [json.loads(line) for line in listing.splitlines()]

    def explore(self, client, seconds, *more):
        return self.answer([self.path, "--client", client, "--seconds", str(seconds), *more], seconds + 60)

    def run(self, client, executions, limit, *more):
        return self.answer([self.path, "--client", client, "--executions", str(executions), *more], limit)

    @staticmethod
    def answer(command, limit):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return {"ok": None, "result": f"no answer within {limit} s", "executions": 0, "seconds": limit, "trace": ""}
        if done.returncode not in (0, 1):
            why = (done.stderr or done.stdout).strip()[-2000:]
            return {"ok": None, "result": f"exit status {done.returncode}: {why}", "executions": 0, "seconds": 0.0,
                    "trace": ""}
        return json.loads(done.stdout.splitlines()[-1])


def find_programs(folder, engine):
    found = sorted(p for p in folder.glob(f"*_{engine}") if os.access(p, os.X_OK))
    return [Program(p) for p in found]


def verdict_of(result):
    return "unknown" if result["ok"] is None else "pass" if result["ok"] else "fail"


class Campaign:
    def __init__(self, args):
        self.args = args
        self.programs = find_programs(args.build / "models", "relacy")
        self.explorers = find_programs(args.build / "models", "explore")
        self.wrong_programs = find_programs(args.build / "tests/kit/wrong", "relacy")
        self.pool = concurrent.futures.ThreadPoolExecutor(args.jobs)
        self.surprises = []
        self.results = {"clients": [], "mutants": [], "wrong": []}

    def surprise(self, text, trace=""):
        self.surprises.append(text)
        print(f"SURPRISE: {text}", flush=True)
        if trace:
            lines = trace.splitlines()
            print("\n".join(lines[:400]))
            if len(lines) > 400:
                print(f"... {len(lines) - 400} more lines in results.json")

    def map(self, task, items):
        """Results in the order of the items, as they become ready."""
        futures = [self.pool.submit(task, *item) for item in items]
        for item, future in zip(items, futures):
            yield item, future.result()

    def clients(self):
        limit = TIME_LIMIT[self.args.mode]
        executions = EXECUTIONS[self.args.mode]
        wanted = [(p, c) for p in self.programs for c in p.clients
                  if self.args.only in f"{p.name}/{c['client']}"]
        print(f"{'client':<44} {'executions':>11} {'seconds':>8}  verdict")
        for (p, c), r in self.map(lambda p, c: p.run(c["client"], executions, limit), wanted):
            verdict = verdict_of(r)
            print(f"{p.name + '/' + c['client']:<44} {r['executions']:>11,} {r['seconds']:>8.2f}  {verdict} ({WORDS})",
                  flush=True)
            self.results["clients"].append({
                "primitive": p.name, "client": c["client"], "property": c["property"], "engine": "Relacy",
                "words": WORDS, "scheduler": "random", "bound": f"{executions} executions, {c['threads']} threads",
                "executions": r["executions"], "seconds": r["seconds"], "verdict": verdict, "expected": "pass",
                "trace": r["trace"] or None})
            if verdict != "pass":
                self.surprise(f"{p.name}/{c['client']}: {verdict}: {r['result']}: {c['property']}", r["trace"])
        return len(wanted)

    def explorations(self):
        """Every execution of each client, as far as the time goes: unknown is no surprise, and no pass either."""
        seconds = EXPLORE_SECONDS[self.args.mode]
        wanted = [(p, c) for p in self.explorers for c in p.clients if self.args.only in f"{p.name}/{c['client']}"]
        for (p, c), r in self.map(lambda p, c: p.explore(c["client"], seconds), wanted):
            verdict = verdict_of(r)
            words = EXHAUSTIVE if verdict == "pass" else f"explorer, RC20: {r['result']}"
            print(f"{p.name + '/' + c['client']:<44} {r['executions']:>11,} {r['seconds']:>8.2f}  {verdict} ({words})",
                  flush=True)
            self.results["clients"].append({
                "primitive": p.name, "client": c["client"], "property": c["property"], "engine": "explorer",
                "words": words, "scheduler": "exhaustive",
                "bound": f"{c['threads']} threads, no spurious failures, {seconds} s",
                "executions": r["executions"], "seconds": r["seconds"], "verdict": verdict, "expected": "pass",
                "trace": r["trace"] or None})
            if verdict == "fail":
                self.surprise(f"{p.name}/{c['client']}: explorer: {r['result']}: {c['property']}", r["trace"])
            elif verdict == "unknown" and "stopped at" not in r["result"] and "bound" not in r["result"]:
                self.surprise(f"{p.name}/{c['client']}: explorer gave no answer: {r['result']}")

    def sites(self, program):
        runs = self.map(lambda c: program.run(c["client"], SITE_EXECUTIONS, TIME_LIMIT["quick"], "--sites"),
                        [(c,) for c in program.clients])
        return [s for _, r in runs for s in r.get("sites", [])]

    def mutants(self):
        for p in self.programs:
            if self.args.only and self.args.only not in p.name:
                continue
            table = mutant_tables.Table(ROOT, p.name)
            found = mutant_tables.mutants_of(ROOT, table.owned, self.sites(p))
            for text in mutant_tables.untested_tags(ROOT, table.owned, found):
                self.surprise(text)
            if self.args.update_mutants:
                self.find_killers(p, table, found)
            for text in table.differences(found):
                self.surprise(f"{p.name}: {text}; see CONTRIBUTING.md, and kit's --update-mutants in models/kit/verify.py")
            known = [(m, table.rows[m.key]) for m in found if m.key in table.rows]
            self.kill(p, [(m, row) for m, row in known if row.client not in ("-", "unkilled")])
            self.spare(p, [(m, row) for m, row in known if row.kept])

    def attempt(self, program, mutant, client, executions):
        r = program.run(client, executions, TIME_LIMIT[self.args.mode], "--weaken", mutant.argument)
        if r["ok"] is not None and not r["ok"]:
            return "killed", r
        if r["ok"] and r.get("weakening_hits", 0) == 0:
            r["result"] = "the client never reaches this operation"
        return ("unknown" if r["ok"] is None else "survived"), r

    def kill(self, program, wanted):
        # As many executions as --quick has must do: a mutant that needs luck is a client that needs work.
        executions = EXECUTIONS["default"]
        for (m, row), (verdict, r) in self.map(
                lambda m, row: self.attempt(program, m, row.client, executions), wanted):
            print(f"  mutant {m.describe():<88} {verdict} by {row.client} after {r['executions']:,}", flush=True)
            self.results["mutants"].append({
                "primitive": program.name, "edge": m.edge, "file": m.file, "line": m.line, "function": m.function,
                "operation": m.operation, "from": m.order, "to": m.to, "client": row.client, "verdict": verdict,
                "executions": r["executions"], "seconds": r["seconds"], "message": r["result"]})
            if verdict != "killed":
                self.surprise(f"{program.name}: mutant {m.describe()} {verdict} by {row.client}: {r['result']}")

    def spare(self, program, wanted):
        """Weakenings that no client is known to kill: each is tried on all of them, and stays listed with its reason."""
        for m, row in wanted:
            tries = self.map(lambda name: self.attempt(program, m, name, EXECUTIONS["quick"]),
                             [(c["client"],) for c in program.clients])
            killers = [name for (name,), (verdict, _) in tries if verdict == "killed"]
            print(f"  mutant {m.describe():<88} not killed, {row.reason}", flush=True)
            self.results["mutants"].append({
                "primitive": program.name, "edge": m.edge, "file": m.file, "line": m.line, "function": m.function,
                "operation": m.operation, "from": m.order, "to": m.to, "client": "none", "verdict": "survived",
                "executions": EXECUTIONS["quick"], "seconds": 0.0, "message": row.reason})
            if killers:
                self.surprise(f"{program.name}: mutant {m.describe()} is listed as unkilled, but {killers[0]} kills it")

    def find_killers(self, program, table, found):
        def search(m):
            hint = table.rows[m.key].client if m.key in table.rows else None
            names = sorted((c["client"] for c in program.clients), key=lambda n: n != hint)
            for executions in (5_000, EXECUTIONS["default"]):
                for name in names:
                    if self.attempt(program, m, name, executions)[0] == "killed":
                        return name
            return None
        killers = {m.key: killer for (m,), killer in self.map(search, [(m,) for m in found])}
        table.write(found, killers)

    def wrong(self):
        for p in self.wrong_programs:
            for (c,), r in self.map(lambda c: p.run(c["client"], EXECUTIONS["default"], TIME_LIMIT["default"]),
                                    [(c,) for c in p.clients]):
                verdict = verdict_of(r)
                print(f"  wrong  {c['client']:<44} {r['executions']:>11,}  {verdict}: {r['result']}", flush=True)
                self.results["wrong"].append({"name": c["client"], "property": c["property"], "expected": "fail",
                                              "message": r["result"], "executions": r["executions"],
                                              "verdict": verdict})
                if verdict != "fail":
                    self.surprise(f"{c['client']} is broken on purpose, and {verdict}: {c['property']}")


def git_commit():
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def main():
    args = parse_arguments()
    start = time.monotonic()
    campaign = Campaign(args)
    if not campaign.programs:
        print(f"verify: no model programs under {args.build}/models; build them first: ./kit verify", file=sys.stderr)
        return 2
    ran = campaign.clients()
    campaign.explorations()
    if ran == 0:
        print(f"verify: no client's name contains '{args.only}'", file=sys.stderr)
        return 2
    campaign.mutants()
    if not args.only:
        campaign.wrong()
    seconds = time.monotonic() - start
    compiler = subprocess.run(["c++", "--version"], capture_output=True, text=True).stdout.splitlines()
    results = {"generated": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
               "mode": args.mode, "commit": git_commit(), "compiler": compiler[0] if compiler else "unknown",
               "seconds": seconds, "surprises": campaign.surprises, **campaign.results}
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "results.json").write_text(json.dumps(results, indent=1))
    killed = sum(m["verdict"] == "killed" for m in campaign.results["mutants"])
    explored = [c for c in campaign.results["clients"] if c["engine"] == "explorer"]
    exhausted = sum(c["verdict"] == "pass" for c in explored)
    print(f"\n{ran} clients ({WORDS}), {exhausted} of {len(explored)} explored to the end ({EXHAUSTIVE}), "
          f"{killed} of {len(campaign.results['mutants'])} mutants killed, {len(campaign.results['wrong'])} wrong programs "
          f"found, {len(campaign.surprises)} surprises, {seconds:.0f} s")
    for text in campaign.surprises:
        print(f"SURPRISE: {text}")
    return 1 if campaign.surprises else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
