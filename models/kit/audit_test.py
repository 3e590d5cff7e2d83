# SPDX-License-Identifier: BSL-1.0
"""The audit against programs that answer as they are told: who kills what, what is redundant, what nobody knows."""
import contextlib
import io
import json
import pathlib
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import audit  # noqa: E402
import pretended  # noqa: E402
import trial  # noqa: E402
from mutants import Mutant, Table  # noqa: E402
from pretended import FILE, FINE, HEADER, KEY, KILLED, UNKNOWN, UNMET  # noqa: E402
from programs import Program  # noqa: E402

class Folder(pretended.Folder):
    def audit(self, *options):
        """Status, the document, what was printed."""
        with mock.patch.object(audit, "ROOT", self.root), contextlib.redirect_stdout(io.StringIO()) as said, \
                contextlib.redirect_stderr(said):
            status = audit.main(["--build", str(self.root / "build"), "--out", str(self.root / "out"), "--jobs", "2",
                                 *options])
        path = self.root / "out/audit.json"
        return status, json.loads(path.read_text()) if path.exists() else None, said.getvalue()


class Arguments(unittest.TestCase):
    def test_a_pattern_of_words_that_no_source_has_is_refused_before_anything_is_built(self):
        for pattern, status in (("nothing_like_it", 2), ("mpmc_ring", 0), ("chan_words.hpp:70", 0), ("release -> relaxed", 0),
                                ("strong -> weak", 0), ("", 0)):
            with contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(audit.main(["--check", "--only", pattern, "--out", "no/such/folder"]), status, pattern)
            self.assertEqual("nothing that can be weakened contains" in said.getvalue(), status != 0)


class Verdicts(Folder):
    def test_a_named_killer_under_both_engines_is_no_surprise(self):
        self.program("explore", {"other": FINE, "flow": KILLED})
        self.program("relacy", {"other": FINE, "flow": KILLED})
        self.table(f"{KEY} explorer:flow,relacy:flow")
        status, found, said = self.audit()
        self.assertEqual(status, 0, said)
        m = found["mutants"][0]
        self.assertEqual((m["verdict"], m["engine"], m["client"], m["executions"]), ("killed", "explorer", "flow", 8))
        self.assertEqual((m["trace"], m["token"], m["engines"]), ("T0 writes", "w1/r1.0", {"explorer": "flow", "relacy": "flow"}))
        self.assertEqual(len(self.calls()), 2, "the named clients are all that runs")
        self.assertIn("release -> relaxed     killed by flow (explorer, execution 8, Relacy too): data race", said)

    def test_a_killer_that_the_table_does_not_know_is_a_surprise_and_is_remembered_when_asked(self):
        self.program("explore", {"other": FINE, "flow": KILLED})
        self.program("relacy", {"other": FINE, "flow": KILLED})
        self.table()
        status, found, _ = self.audit()
        self.assertEqual((status, found["mutants"][0]["verdict"]), (1, "killed"))
        self.assertIn("the table has nothing, but flow kills it", found["surprises"][0])
        status, _, said = self.audit("--update")
        self.assertEqual(status, 0, said)
        self.assertEqual(str(Table(self.root, "thing").rows[KEY.rpartition(" ")[0]]), "[full] explorer:flow,relacy:flow")

    def test_what_the_table_knows_of_an_engine_that_is_not_there_stays(self):
        self.program("explore", {"flow": KILLED})
        self.table(f"{KEY} relacy:flow")
        self.audit("--update")
        self.assertEqual(str(Table(self.root, "thing").rows[KEY.rpartition(" ")[0]]), "[full] explorer:flow,relacy:flow")

    def test_a_client_that_fails_as_it_is_written_kills_nothing(self):
        self.program("explore", {"broken_one": KILLED, "flow": FINE})
        self.table(f"{KEY} redundant because nothing is read")
        status, found, _ = self.audit()
        self.assertEqual((status, found["mutants"][0]["verdict"]), (1, "redundant"))
        self.assertIn("thing: broken_one fails as it is written", found["surprises"][0])

    def test_what_relacy_alone_kills_says_so(self):
        self.program("explore", {"flow": UNKNOWN})
        self.program("relacy", {"flow": KILLED})
        self.table(f"{KEY} relacy:flow")
        status, found, said = self.audit()
        self.assertEqual((status, found["mutants"][0]["engines"]), (0, {"relacy": "flow"}))
        self.assertIn("Relacy alone", said)

    def test_a_named_client_that_no_longer_kills_is_a_surprise(self):
        self.program("explore", {"flow": FINE, "other": KILLED})
        self.table(f"{KEY} explorer:flow")
        status, found, _ = self.audit()
        self.assertEqual((status, found["mutants"][0]["client"]), (1, "other"))
        self.assertIn("flow does not kill it under explorer", found["surprises"][0])

    def test_redundant_means_that_each_client_that_gets_there_was_explored_to_the_end(self):
        self.program("explore", {"flow": FINE, "elsewhere": UNMET})
        self.table(f"{KEY} redundant because nothing is read")
        status, found, said = self.audit()
        self.assertEqual(status, 0, said)
        m = found["mutants"][0]
        self.assertEqual((m["verdict"], m["finished"], m["unfinished"]), ("redundant", ["flow"], []))
        self.assertIn("redundant: explored to the end: flow. because nothing is read", said)

    def test_a_client_that_did_not_finish_leaves_it_undecided(self):
        self.program("explore", {"flow": FINE, "large": UNKNOWN})
        self.table(f"{KEY} redundant because nothing is read")
        status, found, _ = self.audit()
        self.assertEqual((status, found["mutants"][0]["verdict"]), (1, "undecided"))
        self.assertIn("the table says redundant, but it is undecided", found["surprises"][0])

    def test_an_order_that_no_client_meets_is_not_redundant(self):
        self.program("explore", {"elsewhere": UNMET})
        self.table(f"{KEY} redundant because nothing is read")
        self.assertEqual(self.audit()[1]["mutants"][0]["verdict"], "undecided")

    def test_undecided_needs_a_reason(self):
        self.program("explore", {"flow": UNKNOWN})
        self.table(f"{KEY} undecided because it takes longer than we have")
        self.assertEqual(self.audit()[0], 0)
        self.table(f"{KEY} undecided")
        self.assertEqual(self.audit()[0], 1)

    def test_an_operation_that_no_client_performs_is_a_surprise(self):
        (self.root / FILE).write_text(HEADER + "void pop() {\n  word_.load(std::memory_order_acquire);\n}\n")
        self.program("explore", {"flow": KILLED})
        self.table(f"{KEY} explorer:flow")
        status, found, _ = self.audit()
        self.assertEqual(status, 1)
        self.assertIn("thing.hpp:5: no client performs this operation", found["surprises"][0])

    def test_bounds_reach_the_program(self):
        self.program("explore", {"flow": UNKNOWN})
        self.table(f"{KEY} undecided because it takes longer than we have")
        self.audit("--seconds", "3", "--executions", "77")
        self.assertIn("--seconds 3.0 --executions 77", self.calls()[-1])


