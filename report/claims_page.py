# SPDX-License-Identifier: BSL-1.0
"""What is claimed, for the page: the tables of proofs/README.md, and beside each row what ./kit prove said of it."""
import html
import pathlib
import re

from markupsafe import Markup

PROVED = "| claim | proved in |"  # how the table begins that ./kit prove reads


def markup(text):
    """A cell of a Markdown table: `code`, *emphasis*; of a link its words."""
    text = html.escape(re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text), quote=False)
    parts = re.split(r"`([^`]*)`", text)
    return Markup("".join(f"<code>{p}</code>" if i % 2 else re.sub(r"(?<!\w)\*(\S[^*]*)\*", r"<em>\1</em>", p)
                          for i, p in enumerate(parts)))


def tables(readme):
    """[{heads, rows, proved, before}] of a Markdown file; `before` is the line of text that leads to the table."""
    found, before = [], ""
    lines = pathlib.Path(readme).read_text(encoding="utf-8").splitlines()
    for i, line in enumerate(lines):
        if line.startswith("|") and i + 1 < len(lines) and re.fullmatch(r"\|[-|: ]+\|", lines[i + 1]):
            found.append({"heads": cells(line), "rows": [], "proved": line.startswith(PROVED), "before": before})
        elif line.startswith("|") and found and not re.fullmatch(r"\|[-|: ]+\|", line):
            found[-1]["rows"].append(cells(line))
        elif line.strip():
            before = line
    return found


def cells(line):
    return [c.strip() for c in line.strip().strip("|").split("|")]


def digest(readme, proved):
    """What the template shows: the claims that are proved, with verdicts where ./kit prove ran, and the other tables."""
    said = {c["text"]: c for c in (proved or {}).get("claims", [])}
    every = tables(readme)
    rows = [judged(row, said.get(row[0])) for t in every if t["proved"] for row in t["rows"]]
    runs = [{**r, "ok": r["found"] == r["expected"]} for r in (proved or {}).get("runs", [])]
    return {"rows": rows, "ran": proved is not None, "generated": (proved or {}).get("generated", ""),
            "holding": sum(r["ok"] is True for r in rows), "asked": sum(r["ok"] is not None for r in rows),
            "theories": sorted((proved or {}).get("theories", {}).items()), "runs": runs,
            "bugs": sum(r["expected"] != "ok" for r in runs),
            "others": [{**t, "leads": markup(t["before"].removesuffix(":")), "cells": [[markup(c) for c in row] for row in t["rows"]]} for t in every if not t["proved"]]}


def judged(row, said):
    verdict = said.get("verdict", "FAILED" if said["problems"] else "ok") if said else "not run"
    claim, where, tool, bounds, memory, ties, uncovered = [markup(c) for c in row]
    return {"claim": claim, "where": where, "tool": tool, "bounds": bounds, "memory": memory, "ties": ties, "uncovered": uncovered,
            "verdict": verdict, "ok": {"ok": True, "FAILED": False}.get(verdict), "problems": (said or {}).get("problems", [])}
