# SPDX-License-Identifier: BSL-1.0
"""Leaves out one clause of an invariant at a time: a proof that does not need it would prove less than it seems to."""
import dataclasses
import pathlib
import shutil
import tempfile

import coq


@dataclasses.dataclass
class Clause:
    theory: str
    text: str
    instead: str


def read(path):
    rows = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return [Clause(*(cell.strip() for cell in row.split(" | "))) for row in rows]


def without(clause, proofs, out, jobs):
    """The first theory that fails, or "" where none does; an error where the clause is not there. What is compiled already under
    `out`, and does not rest on the clause, is not compiled again."""
    with tempfile.TemporaryDirectory(dir=out) as folder:
        copy = pathlib.Path(folder) / "proofs"
        for name in coq.FOLDERS:
            (copy / name).mkdir(parents=True)
            for source in (proofs / name).glob("*.v"):
                (copy / name / source.name).write_text(source.read_text())
        path = copy / f"{clause.theory}.v"
        if path.read_text().count(clause.text) != 1:
            raise ValueError(f"{clause.theory}.v: '{clause.text}' is not there once")
        path.write_text(path.read_text().replace(clause.text, clause.instead))
        if (out / "coq").is_dir():
            shutil.copytree(out / "coq", pathlib.Path(folder) / "coq")
        theories = coq.Theories(copy, pathlib.Path(folder) / "coq")
        wanted = dependents(theories, clause.theory)
        for name, theory in theories.build(jobs, wanted):
            if theory.error:
                return name
    return ""


def dependents(theories, name):
    """The theory, whatever requires it, and whatever those require."""
    above = {name}
    while more := {n for n, t in theories.all.items() if above & set(t.needs)} - above:
        above |= more
    below = set(above)
    while more := {need for n in below for need in theories.all[n].needs} - below:
        below |= more
    return below
