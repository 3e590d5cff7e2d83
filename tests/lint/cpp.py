"""Just enough of C++'s surface for the rules: code apart from comments, calls with their arguments, functions."""

import re
from dataclasses import dataclass
from functools import cached_property

_PIECE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'", re.S)


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    message: str
    remedy: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}: {self.remedy}"


class Source:
    """One file. Lines count from 1; `code` and `comments` keep the line breaks of the text."""

    def __init__(self, path, text):
        self.path, self.text = path, text

    @cached_property
    def code(self):
        """The text with comments, and the insides of literals, turned into blanks."""
        def blank(match):
            piece = match.group()
            if piece.startswith("/"):
                return _blank(piece)
            return piece[0] + _blank(piece[1:-1]) + piece[-1]
        return _PIECE.sub(blank, self.text)

    @cached_property
    def comments(self):
        """The text with everything but comments turned into blanks."""
        parts, at = [], 0
        for match in _PIECE.finditer(self.text):
            is_comment = match.group().startswith("/")
            parts += [_blank(self.text[at:match.start()]), match.group() if is_comment else _blank(match.group())]
            at = match.end()
        return "".join(parts) + _blank(self.text[at:])

    @cached_property
    def code_lines(self):
        return self.code.split("\n")

    @cached_property
    def comment_lines(self):
        return self.comments.split("\n")

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def includes(self):
        """(line, path, quoted?) of each #include."""
        for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*(<|")([^>"\n]+)[>"]', self.text, re.M):
            yield self.line_of(match.start()), match.group(2), match.group(1) == '"'

    def calls(self, name_pattern):
        """(line, match, arguments) of each call whose name, up to the bracket, matches."""
        for match in re.finditer(rf"(?:{name_pattern})\s*\(", self.code):
            yield self.line_of(match.start()), match, self.code[match.end():_closing(self.code, match.end() - 1)]

    def statement(self, line):
        """The range of lines of the statement that `line` is part of."""
        def ends(number):
            code = self.code_lines[number - 1].rstrip()
            return not code.strip() or code[-1] in ";{}:" or code.lstrip().startswith("#")
        first = last = line
        while first > 1 and not ends(first - 1):
            first -= 1
        while last < len(self.code_lines) and not ends(last):
            last += 1
        return range(first, last + 1)

    def functions(self):
        """(name, first line, last line) of each function defined at namespace or class scope."""
        stack, head_start = [], 0
        for match in re.finditer(r"[;{}]", self.code):
            at, char = match.start(), match.group()
            if char == "{":
                head = self.code[head_start:at]
                stack.append((_kind(head, stack), head, head_start))
                if stack[-1][0] == "inside":
                    continue
            elif char == "}" and stack:
                kind, head, start = stack.pop()
                if kind == "inside":
                    continue
                if kind != "function":
                    pass
                elif self.code[at + 1:].lstrip()[:1] in (",", "{"):
                    continue  # a member's initialiser: the body is still to come, and the head goes on
                else:
                    first = start + _LABELS.match(head).end()
                    yield _name(head), self.line_of(first), self.line_of(at)
            elif char == ";" and any(kind != "scope" for kind, _, _ in stack):
                continue
            if not any(kind == "function" for kind, _, _ in stack):
                head_start = at + 1


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def _closing(code, at):
    depth = 0
    for i in range(at, len(code)):
        depth += {"(": 1, ")": -1}.get(code[i], 0)
        if depth == 0:
            return i
    return len(code)


_LABELS = re.compile(r"(\s*(#.*\n|public\s*:|private\s*:|protected\s*:))*\s*")


def _kind(head, stack):
    if any(kind != "scope" for kind, _, _ in stack):
        return "block"
    if head.count("(") > head.count(")"):
        return "inside"  # braces inside brackets, as in noexcept(noexcept(T{})): the head goes on
    head = _without_template(head[_LABELS.match(head).end():])
    if re.match(r"\s*(inline\s+)?(namespace|class|struct|union|enum|extern\b[^()]*$)", head):
        return "scope"
    return "function" if "(" in head and not re.search(r"=\s*$", head) else "block"


def _without_template(head):
    match = re.match(r"\s*template\s*<", head)
    if not match:
        return head
    depth = 1
    for i in range(match.end(), len(head)):
        depth += {"<": 1, ">": -1}.get(head[i], 0)
        if depth == 0:
            rest = re.sub(r"^\s*requires\b[^{]*?(?=\b(class|struct|union)\b)", "", head[i + 1:])
            return _without_template(rest)
    return head


def _name(head):
    match = re.search(r"(?!(?:requires|noexcept)\b)(~?\b\w+|operator\s*\S+?)\s*\(", _without_template(head))
    return match.group(1) if match else "a function"
