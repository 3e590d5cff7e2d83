"""README's table of Go's names is what tests/examples/go_names_test.cpp runs, line by line.

There a row is `// Go: <Go's name>` and the line of code under it; `// Section: <name>` begins a part of the table. To write the
table anew: python3 tests/lint/go_names.py
"""

import pathlib
import re

from cpp import Finding

TEST, README = "tests/examples/go_names_test.cpp", "README.md"
BEGIN, END = "<!-- go names: as tests/examples/go_names_test.cpp has them -->", "<!-- end of go names -->"


def rows(test):
    """(line in the test, row of the table), in order."""
    lines = test.split("\n")
    for number, line in enumerate(lines):
        if match := re.match(r"// Section: (.+)", line):
            yield number + 1, f"| **{match[1]}** | |"
        if match := re.match(r"\s*// Go: (.+)", line):
            code = re.sub(r"^} | {$", "", lines[number + 1].strip())
            yield number + 1, f"| {match[1]} | `{code}` |"


def table(readme):
    """(line in the README, row), in order; None if there is no table."""
    lines = readme.split("\n")
    if BEGIN not in lines or END not in lines:
        return None
    first, last = lines.index(BEGIN) + 1, lines.index(END)
    return [(number + 1, line) for number, line in enumerate(lines[first:last], first) if line.startswith("|")][2:]


def check(sources):
    if TEST not in sources or README not in sources:
        return
    wanted, found = list(rows(sources[TEST].text)), table(sources[README].text)
    if found is None:
        yield Finding(README, 1, "no table of Go's names", f"write it between {BEGIN} and {END}")
        return
    for (_, want), (line, row) in zip(wanted, found):
        if want != row:
            yield Finding(README, line, f"{TEST} runs something else", f"the row is {want}")
            return
    if len(wanted) != len(found):
        yield Finding(README, found[-1][0] if found else 1, f"{len(found)} rows, but {TEST} has {len(wanted)}",
                      "run python3 tests/lint/go_names.py, which writes them")


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    readme = (root / README).read_text(encoding="utf-8")
    before, rest = readme.split(BEGIN + "\n", 1)
    _, after = rest.split(END, 1)
    body = "".join(row + "\n" for _, row in rows((root / TEST).read_text(encoding="utf-8")))
    (root / README).write_text(f"{before}{BEGIN}\n\n| Go | here |\n|---|---|\n{body}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
