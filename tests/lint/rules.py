"""The rules that look at one file at a time."""

import posixpath
import re

from cpp import Finding
from edges import orders

HEADER_LINES, FUNCTION_LINES = 300, 40
PROJECT = ("primitives", "kit", "specs", "models", "tests", "bench")
# Who may include what, beside the C++ standard library and other people's libraries. Dependencies run one way:
# std <- primitives <- models/kit <- models/<primitive> <- tests.
MAY_SEE = {
    "primitives": {"primitives"},
    "kit": {"platform", "kit"},
    "specs": {"specs"},
    "models": {"primitives", "platform", "kit", "specs", "models"},
    "tests": {"primitives", "platform", "kit", "specs", "models", "tests"},
    "bench": {"primitives", "platform", "bench"},
    "bench of the kit": {"primitives", "platform", "kit", "specs", "models", "bench of the kit"},
}


def area(path):
    """Which layer a file of the repository belongs to, or None."""
    for start, name in (("primitives/", "primitives"), ("models/kit/", "kit"), ("models/specs/", "specs"),
                        ("models/", "models"), ("tests/", "tests"), ("bench/explore/", "bench of the kit"),
                        ("bench/", "bench")):
        if path.startswith(start):
            return name
    return None


def is_platform(path):
    """The seam's own headers: the one place that touches the machine."""
    return posixpath.basename(path).startswith("platform")


def _target(path, include, quoted, files):
    """The layer that an include leads to: one of ours, or 'std', 'relacy', 'system'."""
    places = ["primitives/" + include, "models/" + include, include]
    if quoted:
        places.insert(0, posixpath.normpath(posixpath.join(posixpath.dirname(path), include)))
    for place in places:
        if place in files and area(place):
            return "platform" if place == "primitives/sluice/platform.hpp" and area(path) != "primitives" else area(place)
    first = include.split("/")[0]
    if first == "sluice":
        return "primitives"
    if first in ("relacy", "kit", "specs"):
        return first
    return "system" if "/" in include or "." in include else "std"


def include_direction(source, files):
    mine = area(source.path)
    if mine is None:
        return
    for line, include, quoted in source.includes():
        target = _target(source.path, include, quoted, files)
        remedy = None
        if target == "relacy":
            if not source.path.startswith("models/kit/relacy"):
                remedy = "only models/kit/relacy* may see Relacy; include that"
        elif target == "system":
            if mine == "specs" or (mine == "primitives" and not is_platform(source.path)):
                remedy = "use the C++ standard library, or put it behind sluice/platform.hpp"
        elif target != "std" and target not in MAY_SEE[mine]:
            remedy = f"{mine} may see {', '.join(sorted(MAY_SEE[mine]))} and std; move what is shared down a layer"
        if remedy:
            yield Finding(source.path, line, f"{mine} includes <{include}>", remedy)


def sizes(source):
    if area(source.path) not in ("primitives", "kit", "specs", "models"):
        return
    lines = source.text.count("\n")
    if source.path.endswith(".hpp") and lines > HEADER_LINES:
        yield Finding(source.path, lines, f"{lines} lines, more than {HEADER_LINES}", "split the header by concept")
    for name, first, last in source.functions():
        if last - first + 1 > FUNCTION_LINES:
            yield Finding(source.path, first, f"{name} has {last - first + 1} lines, more than {FUNCTION_LINES}",
                          "split the function")


_AROUND = re.compile(r"\bstd::(atomic\w*|mutex|\w+_mutex|condition_variable\w*|this_thread|counting_semaphore"
                     r"|binary_semaphore|thread|jthread|lock_guard|unique_lock)\b|\batomic_thread_fence\b")
_CONDITIONAL = re.compile(r"^[ \t]*#[ \t]*(?!include\b|pragma once\b)(\w+)", re.M)
_RMW = r"(?:\.|->)\s*(?:fetch_\w+|exchange|compare_exchange_(?:weak|strong))"


def seam(source):
    """In a primitive, Platform is the only way to touch shared memory, and no order is implied."""
    if area(source.path) != "primitives" or is_platform(source.path):
        return
    for match in _AROUND.finditer(source.code):
        yield Finding(source.path, source.line_of(match.start()), f"{match.group()} goes around the Platform",
                      "use what Platform gives")
    for match in _CONDITIONAL.finditer(source.code):
        yield Finding(source.path, source.line_of(match.start()), f"#{match.group(1)} in a primitive",
                      "decide by template, or behind sluice/platform.hpp")
    atomics = set(re.findall(r"\batomic<[^;{}()]*>[&\s]\s*(\w+)", source.code))
    variables = set(re.findall(r"\bvar<[^;{}()]*>[&\s]\s*(\w+)", source.code))
    names = "|".join(sorted(atomics - variables))
    patterns = [_RMW] + ([rf"\b(?:{names})\s*(?:\.|->)\s*(?:load|store)"] if names else [])
    for pattern in patterns:
        for line, match, arguments in source.calls(pattern):
            if not orders(f"({arguments})") and not re.search(r"\b(\w*order\w*|o|ok|fail)\b", arguments):
                name = re.search(r"\w+$", match.group().rstrip(" (")).group()
                yield Finding(source.path, line, f"{name} without an order", "write the memory order out")


_LEFT_OVER = re.compile(r"\b(?<!context\.)(TODO|FIXME|XXX|HACK)\b|\b(GTEST_SKIP|DISABLED_)")
_ABSOLUTE = re.compile(r"(?<![\w.~$}])/(?:home|srv|root|Users|opt|usr/local|mnt)/")


def left_overs(source):
    if source.path == "CHANGELOG.md":
        return
    for number, text in enumerate(source.text.split("\n"), 1):
        if match := _LEFT_OVER.search(text):
            yield Finding(source.path, number, f"left over: {match.group()}", "finish it, or say it in a plain sentence")
        if (match := _ABSOLUTE.search(text)) and not (number == 1 and text.startswith("#!")):
            yield Finding(source.path, number, f"a path of one machine: {match.group()}", "name it from the root of the project")


_CHECK = re.compile(r"\b(EXPECT_|ASSERT_|RC_ASSERT|RC_GTEST|static_assert|FAIL\(|require\(|check\()")


def has_check(source):
    if area(source.path) == "tests" and source.path.endswith(".cpp") and not _CHECK.search(source.code):
        yield Finding(source.path, 1, "no check in a test", "assert what it is for, or delete it")
