"""Memory orders are the documentation: every order has a named edge, every edge has both ends."""

import re
from dataclasses import dataclass

from cpp import Finding

_TAG = re.compile(r"(?:^|\s)\[([a-z][a-z0-9_-]*)\]")
_ORDER = re.compile(
    r"\bmemory_order(?:::|_)(relaxed|consume|acquire|release|acq_rel|seq_cst)\b"
    r"|(?<=[(,?:])\s*(relaxed|acquire|release|acq_rel|seq_cst)\s*(?=[,):])"
    r"|\bfence_(light|heavy)\s*\(")
RELEASING = {"release", "acq_rel", "seq_cst", "fence"}
ACQUIRING = {"acquire", "acq_rel", "seq_cst", "fence", "consume"}


def orders(code):
    """The orders that a piece of code names; an asymmetric fence counts as `fence`."""
    return {match.group(1) or match.group(2) or "fence" for match in _ORDER.finditer(code)}


class Table:
    """What a header's opening comment says of its edges: tag -> (line, text). `last_line` is where that comment ends."""
    def __init__(self, source):
        self.edges, tag, inside = {}, None, False
        code = (number for number, text in enumerate(source.code_lines, 1)
                if text.strip() and text.strip() != "#pragma once")
        self.last_line = next(code, len(source.code_lines) + 1) - 1
        for number, text in enumerate(source.text.split("\n")[:self.last_line], 1):
            if re.match(r"//\s*Edges \(release -> acquire\)", text):
                inside = True
            elif inside:
                match = re.match(r"//(\s+)(?:\[([a-z][a-z0-9_-]*)\]\s)?(.*)", text)
                if not match or (len(match.group(1)) < 3 and not match.group(2)):
                    return
                if match.group(2):
                    tag = match.group(2)
                    self.edges[tag] = (number, match.group(3))
                elif tag:
                    self.edges[tag] = (self.edges[tag][0], f"{self.edges[tag][1]} {match.group(3)}")


@dataclass(frozen=True)
class End:
    """One place in the code: its tags, the orders of its statement."""
    path: str
    line: int
    tags: frozenset
    orders: frozenset


def ends(source, table):
    """Every line that names an order, with the tags of its statement's comments or of the comment right above it."""
    for number, code in enumerate(source.code_lines, 1):
        here = orders(code)
        if not here or code.lstrip().startswith("#"):
            continue
        lines = source.statement(number)
        above = lines[0] - 1
        while above > table.last_line and source.comment_lines[above - 1].strip() and not source.code_lines[above - 1].strip():
            above -= 1
        comments = [source.comment_lines[i - 1] for i in range(above + 1, lines[-1] + 1)]
        tags = {tag for comment in comments for tag in _TAG.findall(comment.lstrip(" /"))}
        yield End(source.path, number, frozenset(tags), frozenset(here))


def check(sources):
    """`sources`: path -> Source of every header under primitives/."""
    tables = {path: Table(source) for path, source in sources.items()}
    all_ends = {path: list(ends(source, tables[path])) for path, source in sources.items()}
    for path in sources:
        reach = _details(path, sources)
        known = {tag: at for user in [path, *_users(path, sources)] for tag, at in tables[user].edges.items()}
        yield from _unknown_tags(sources[path], tables[path], known)
        if not path.rpartition("/")[2].startswith("platform"):
            yield from _untagged(all_ends[path], known)
        yield from _one_ended(path, tables[path], [end for at in [path, *reach] for end in all_ends[at]])


def _unknown_tags(source, table, known):
    for number, comment in enumerate(source.comment_lines, 1):
        if number <= table.last_line:
            continue
        for tag in _TAG.findall(comment.lstrip(" /")):
            if tag not in known:
                yield Finding(source.path, number, f"tag [{tag}] is in no table",
                              "add the edge to the table in the opening comment, or mend the tag")


def _untagged(places, known):
    for end in places:
        strong = end.orders - {"relaxed"}
        if strong and not end.tags:
            yield Finding(end.path, end.line, f"{'/'.join(sorted(strong))} without an edge",
                          "name its edge in a trailing comment such as // [full], and in the table above")
        elif "seq_cst" in strong and not any("forbids" in known.get(tag, ("", ""))[1] for tag in end.tags):
            yield Finding(end.path, end.line, "seq_cst without a reason",
                          "let the edge's line in the table say which outcome it forbids, with that word")


def _one_ended(path, table, places):
    for tag, (line, _) in table.edges.items():
        mine = [end for end in places if tag in end.tags]
        release = {(end.path, end.line) for end in mine if end.orders & RELEASING}
        acquire = {(end.path, end.line) for end in mine if end.orders & ACQUIRING}
        if not release:
            yield Finding(path, line, f"edge [{tag}] has no releasing end", "tag the store, RMW or fence that releases")
        if not acquire:
            yield Finding(path, line, f"edge [{tag}] has no acquiring end", "tag the load, RMW or fence that acquires")
        if release and acquire and len(release | acquire) < 2:
            yield Finding(path, line, f"edge [{tag}] has one place for both ends", "tag the other end too")


def _details(path, sources):
    """The shared parts under detail/ that a header includes, directly or through another one."""
    found, todo = set(), [path]
    while todo:
        for _, include, _ in sources[todo.pop()].includes():
            at = "primitives/" + include
            if include.startswith("sluice/detail/") and at in sources and at not in found:
                found.add(at)
                todo.append(at)
    return sorted(found)


def _users(path, sources):
    if "/detail/" not in path:
        return []
    return [user for user in sources if user != path and path in _details(user, sources)]
