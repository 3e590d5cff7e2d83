#!/usr/bin/env python3
"""The rules of this project that a compiler does not know. Prints file:line: message: what to do; exit 1 if any.

Run by ./kit test. Looks at every file that git knows or would add, but for this folder, whose tests hold planted faults.
"""

import pathlib
import subprocess
import sys

import edges
import go_names
import readme_files
import rules
from cpp import Source

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load(root):
    listed = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=root, check=True,
                            capture_output=True, text=True).stdout
    sources = {}
    for path in sorted(filter(None, listed.split("\0"))):
        file = root / path
        if path.startswith("tests/lint/") or file.is_symlink() or not file.is_file():
            continue
        try:
            sources[path] = Source(path, file.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            pass  # a picture
    return sources


def check(sources):
    """Every finding in `sources`: path -> Source."""
    cpp = {path: source for path, source in sources.items() if path.endswith((".hpp", ".cpp"))}
    for source in sources.values():
        yield from rules.left_overs(source)
    for source in cpp.values():
        yield from rules.include_direction(source, sources)
        yield from rules.sizes(source)
        yield from rules.seam(source)
        yield from rules.has_check(source)
    yield from go_names.check(sources)
    yield from readme_files.check(sources)
    yield from edges.check({path: source for path, source in cpp.items() if path.startswith("primitives/")})


def main():
    sources = load(ROOT)
    findings = sorted(set(check(sources)), key=lambda finding: (finding.path, finding.line, finding.message))
    for finding in findings:
        print(finding)
    print(f"lint: {len(sources)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
