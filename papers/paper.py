#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The technical report: its numbers from kept results, its PDF by LaTeX.

  --check  whether it could be built: every number comes from kept results, whatever the text uses is there. Needs no LaTeX
  --keep   takes over what ./kit verify and ./kit prove left under out/ as the results that the report is about
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bibliography  # noqa: E402
import results_as_tex as numbers  # noqa: E402
import texlint  # noqa: E402

ROOT = numbers.ROOT
TEXT = ROOT / "papers/report"
FIGURES = ("throughput",)  # that of the searches stands in what is told of a run
WITHOUT_LINT = {"preamble.tex"}  # what a page looks like


def check():
    """What is wrong, in sentences."""
    try:
        macros, tables = numbers.everything()
    except (ValueError, KeyError) as error:
        return [str(error)]
    found = list(bibliography.problems(ROOT / "papers", ROOT))
    texts = [p for p in sorted(TEXT.glob("*.tex")) if p.name not in WITHOUT_LINT]
    for path in texts:
        found += texlint.problems(path.name, path.read_text(), macros, tables, FIGURES)
    return found + list(texlint.unused([p.read_text() for p in texts], macros, tables, FIGURES))


def keep():
    for name in ("verify", "prove"):
        source = ROOT / f"out/{name}/results.json"
        if not source.exists():
            print(f"not there, so what was kept stays: {source.relative_to(ROOT)}, which ./kit {name} writes")
            continue
        document = numbers.without_traces(json.loads(source.read_text()))
        if not numbers.whole(name, document):
            sys.exit(f"kit paper: {source.relative_to(ROOT)} is of a part alone: ./kit {name} without --only")
        (numbers.RESULTS / f"{name}.json").write_text(json.dumps(document, indent=0) + "\n")
        print(f"kept: papers/results/{name}.json")


def references():
    """For BibTeX's plain style, which shows neither DOI nor address: as a note."""
    lines = []
    for e in bibliography.read((ROOT / "papers/references.bib").read_text()):
        at = e.fields.get("url") or "https://doi.org/" + e.fields["doi"]
        shown = {k: v for k, v in e.fields.items() if k not in ("usedby", "contrast", "doi", "url")} | {"note": rf"\url{{{at}}}"}
        lines.append(f"@{e.kind}{{{e.key},\n" + ",\n".join(f"  {k} = {{{v}}}" for k, v in shown.items()) + "\n}")
    return "\n".join(lines) + "\n"


def build(out):
    import figures  # needs matplotlib, which a check does not
    macros, tables = numbers.everything()
    shutil.rmtree(out, ignore_errors=True)
    (out / "generated").mkdir(parents=True)
    for path in TEXT.glob("*.tex"):
        shutil.copy(path, out)
    (out / "generated/numbers.tex").write_text(numbers.written(macros))
    for name, text in tables.items():
        (out / f"generated/{name}.tex").write_text(text)
    run = numbers.load("prove")
    figures.write(numbers.measurements.read_saved(numbers.MACHINE), run["runs"] if run else [], out / "generated")
    (out / "references.bib").write_text(references())
    for command in (["pdflatex"], ["bibtex"], ["pdflatex"], ["pdflatex"]):
        options = ["-interaction=nonstopmode", "-halt-on-error"] if command[0] == "pdflatex" else []
        done = subprocess.run([*command, *options, "report"], cwd=out, capture_output=True, text=True, errors="replace")
        if done.returncode != 0:
            sys.exit(f"kit paper: {command[0]} failed; {out}/report.log says more\n" + "\n".join(done.stdout.splitlines()[-30:]))
    log = (out / "report.log").read_text(errors="replace")
    for sign in ("undefined", "multiply defined"):
        if match := re.search(rf"^.*{sign}.*$", log, re.M):
            sys.exit(f"kit paper: {match[0]}")
    print(f"report: {(out / 'report.pdf').relative_to(ROOT)}")


def main(argv):
    parser = argparse.ArgumentParser(prog="kit paper", description=__doc__, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args(argv)
    if args.keep:
        keep()
    if found := check():
        sys.exit("\n".join(found))
    if args.check:
        print("paper: every number of the text comes from kept results, and all that it uses is there")
    else:
        build(ROOT / "out/paper")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
