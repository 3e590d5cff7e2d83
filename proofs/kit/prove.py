#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Compiles the theories, runs the Promela models, ties both to the shipped source, and says which claims hold.

A row of the table in proofs/README.md is ok if each of its theorems compiles and assumes nothing, each of its runs gives
the answer that it has to give, and each file that ties it declares what the shipped header performs.
"""
import argparse
import concurrent.futures
import datetime
import functools
import json
import os
import pathlib
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[2] / "models/kit")]
import claims  # noqa: E402
import clauses  # noqa: E402
import compiled  # noqa: E402
import conformance  # noqa: E402
import coq  # noqa: E402
import skeleton  # noqa: E402
import spin  # noqa: E402
from programs import make_writable  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]


def parse_arguments(argv):
    p = argparse.ArgumentParser(prog="kit prove", description=__doc__.splitlines()[0], allow_abbrev=False)
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "out/build/release", help="build folder")
    p.add_argument("--out", type=pathlib.Path, default=ROOT / "out/prove", help="folder for what is compiled, and results")
    p.add_argument("--thorough", action="store_true", help="the large models too, and one clause of the invariants left out at a time")
    p.add_argument("--fresh", action="store_true", help="take nothing that another checkout has compiled, nor keep what was taken; so does --thorough")
    p.add_argument("--only", default="", metavar="PATTERN", help="only claims whose row contains PATTERN")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="steps side by side")
    p.add_argument("--check", action="store_true", help="run nothing; refuse what no claim answers, before anything is built")
    return p.parse_args(argv)


class Proofs:
    def __init__(self, args, root=ROOT):
        self.args, self.root, self.proofs = args, root, root / "proofs"
        self.claims = [c for c in claims.read(self.proofs / "README.md")
                       if args.only in f"{c.text} {c.names()} {c.theorems} {c.runs}"]
        if not self.claims:
            print(f"kit prove: no claim contains '{args.only}'; the rows are in proofs/README.md, \"What is proved\"", file=sys.stderr)
            raise SystemExit(2)
        self.untold = []  # what no row can bear
        self.steps = []
        self.load = os.getloadavg()[0]  # seconds say little where others were at work

    def step(self, name, work):
        start = time.monotonic()
        print(f"\n== {name}", flush=True)
        work()
        self.steps.append((name, time.monotonic() - start))

    def tie(self):
        """Does the source still do what the proofs are about?"""
        files = {p for p in [*self.proofs.glob("*/*.v"), *self.proofs.glob("*/*.pml")] if "(*@" in p.read_text() or "/*@" in p.read_text()}
        tied = {t for c in self.claims for t in c.ties}
        for path in sorted(files):
            name = str(path.relative_to(self.proofs))
            if name not in tied:
                if not self.args.only:
                    self.untold.append(f"{name} declares operations, and no claim is tied by it")
                continue
            found = skeleton.check(self.root, path, self.args.build)
            print(f"{'ok' if not found else 'FAILED':7} {name}: {len(skeleton.declared(path).sites)} operations")
            for c in self.claims:
                if name in c.ties:
                    c.problems += [f"{c.names()} no longer speak of the source: {name}: {text}" for text in found]
        for c in self.claims:
            c.problems += [f"{t} does not declare the operations that it is about" for t in c.ties
                           if self.proofs / t not in files]

    def replay(self):
        """Are random runs of the source runs of the models?"""
        self.replayed = []
        for name, (_, _, ties) in conformance.SYSTEMS.items():
            concerned = [c for c in self.claims if set(ties) & set(c.ties)]
            if not concerned:
                continue
            found, runs, operations, refused = conformance.check(self.root, name, self.args.build)
            print(f"{'ok' if not found else 'FAILED':7} {name}: {runs} runs of {operations:,} operations; spoilt, {refused} of them are refused")
            self.replayed.append({"name": name, "runs": runs, "operations": operations, "refused": refused})
            for c in concerned:
                c.problems += found

    def compile(self):
        self.theories = coq.Theories(self.proofs, self.args.out / "coq", self.elsewhere())
        wanted = self.wanted()
        meanwhile = [functools.partial(self.search, r) for r in self.chosen]
        for name, theory in self.theories.build(self.args.jobs, wanted, meanwhile):
            verdict = "FAILED" if theory.error else "kept" if theory.kept else "ok"
            print(f"{verdict:7} {theory.seconds:5.1f}s  {name}.v", flush=True)
            if theory.error:
                print(theory.error)
        self.untold += list(self.theories.left_open())

    def elsewhere(self):
        return None if self.args.fresh or self.args.thorough else compiled.Compiled.of_this_user()

    def wanted(self):
        if not self.args.only:
            return set(self.theories.all)
        wanted, new = set(), {theory for c in self.claims for theory, _ in c.theorems}
        while new:
            wanted |= new
            new = {n for t in new if t in self.theories.all for n in self.theories.all[t].needs} - wanted
        return wanted & set(self.theories.all)

    def ask_assumptions(self):
        everything = [t for c in self.claims for t in c.theorems]
        broken = {t for t in everything if t[0] not in self.theories.all or self.theories.all[t[0]].error}
        answers = self.theories.assumptions(dict.fromkeys(t for t in everything if t not in broken))
        for c in self.claims:
            for theory, theorem in c.theorems:
                if (theory, theorem) in broken:
                    why = self.theories.all[theory].error.splitlines()[0] if theory in self.theories.all else "no such file"
                    c.problems.append(f"{theorem} is not proved: {theory}.v: {why}")
                elif answers[theory, theorem]:
                    c.problems.append(f"{theorem} in {theory}.v: {answers[theory, theorem]}")
        print(f"{sum(not a for a in answers.values())} of {len(set(everything))} theorems compile and assume nothing")

    @functools.cached_property
    def all_runs(self):
        return spin.read_runs(self.proofs / "spin/runs")

    @functools.cached_property
    def chosen(self):
        when = ("quick", "thorough") if self.args.thorough else ("quick",)
        named = {r for c in self.claims for r in c.runs}
        return [r for r in self.all_runs if r.when in when and (not self.args.only or (r.model, r.name) in named)]

    def search(self, one):
        return one if one.found else spin.run(one, self.proofs / "spin", self.args.out / "spin")

    def ask_and_explore(self):
        """Side by side: what asks Coq is one process. Some runs were done beside the theories."""
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            asked = pool.submit(self.ask_assumptions)
            for r in pool.map(self.search, self.chosen):
                print(f"{'ok' if r.ok else 'FAILED':7} {r.row()}" + ("" if r.ok else f", and not {r.expected}"), flush=True)
            asked.result()
        self.judge_runs()

    def judge_runs(self):
        runs, chosen, named = self.all_runs, self.chosen, {r for c in self.claims for r in c.runs}
        self.runs = {(r.model, r.name): r for r in runs}
        for c in self.claims:
            for one in c.runs:
                r = self.runs.get(one)
                if r is None:
                    c.problems.append(f"{one[0]} {one[1]}: no such run")
                elif r in chosen and not r.ok:
                    c.problems.append(f"{one[0]} {one[1]}: {r.found}, and not {r.expected}")
        self.untold += [f"{r.model} {r.name} is run, and no claim names it" for r in runs
                        if not self.args.only and (r.model, r.name) not in named]
        self.left_out = [r for r in runs if r not in chosen and (r.model, r.name) in named]

    def leave_out_clauses(self):
        for clause in clauses.read(self.proofs / "clauses"):
            if self.args.only in clause.theory:
                failed = clauses.without(clause, self.proofs, self.args.out, self.args.jobs)
                print(f"{'ok' if failed else 'FAILED':7} {clause.theory}.v without '{clause.text}': "
                      + (f"{failed}.v fails" if failed else "everything compiles"), flush=True)
                if not failed:
                    self.untold.append(f"{clause.theory}.v does not need '{clause.text}'")

    def verdict(self, claim):
        asked = [r for r in claim.runs if self.runs.get(r) not in self.left_out]
        return "FAILED" if claim.problems else "ok" if claim.theorems or asked else "not run"

    def tell(self):
        print("\n== claims")
        for c in self.claims:
            print(f"{self.verdict(c):7} {c.text}\n        {c.names()}")
            for problem in c.problems:
                print(f"        {problem}")
        for text in self.untold:
            print(f"FAILED  {text}")
        if self.left_out:
            print(f"not run, --thorough runs them: {', '.join(f'{r.model} {r.name}' for r in self.left_out)}")
        print("\n== steps")
        for name, seconds in self.steps:
            print(f"{seconds:6.1f}s  {name}")

    def run(self):
        self.step("what the source does, and what the proofs say of it", self.tie)
        self.step("random runs of the source, replayed", self.replay)
        self.step("theories", self.compile)
        self.step("what the theorems assume, and models", self.ask_and_explore)
        if self.args.thorough:
            self.step("with one clause left out", self.leave_out_clauses)
        self.tell()
        self.keep()
        return 1 if self.untold or any(c.problems for c in self.claims) else 0

    def keep(self):
        document = {"generated": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                    "thorough": self.args.thorough, "only": self.args.only, "load": self.load,
                    "claims": [{"text": c.text, "cells": c.cells, "theorems": c.theorems, "runs": c.runs, "names": c.names(),
                                "verdict": self.verdict(c), "problems": c.problems} for c in self.claims],
                    "theories": {n: {"seconds": t.seconds, "ok": not t.error} for n, t in self.theories.all.items()},
                    "runs": [{**vars(r)} for r in self.runs.values() if r.found],
                    "replayed": self.replayed, "steps": dict(self.steps)}
        (self.args.out / "results.json").write_text(json.dumps(document, indent=1))


def main(argv=None):
    proofs = Proofs(parse_arguments(argv))
    if proofs.args.check:
        return 0
    make_writable(proofs.args.out)
    return proofs.run()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
