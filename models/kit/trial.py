# SPDX-License-Identifier: BSL-1.0
"""Trials of one mutant: a client runs with one order weakened, under one engine, within a bound."""
import dataclasses

from programs import ENGINES


@dataclasses.dataclass
class Trial:
    """`killed`: the client's property broke. `survived`: it held in every execution (explorer), or in as many as were
    run (Relacy). `unreached`: likewise, but the client never performs the operation. `unknown`: stopped before."""
    engine: str
    client: str
    verdict: str
    executions: int
    seconds: float
    message: str
    trace: str = ""
    token: str = ""


class Court:
    """Both engines of one primitive."""

    def __init__(self, name, programs):
        self.name = name
        self.programs = {engine: p for engine, p in programs.items() if p is not None}
        self.dismissed = set()  # (engine, client)

    def clients(self, engine):
        """Those that are heard."""
        all_of_them = self.programs[engine].clients if engine in self.programs else []
        return [c["client"] for c in all_of_them if (engine, c["client"]) not in self.dismissed]

    def dismiss(self, engine, client):
        self.dismissed.add((engine, client))

    def threads(self, engine, client):
        return next(c["threads"] for c in self.programs[engine].clients if c["client"] == client)

    def explore(self, mutant, client, seconds, executions=None):
        bound = ["--executions", str(executions)] if executions else []
        return self.examine(mutant, client, lambda p, *more: p.explore(client, seconds, *bound, *more))

    def walk(self, mutant, client, walks, limit):
        return self.examine(mutant, client, lambda p, *more: p.walk(client, walks, limit, *more))

    def examine(self, mutant, client, run):
        """By the explorer; run(program, *arguments) answers."""
        if client not in self.clients("explorer"):
            return self.absent("explorer", client)
        program = self.programs["explorer"]
        more = ["--spurious", "1"] if mutant.to == "weak" else []
        r = run(program, *more, "--weaken", mutant.argument)
        if r["ok"] is False and mutant.to == "weak":
            plain = run(program, *more)
            if plain["ok"] is False:
                r = {**r, "ok": None, "result": f"{client} fails as written once others may fail spuriously"}
        # Those that blocked were visited as well, and so was the one that failed.
        visited = r["executions"] + r.get("blocked", 0) + (1 if r["ok"] is False else 0)
        return self.trial("explorer", client, r, visited)

    def simulate(self, mutant, client, executions, limit):
        if client not in self.clients("relacy"):
            return self.absent("relacy", client)
        r = self.programs["relacy"].run(client, executions, limit, "--weaken", mutant.argument)
        return self.trial("relacy", client, r, r["executions"])

    @staticmethod
    def trial(engine, client, r, executions):
        verdict = {None: "unknown", False: "killed", True: "survived"}[r["ok"]]
        message = r["result"]
        if r.get("unmet"):
            verdict, message = "unreached", "the client never performs this operation"
        return Trial(engine, client, verdict, executions, r["seconds"], message,
                     r["trace"] if verdict == "killed" else "", r.get("state", "") if verdict == "killed" else "")

    @staticmethod
    def absent(engine, client):
        return Trial(engine, client, "unknown", 0, 0.0, f"{engine} has no such client, or it fails as it is written")


def courts(explorers, relacies):
    """One for each primitive that has a program of either engine."""
    by_engine = {"explorer": {p.name: p for p in explorers}, "relacy": {p.name: p for p in relacies}}
    names = sorted({p.name for p in [*explorers, *relacies]})
    return [Court(name, {engine: by_engine[engine].get(name) for engine in ENGINES}) for name in names]
