#!/usr/bin/env python3
"""Compiles each header in a unit of its own, which shows whether it includes what it needs. Exit 1 if one does not.

Run by ./kit test. Most of such a unit is what all of them include, so that is compiled once: a header whose includes lead to
one of ROOTS sees all that this one includes in any case, and its unit starts from there. By the same reasoning as far down as
it goes, no header sees anything that it would not see without. (g++ sees the headers in the tests, many to a unit.)
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PROJECT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("primitives", "models")
# What many headers include, the largest first. Each is compiled alone too.
ROOTS = ("kit/explore/check.hpp", "kit/explore/graph.hpp", "kit/relacy/platform.hpp", "sluice/chan.hpp",
         "sluice/platform.hpp")
COMPILER = ("clang++-19", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror",
            *(f"-I{folder}" for folder in FOLDERS))


def load(project):
    """The headers that git knows or would add, by the names under which they are included."""
    listed = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard", *FOLDERS], cwd=project, check=True,
                            capture_output=True, text=True).stdout
    paths = sorted(path for path in listed.split("\0") if path.endswith(".hpp") and (project / path).is_file())
    return {path.split("/", 1)[1]: (project / path).read_text(encoding="utf-8") for path in paths}


def included_by(text):
    """What a header includes in any case: not what hangs on a condition."""
    depth, found = 0, []
    for line in text.split("\n"):
        depth += 1 if re.match(r"#\s*if", line) else -1 if re.match(r"#\s*endif", line) else 0
        if depth == 0 and (match := re.match(r'#\s*include [<"]([^>"]+)', line)):
            found.append(match.group(1))
    return found


def reached_from(name, headers):
    """Those of `headers` that the header includes, directly or through others."""
    reached, to_read = set(), [name]
    while to_read:
        for other in included_by(headers[to_read.pop()]):
            if other in headers and other not in reached:
                reached.add(other)
                to_read.append(other)
    return reached


def root_of(name, headers, roots=ROOTS):
    """The first root that the header includes, and that does not include it; None where there is none."""
    reached = reached_from(name, headers)
    return next((r for r in roots if r in reached and name not in reached_from(r, headers)), None)


def compile_root(root, project, folder):
    path = next(at / root for at in map(pathlib.Path, FOLDERS) if (project / at / root).is_file())
    # Its templates are instantiated here once, and not again by each header that starts from it.
    compiled = pathlib.Path(folder, root.replace("/", "-") + ".pch")
    done = subprocess.run([*COMPILER, "-fpch-instantiate-templates", "-x", "c++-header", path, "-o", compiled], cwd=project, capture_output=True, text=True)
    return compiled if done.returncode == 0 else None  # what is wrong with it shows when it is compiled alone


def compile_alone(name, start, project):
    """What the compiler says of a unit that includes this header alone; `start`: its root, compiled, or None."""
    begin = ("-include-pch", start) if start else ()
    done = subprocess.run([*COMPILER, "-fsyntax-only", *begin, "-include", name, "-x", "c++", os.devnull], cwd=project,
                          capture_output=True, text=True)
    return done.stderr + done.stdout or "the compiler failed\n" if done.returncode else ""


def check(project, headers, roots=ROOTS):
    """What is wrong with each of `headers`, where anything is."""
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wanted = {name: root_of(name, headers, roots) for name in headers}
        used = sorted(set(filter(None, wanted.values())))
        compiled = dict(zip(used, pool.map(lambda root: compile_root(root, project, folder), used)))
        said = pool.map(lambda name: compile_alone(name, compiled.get(wanted[name]), project), headers)
        return {name: text for name, text in zip(headers, said) if text}


def main():
    headers = load(PROJECT)
    wrong = check(PROJECT, headers)
    for name, text in wrong.items():
        print(f"{name}, alone:\n{text}")
    print(f"{len(headers)} headers alone, {len(wrong)} of them wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
