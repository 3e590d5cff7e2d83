#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Runs every client of every primitive under both engines, then every weakened order, and writes results.json.

No client may fail, each mutant must be killed by the clients that its table names, each client under tests/kit/wrong
must fail as it says. Anything else is a surprise, and the exit status is 1. (audit.py looks for the clients.)

What a pass means depends on the engine. Relacy: no execution among so many violated the property, not that none can.
The explorer: every execution of that client under RC20 was visited (or every state, if the client says so); where it ran out of time it says unknown. Then it
visits some at random, by priorities, as well (bounded testing): it stays unknown unless one of them fails.
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import mutants as mutant_tables  # noqa: E402
import trial as trials  # noqa: E402
from programs import Pool, find_programs, git_commit, make_writable  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORDS = "bounded testing, Relacy"
EXHAUSTIVE = "every execution, explorer, RC20"
TESTED = "bounded testing"  # how the explorer's answer begins about executions at random that violate nothing
UNFINISHED = re.compile(r"stopped at |\d+ executions were cut off by a bound")  # how it begins where a bound left it unknown
EXPLORE_SECONDS = {"quick": 1, "default": 3, "thorough": 600}
STATES = "every state, explorer, RC20"
STATES_SECONDS = {"quick": 4, "default": 60, "thorough": 3600}
EXECUTIONS = {"quick": 20_000, "default": 100_000, "thorough": 2_000_000}
# How long the explorer may take for a mutant; and, of those that nothing is known to kill, for each client.
KILL_SECONDS = {"quick": 5, "default": 30, "thorough": 600}
SPARE_SECONDS = {"quick": 0.2, "default": 2, "thorough": 60}
# How many executions at random, by priorities (PCT), of what the explorer did not come to the end of.
WALKS = {"quick": 1_000, "default": 3_000, "thorough": 100_000}
TIME_LIMIT = {"quick": 120, "default": 300, "thorough": 3600}


def parse_arguments(argv):
    p = argparse.ArgumentParser(prog="kit verify", description=__doc__.splitlines()[0], allow_abbrev=False)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "out/build/release", help="build folder")
    p.add_argument("--out", type=pathlib.Path, default=ROOT / "out/verify", help="folder for results.json")
    mode = p.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_const", const="quick", dest="mode", help="fewer executions")
    mode.add_argument("--thorough", action="store_const", const="thorough", dest="mode", help="many more executions")
    p.add_argument("--only", default="", help="only clients (and mutants of primitives) whose name contains this")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="programs side by side")
    p.add_argument("--check", action="store_true", help="run nothing; refuse what no program can answer, before any is built")
    args = p.parse_args(argv)
    args.mode = args.mode or "default"
    if args.jobs < 1:
        p.error(f"--jobs must be at least 1, not {args.jobs}")
    return args


def verdict_of(result):
    return "unknown" if result["ok"] is None else "pass" if result["ok"] else "fail"


