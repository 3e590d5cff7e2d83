#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Reads papers/references.bib and says what is wrong with it: each entry has a DOI or an address, names files of this repository
that exist, and is cited by a note or by the report; whatever they cite is there, and whatever they link to."""
import dataclasses
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FIELD = re.compile(r"(\w+)\s*=\s*\{")
IN_NOTE = re.compile(r"\[@([\w-]+)\]")
IN_REPORT = re.compile(r"\\cite\{([^}]*)\}")
LINK = re.compile(r"\]\((?!https?://)([^)#]*)(?:#([^)]*))?\)")
DOI = re.compile(r"10\.\d{4,9}/\S+$")


@dataclasses.dataclass
class Entry:
    kind: str
    key: str
    fields: dict

    def files(self, field):
        return [p for p in re.split(r",\s*", self.fields.get(field, "")) if p]


def closing(text, at):
    """The position behind the brace that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return i + 1
    raise ValueError(f"a brace that is not closed: {text[at:at + 40]!r}")


def read(text):
    text = re.sub(r"^%.*$", "", text, flags=re.M)
    entries = []
    for match in re.finditer(r"@(\w+)\{([\w-]+),", text):
        body = text[match.end():closing(text, match.start(0) + len(match[1]) + 1) - 1]
        fields, at = {}, 0
        while field := FIELD.search(body, at):
            at = closing(body, field.end() - 1)
            fields[field[1]] = " ".join(body[field.end():at - 1].split())
        entries.append(Entry(match[1], match[2], fields))
    return entries


def problems_of_entry(entry, root):
    for field in ("author", "title", "year"):
        if not entry.fields.get(field):
            yield f"{entry.key} has no {field}"
    if not DOI.match(entry.fields.get("doi", "")) and not re.match(r"https?://\S+$", entry.fields.get("url", "")):
        yield f"{entry.key} has neither a DOI nor an address"
    named = entry.files("usedby") + entry.files("contrast")
    if not named:
        yield f"{entry.key} names no file of this repository"
    for path in named:
        if not (root / path).exists():
            yield f"{entry.key} names {path}, which is not there"


def cited(folder):
    """key -> the files that cite it."""
    result = {}
    for path in sorted([*folder.glob("notes/*.md"), *folder.glob("report/*.tex")]):
        text = path.read_text()
        keys = IN_NOTE.findall(text) if path.suffix == ".md" else [k for ks in IN_REPORT.findall(text) for k in re.split(r",\s*", ks)]
        for key in keys:
            result.setdefault(key, []).append(path.name)
    return result


def broken_links(folder):
    for path in sorted([*folder.glob("*.md"), *folder.glob("notes/*.md")]):
        for target, mark in LINK.findall(path.read_text()):
            at = path.parent / target if target else path
            if not at.exists():
                yield f"{path.name} links to {target}, which is not there"
            elif mark and at.suffix == ".md" and not re.search(rf"^#+ {re.escape(mark)}\b", at.read_text(), re.M | re.I):
                yield f"{path.name} links to {target}#{mark}, and there is no such heading"


def problems(folder, root):
    entries = read((folder / "references.bib").read_text())
    keys = [e.key for e in entries]
    for key in sorted({k for k in keys if keys.count(k) > 1}):
        yield f"{key} is there twice"
    for entry in entries:
        yield from problems_of_entry(entry, root)
    use = cited(folder)
    for key in keys:
        if key not in use:
            yield f"{key} is cited by no note and not by the report"
    for key, places in use.items():
        if key not in keys:
            yield f"{', '.join(places)} cites {key}, which references.bib does not have"
    yield from broken_links(folder)


if __name__ == "__main__":
    found = list(problems(ROOT / "papers", ROOT))
    print("\n".join(found) or f"papers: {len(read((ROOT / 'papers/references.bib').read_text()))} references")
    sys.exit(1 if found else 0)
