# SPDX-License-Identifier: BSL-1.0
"""The table of what is proved, in proofs/README.md: each row names its theorems or runs, and what ties it to the source."""
import dataclasses
import pathlib
import re

HEAD = "| claim | proved in | tool | bounds | memory model | tied by | not covered |"
CODE = re.compile(r"`([^`]+)`")


@dataclasses.dataclass
class Claim:
    text: str
    theorems: list  # (theory, theorem)
    runs: list  # (model, run)
    ties: list  # files of proofs/
    cells: list = dataclasses.field(default_factory=list)  # the row, as it stands
    problems: list = dataclasses.field(default_factory=list)

    def names(self):
        return ", ".join([t for _, t in self.theorems] + [r for _, r in self.runs])


def read(readme):
    """The rows of the table. What cannot be read is an error, so that no row is left unchecked."""
    lines = readme.read_text().splitlines()
    if HEAD not in lines:
        raise ValueError(f"{readme.name} has no table that begins with '{HEAD}'")
    result = []
    for line in lines[lines.index(HEAD) + 2:]:
        if not line.startswith("|"):
            break
        cells = [c.strip() for c in line.strip("|").split("|")]
        if len(cells) != 7:
            raise ValueError(f"{readme.name}: a row of {len(cells)} cells: {line}")
        theorems, runs = places(cells[1])
        if not theorems and not runs:
            raise ValueError(f"{readme.name}: a row that names no theorem and no run: {line}")
        result.append(Claim(cells[0], theorems, runs, CODE.findall(cells[5]), cells))
    return result


def places(cell):
    """`iris/once.v` `a` `b`, `spin/queue.pml` `run` -> theorems, runs."""
    theorems, runs, file = [], [], None
    for word in CODE.findall(cell):
        path = pathlib.PurePath(word)
        if path.suffix in (".v", ".pml"):
            file = path
        elif file is None:
            raise ValueError(f"`{word}` follows no file")
        elif file.suffix == ".v":
            theorems.append((str(file.with_suffix("")), word))
        else:
            runs.append((file.stem, word))
    return theorems, runs