class Campaign:
    def __init__(self, args, pool):
        self.args, self.pool = args, pool
        self.programs = find_programs(args.build / "models", "relacy")
        self.explorers = find_programs(args.build / "models", "explorer")
        self.wrong_programs = find_programs(args.build / "tests/kit/wrong", "relacy")
        self.surprises = []
        self.sites = {}  # primitive -> the operations that its clients were seen to perform
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
        for (p, c), r in self.map(lambda p, c: p.run(c["client"], executions, limit, "--sites"), wanted):
            verdict = verdict_of(r)
            self.sites.setdefault(p.name, []).extend(r.get("sites", []))
            print(f"{p.name + '/' + c['client']:<44} {r['executions']:>11,} {r['seconds']:>8.2f}  {verdict} ({WORDS})",
                  flush=True)
            self.results["clients"].append({
                "primitive": p.name, "client": c["client"], "property": c["property"], "engine": "Relacy",
                "words": WORDS, "scheduler": "random", "bound": f"{executions} executions, {c['threads']} threads",
                "executions": r["executions"], "seconds": r["seconds"], "verdict": verdict, "expected": "pass",
                "trace": r["trace"] or None})
            if verdict != "pass":
                again = f"; --replay {r['state']}" if r.get("state") else ""
                self.surprise(f"{p.name}/{c['client']}: Relacy: {verdict}: {r['result']}: {c['property']}{again}", r["trace"])
        return len(wanted)

    def explorations(self):
        """Every execution or state of each client, as far as the time goes: unknown is no surprise, and no pass either."""
        wanted = [(p, c) for p in self.explorers for c in p.clients if self.args.only in f"{p.name}/{c['client']}"]
        for (p, c), (r, walk) in self.map(self.explore_or_walk, wanted):
            verdict = verdict_of(r)
            self.sites.setdefault(p.name, []).extend(r.get("sites", []))
            how, words, seconds = self.search_of(c)
            words = words if verdict == "pass" else f"explorer, RC20: {r['result']}"
            visited = r.get("states", 0) if how == "states" else r["executions"]
            print(f"{p.name + '/' + c['client']:<44} {visited:>11,} {r['seconds']:>8.2f}  {verdict} ({words})", flush=True)
            entry = {
                "primitive": p.name, "client": c["client"], "property": c["property"], "engine": "explorer",
                "words": words, "scheduler": f"exhaustive, by {how}",
                "bound": f"{c['threads']} threads, no spurious failures, {seconds} s",
                "executions": r["executions"], "seconds": r["seconds"], "verdict": verdict, "expected": "pass",
                "trace": r["trace"] or None, **({"states": visited} if how == "states" else {})}
            self.results["clients"].append(entry)
            if verdict == "fail":
                self.surprise(f"{p.name}/{c['client']}: explorer: {r['result']}: {c['property']}; --replay {r['state']}",
                              r["trace"])
            elif verdict == "unknown" and not UNFINISHED.match(r["result"]):
                self.surprise(f"{p.name}/{c['client']}: explorer gave no answer: {r['result']}")
            if walk:
                self.note_walk(p, c, walk, entry)

    def search_of(self, client):
        """What is visited, what it is called if it was all of it, and the seconds that it gets."""
        if client.get("by_states") or (client.get("by_states_if_thorough") and self.args.mode == "thorough"):
            return "states", STATES, STATES_SECONDS[self.args.mode]
        is_long = client.get("long_if_thorough") and self.args.mode == "thorough"
        return "executions", EXHAUSTIVE, (STATES_SECONDS if is_long else EXPLORE_SECONDS)[self.args.mode]

    def explore_or_walk(self, program, client):
        """What the search answers; and, if it does not know, what executions at random do."""
        how, _, seconds = self.search_of(client)
        r = program.explore(client["client"], seconds, "--sites", *(["--states"] if how == "states" else []))
        if verdict_of(r) != "unknown":
            return r, None
        return r, program.walk(client["client"], WALKS[self.args.mode], TIME_LIMIT[self.args.mode])

    def note_walk(self, p, c, walk, entry):
        """Adds the executions at random to the entry of a client: it fails with one of them, and never passes by them."""
        name, verdict = f"{p.name}/{c['client']}", verdict_of(walk)
        visited = walk["executions"] + walk.get("blocked", 0) + (verdict == "fail")
        print(f"{'  at random':<44} {visited:>11,} {walk['seconds']:>8.2f}  {verdict} ({walk['result']})", flush=True)
        entry["walked"] = visited
        entry["words"] += f"; {walk['result']}"
        if verdict == "fail":
            entry.update(verdict="fail", trace=walk["trace"] or None)
            self.surprise(f"{name}: explorer, at random: {walk['result']}: {c['property']}; --replay {walk['state']}",
                          walk["trace"])
        elif verdict == "pass" or not walk["result"].startswith(TESTED):
            self.surprise(f"{name}: explorer gave no answer about executions at random: {walk['result']}")

    def mutants(self):
        for court in trials.courts(self.explorers, self.programs):
            if self.args.only and self.args.only not in court.name:
                continue
            table = mutant_tables.Table(ROOT, court.name)
            source = mutant_tables.Source(ROOT, table.owned, self.sites.get(court.name, []))
            found = source.mutants()
            for text in [*source.unmet(), *table.differences(found)]:
                self.surprise(f"{court.name}: {text}; see \"Mutants\" in CONTRIBUTING.md: ./kit audit --update")
            known = [(m, table.rows[m.key]) for m in found if m.key in table.rows]
            self.kill(court, [(m, row) for m, row in known if row.killers])
            self.spare(court, [(m, row) for m, row in known if row.kept])

    def attempt(self, court, mutant, engine, client):
        if engine == "explorer":
            return self.explore_or_walk_mutant(court, mutant, client, KILL_SECONDS[self.args.mode], WALKS[self.args.mode])
        # As many executions as --quick has must do: a mutant that needs luck is a client that needs work.
        return court.simulate(mutant, client, EXECUTIONS["default"], TIME_LIMIT[self.args.mode])

    def explore_or_walk_mutant(self, court, mutant, client, seconds, walks):
        t = court.explore(mutant, client, seconds)
        if t.verdict != "unknown":
            return t
        at_random = court.walk(mutant, client, walks, TIME_LIMIT[self.args.mode])
        return at_random if at_random.verdict == "killed" else t

    def kill_one(self, court, mutant, row):
        """The trials that the table asks for: with --quick one that kills will do, the explorer's first."""
        if "" in row.killers or self.args.mode == "quick":
            tries = []
            for engine in trials.ENGINES:
                client = row.killers.get(engine) or row.killers.get("")
                if client and not any(t.verdict == "killed" for t in tries):
                    tries.append(self.attempt(court, mutant, engine, client))
            return [t for t in tries if t.verdict == "killed"] or tries[-1:]
        return [self.attempt(court, mutant, engine, row.killers[engine])
                for engine in trials.ENGINES if engine in row.killers]

    def kill(self, court, wanted):
        for (m, row), tries in self.map(lambda m, row: self.kill_one(court, m, row), wanted):
            said = "; ".join(f"{t.verdict} by {t.client} ({t.engine}) after {t.executions:,}" for t in tries)
            print(f"  mutant {m.describe():<88} {said}", flush=True)
            for t in tries:
                if t.verdict != "killed":
                    self.surprise(f"{court.name}: mutant {m.describe()} {t.verdict} by {t.client} ({t.engine}): {t.message}")
            self.record(court, m, min(tries, key=lambda t: (t.verdict == "killed", t.engine != "explorer")),
                        {t.engine: t.client for t in tries if t.verdict == "killed"})

    def spare(self, court, wanted):
        """What no client is known to kill: each client tries, and it stays listed with its reason."""
        for m, row in wanted:
            tries = [t for _, t in self.map(lambda engine, client: self.attempt_briefly(court, m, engine, client),
                                            [(e, c) for e in trials.ENGINES for c in court.clients(e)])]
            killers = [t for t in tries if t.verdict == "killed"]
            print(f"  mutant {m.describe():<88} {row.standing}, {row.reason}", flush=True)
            none = trials.Trial("explorer", "none", row.standing, sum(t.executions for t in tries), 0.0, row.reason)
            self.record(court, m, killers[0] if killers else none, {t.engine: t.client for t in killers})
            if killers:
                self.surprise(f"{court.name}: mutant {m.describe()} is listed as {row.standing}, but {killers[0].client} "
                              f"kills it ({killers[0].engine}): {killers[0].message}", killers[0].trace)

    def attempt_briefly(self, court, mutant, engine, client):
        if engine == "explorer":
            return self.explore_or_walk_mutant(court, mutant, client, SPARE_SECONDS[self.args.mode],
                                               WALKS[self.args.mode] // 10)
        return court.simulate(mutant, client, EXECUTIONS["quick"] // 10 if self.args.mode == "quick" else
                              EXECUTIONS["quick"], TIME_LIMIT[self.args.mode])

    def record(self, court, m, t, engines):
        self.results["mutants"].append({
            "primitive": court.name, "edge": m.edge, "file": m.file, "line": m.line, "function": m.function,
            "operation": m.operation, "part": m.part, "from": m.order, "to": m.to, "step": m.step, "client": t.client,
            "engine": t.engine, "engines": engines, "verdict": t.verdict, "executions": t.executions,
            "seconds": t.seconds, "message": t.message})

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


def names_in_source():
    """What PRIMITIVE/CLIENT can be called: more than there are, for every folder is taken with the names of all."""
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob("models/**/*.[ch]pp")]
    clients = {name for text in texts for name in re.findall(r'"([a-z]\w*)"', text)}
    primitives = {name for text in texts for name in re.findall(r'main_of\(\s*"([^"]+)"', text)}
    return primitives, clients


