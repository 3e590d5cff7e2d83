"""What README shows of files that are compiled elsewhere is what stands there, line by line.

A fence after `<!-- as in <path> -->` holds the whole file.
"""

import re

from cpp import Finding

README = "README.md"


def shown(readme):
    """(line in the README, path, text) of each."""
    for match in re.finditer(r"<!-- as in (\S+) -->\n+```[^\n]*\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE):
        yield readme.count("\n", 0, match.start()) + 1, match[1], match[2]


def check(sources):
    for line, path, text in shown(sources[README].text) if README in sources else ():
        if path not in sources:
            yield Finding(README, line, f"shows {path}, which is not there", "name the file that it shows")
        elif sources[path].text != text:
            yield Finding(README, line, f"{path} is otherwise", "copy the file between the fences")
