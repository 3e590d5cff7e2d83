# SPDX-License-Identifier: BSL-1.0
"""One mutant before the audit: its trials, the verdict that they come to, and whether the table says so too."""
from mutants import Row


class Case:
    """What is found about one mutant."""

    def __init__(self, mutant, row):
        self.mutant, self.row = mutant, row
        self.kills = {}    # engine -> Trial, the fastest
        self.killers = set()  # (engine, client)
        self.others = {}   # client -> Trial of the explorer that killed nothing
        self.surprise = None

    def add(self, t):
        if t.verdict == "killed":
            self.killers |= {(t.engine, t.client), ("", t.client)}
            best = self.kills.get(t.engine)
            if best is None or t.seconds < best.seconds:
                self.kills[t.engine] = t
        elif t.engine == "explorer":
            self.others[t.client] = t

    @property
    def best(self):
        return self.kills.get("explorer") or self.kills.get("relacy")

    @property
    def finished(self):
        return sorted(c for c, t in self.others.items() if t.verdict == "survived")

    @property
    def unfinished(self):
        return sorted(c for c, t in self.others.items() if t.verdict == "unknown")

    @property
    def verdict(self):
        if self.kills:
            return "killed"
        return "redundant" if self.finished and not self.unfinished else "undecided"

    def words(self):
        t = self.best
        if t is not None:
            engine = "explorer" if t.engine == "explorer" else "Relacy alone"
            also = ", Relacy too" if len(self.kills) == 2 else ""
            return f"killed by {t.client} ({engine}, execution {t.executions:,}{also}): {t.message}"
        ground = f"{self.verdict}: explored to the end: {', '.join(self.finished) or 'none'}"
        if self.unfinished:
            ground += f"; not to the end: {', '.join(self.unfinished)}"
        return ground + (f". {self.row.reason}" if self.row.reason else "")

    def judge(self):
        """In what the table says otherwise."""
        who = self.mutant.describe()
        if self.row.killers:
            for engine, client in self.row.killers.items():
                if (engine, client) not in self.killers:
                    return f"{who}: {client} does not kill it{' under ' + engine if engine else ''}"
        elif self.kills:
            return f"{who}: the table has {self.row.standing or 'nothing'}, but {self.best.client} kills it"
        elif not self.row.kept:
            return f"{who}: {self.verdict}, and models/<primitive>/mutants gives no reason"
        elif self.row.standing != self.verdict:
            return f"{who}: the table says {self.row.standing}, but it is {self.verdict}"
        return None

    def new_row(self, engines):
        """`engines`: those that were asked; what the table knows of another stays."""
        edge = self.mutant.edge or "-"
        killers = {engine: client for engine, client in self.row.killers.items() if engine and engine not in engines}
        killers.update((engine, t.client) for engine, t in self.kills.items())
        if killers:
            return Row(edge, killers)
        return Row(edge, {}, self.verdict, self.row.reason or "")

    def as_json(self, primitive):
        m, t = self.mutant, self.best
        found = {"client": t.client, "engine": t.engine, "executions": t.executions, "seconds": t.seconds,
                 "message": t.message, "trace": t.trace, "token": t.token} if t else {
                     "client": None, "engine": None, "executions": sum(x.executions for x in self.others.values()),
                     "seconds": sum(x.seconds for x in self.others.values()), "message": self.row.reason, "trace": "",
                     "token": ""}
        return {"primitive": primitive, "edge": m.edge, "file": m.file, "line": m.line, "function": m.function,
                "operation": m.operation, "part": m.part, "from": m.order, "to": m.to, "step": m.step,
                "argument": m.argument, "verdict": self.verdict, "surprise": self.surprise, **found,
                "engines": {engine: k.client for engine, k in self.kills.items()},
                "finished": self.finished, "unfinished": self.unfinished}