def can_be_meant(pattern):
    primitives, clients = names_in_source()
    return any(pattern in f"{p}/{c}" for p in primitives for c in clients)


def nobody_is_called(pattern):
    print(f"verify: no client's name contains '{pattern}'; names are PRIMITIVE/CLIENT, "
          f"of {', '.join(sorted(names_in_source()[0]))}", file=sys.stderr)
    return 2


def main(argv):
    args = parse_arguments(argv)
    if args.check:
        return 0 if can_be_meant(args.only) else nobody_is_called(args.only)
    make_writable(args.out)
    with Pool(args.jobs) as pool:
        return run(args, pool)


def run(args, pool):
    start = time.monotonic()
    campaign = Campaign(args, pool)
    if not campaign.programs:
        print(f"verify: no model programs under {args.build}/models; build them first: ./kit verify", file=sys.stderr)
        return 2
    ran = campaign.clients()
    campaign.explorations()
    if ran == 0:
        return nobody_is_called(args.only)
    campaign.mutants()
    if not args.only:
        campaign.wrong()
    seconds = time.monotonic() - start
    compiler = subprocess.run(["c++", "--version"], capture_output=True, text=True).stdout.splitlines()
    results = {"generated": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
               "mode": args.mode, "only": args.only, "commit": git_commit(ROOT), "compiler": compiler[0] if compiler else "unknown",
               "seconds": seconds, "surprises": campaign.surprises, **campaign.results}
    (args.out / "results.json").write_text(json.dumps(results, indent=1))
    killed = sum(m["verdict"] == "killed" for m in campaign.results["mutants"])
    explored = [c for c in campaign.results["clients"] if c["engine"] == "explorer"]
    walked = [c["walked"] for c in explored if "walked" in c]
    exhausted = sum(c["verdict"] == "pass" for c in explored)
    by_states = sum(c["verdict"] == "pass" for c in explored if "states" in c)
    print(f"\n{ran} clients ({WORDS}), {exhausted} of {len(explored)} explored to the end ({EXHAUSTIVE}; {by_states} of them {STATES}), "
          f"{len(walked)} unknown, tried at random ({sum(walked):,} executions by priorities: {TESTED}, no pass), "
          f"{killed} of {len(campaign.results['mutants'])} mutants killed, {len(campaign.results['wrong'])} wrong programs "
          f"found, {len(campaign.surprises)} surprises, {seconds:.0f} s")
    for text in campaign.surprises:
        print(f"SURPRISE: {text}")
    return 1 if campaign.surprises else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
