# SPDX-License-Identifier: BSL-1.0
"""For the tests of the scripts: a primitive in a folder of its own, with model programs that answer as they are told."""
import json
import pathlib
import tempfile
import unittest

FILE = "primitives/sluice/thing.hpp"
HEADER = "void push() {\n  word_.store(1, std::memory_order_release);  // [full] -> pop\n}\n"
SITE = {"file": FILE, "line": 2, "column": 9, "function": "push", "operation": "store", "which": 0, "order": "release"}
KEY = f"{FILE} push store#1 success release relaxed [full]"
FINE = {"ok": True, "result": "every execution", "executions": 5, "blocked": 2, "seconds": 0.01, "trace": "", "state": "",
        "weakening_hits": 9}
KILLED = {**FINE, "ok": False, "result": "data race", "trace": "T0 writes", "state": "w1/r1.0"}
UNKNOWN = {**FINE, "ok": None, "result": "stopped at max_seconds"}
TESTED = {**UNKNOWN, "executions": 990, "blocked": 8, "result": "bounded testing: 1000 random executions violate nothing"}
ALL_STATES = {**FINE, "result": "every state", "executions": 1, "states": 36820}
UNMET = {**FINE, "ok": None, "unmet": True, "weakening_hits": 0, "result": "no operation of this client is there"}

PROGRAM = """#!/usr/bin/python3
import json, os, signal, sys
answers = json.loads({answers!r})
if "--list" in sys.argv:
    print("\\n".join(json.dumps({{"client": c, "property": "p", "threads": 2, "by_states": c in {by_states!r}, "by_states_if_thorough": c in {if_thorough!r}, "long_if_thorough": c.startswith("long")}}) for c in answers))
    sys.exit()
client = sys.argv[sys.argv.index("--client") + 1]
if "--walk" in sys.argv:
    answer = json.loads({at_random!r}).get(client, json.loads({tested!r}))
elif "--weaken" in sys.argv:
    answer = answers[client]
elif client.startswith("crashed"):
    answer = "bounded_queue_explore: out of bounds"
elif "--states" in sys.argv:
    answer = json.loads({all_states!r})
elif client in {unfinished!r}:
    answer = json.loads({unknown!r})
else:
    answer = {{**json.loads({fine!r}), **({{"ok": False, "state": "7"}} if client.startswith("broken") else {{}})}}
with open({log!r}, "a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
if client.startswith("stopped"):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
if isinstance(answer, str):
    sys.exit(answer)
print(json.dumps(answer))
sys.exit(answer["ok"] is False)
"""


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for sub in ("primitives/sluice", "models/thing", "build/models"):
            (self.root / sub).mkdir(parents=True)
        (self.root / FILE).write_text(HEADER)
        self.log = self.root / "log"

    def program(self, suffix, answers, unfinished=(), at_random=None, by_states=(), if_thorough=()):
        """What each client answers with an order weakened, and, whether it is or not, `at_random`; as it is written only
        those that are `broken` fail, those that are `stopped` get a SIGINT, and only the `unfinished` ones are unknown, unless they are asked for their states, which those `by_states` want."""
        path = self.root / f"build/models/thing_{suffix}"
        path.write_text(PROGRAM.format(answers=json.dumps(answers), log=str(self.log), unfinished=list(unfinished),
                                       by_states=list(by_states), if_thorough=list(if_thorough), all_states=json.dumps({**ALL_STATES, "sites": [SITE]}),
                                       at_random=json.dumps(at_random or {}), tested=json.dumps(TESTED),
                                       unknown=json.dumps({**UNKNOWN, "sites": [SITE]}),
                                       fine=json.dumps({**FINE, "sites": [SITE]})))
        path.chmod(0o755)
        return path

    def table(self, *rows):
        (self.root / "models/thing/mutants").write_text("\n".join([f"# owns {FILE}", *rows]) + "\n")

    def calls(self):
        return [line for line in self.log.read_text().splitlines() if "--weaken" in line]