class Options(Folder):
    def test_only_takes_a_part_and_refuses_what_is_not_there(self):
        self.program("explore", {"flow": KILLED})
        self.table(f"{KEY} explorer:flow")
        self.assertEqual(self.audit("--only", "thing.hpp:2")[0], 0)
        status, _, said = self.audit("--only", "nothing_like_it")
        self.assertEqual(status, 2)
        self.assertIn("contains 'nothing_like_it'", said)

    def test_unknown_options_and_bounds_that_make_no_sense_are_refused(self):
        for options in (["--fast"], ["--jobs", "0"], ["--seconds", "-1"], ["--executions", "x"]):
            with self.assertRaises(SystemExit) as stopped:
                self.audit(*options)
            self.assertEqual(stopped.exception.code, 2)

    def test_what_stops_a_program_stops_the_others_that_would_come_after_it(self):
        self.program("explore", {f"stopped{n}": FINE for n in range(60)})
        self.table()
        with self.assertRaises(KeyboardInterrupt):
            self.audit()
        self.assertLess(len(self.log.read_text().splitlines()), 30)

    def test_a_folder_for_results_that_is_none_is_told_before_anything_runs(self):
        self.program("explore", {"flow": KILLED})
        self.table(f"{KEY} flow")
        (self.root / "out").write_text("a file")
        with self.assertRaises(SystemExit) as refused:
            self.audit()
        self.assertIn(f"no results can be written to {self.root}/out: File exists", refused.exception.code)
        self.assertFalse(self.log.exists())

    def test_nothing_built_is_an_error_that_says_what_to_run(self):
        status, _, said = self.audit()
        self.assertEqual(status, 2)
        self.assertIn("build them first: ./kit audit", said)


class Trials(Folder):
    WEAK = Mutant(FILE, 2, "push", "compare_exchange_strong", 1, 0, "release", "weak", "[full]")

    def court(self, answers):
        return trial.Court("thing", {"explorer": Program(self.program("explore", answers)), "relacy": None})

    def test_a_weak_compare_exchange_runs_with_spurious_failures(self):
        t = self.court({"flow": KILLED}).explore(self.WEAK, "flow", 1)
        self.assertEqual(t.verdict, "killed")
        self.assertIn("--spurious 1", self.calls()[0])

    def test_a_program_that_breaks_down_is_unknown_with_its_words(self):
        t = self.court({"flow": "no such line"}).explore(self.WEAK, "flow", 1)
        self.assertEqual(t.verdict, "unknown")
        self.assertIn("no such line", t.message)

    def test_a_client_that_an_engine_lacks_is_unknown(self):
        self.assertEqual(self.court({"flow": FINE}).explore(self.WEAK, "absent", 1).verdict, "unknown")
        self.assertEqual(self.court({"flow": FINE}).simulate(self.WEAK, "flow", 1, 1).verdict, "unknown")


if __name__ == "__main__":
    unittest.main()
