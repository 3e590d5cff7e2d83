# SPDX-License-Identifier: BSL-1.0
"""A verification of programs that answer as they are told: which trials each depth asks for, and what is a surprise."""
import contextlib
import io
import json
import pathlib
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import pretended  # noqa: E402
import verify  # noqa: E402
from pretended import FINE, KEY, KILLED, TESTED, UNKNOWN  # noqa: E402


class Verification(pretended.Folder):
    def verify(self, *options):
        """Status, the document, what was printed."""
        with mock.patch.object(verify, "ROOT", self.root), contextlib.redirect_stdout(io.StringIO()) as said, \
                contextlib.redirect_stderr(said):
            status = verify.main(["--build", str(self.root / "build"), "--out", str(self.root / "out"), "--jobs", "2",
                                  *options])
        path = self.root / "out/results.json"
        return status, json.loads(path.read_text()) if path.exists() else None, said.getvalue()

    def both(self, answers):
        self.program("explore", answers)
        self.program("relacy", answers)

    def test_quick_takes_the_explorers_word_and_the_default_asks_both_engines(self):
        self.both({"flow": KILLED})
        self.table(f"{KEY} explorer:flow,relacy:flow")
        for options, engines in ((["--quick"], {"explorer"}), ([], {"explorer", "relacy"})):
            self.log.unlink(missing_ok=True)
            status, found, said = self.verify(*options)
            self.assertEqual(status, 0, said)
            self.assertEqual(set(found["mutants"][0]["engines"]), engines)
            self.assertEqual(len(self.calls()), len(engines))

    def test_a_bare_client_may_kill_under_either_engine(self):
        self.program("explore", {"flow": UNKNOWN})
        self.program("relacy", {"flow": KILLED})
        self.table(f"{KEY} flow")
        status, found, said = self.verify("--quick")
        self.assertEqual(status, 0, said)
        self.assertEqual((found["mutants"][0]["engine"], found["mutants"][0]["verdict"]), ("relacy", "killed"))

    def test_a_mutant_that_its_client_lets_live_is_a_surprise(self):
        self.both({"flow": FINE})
        self.table(f"{KEY} explorer:flow,relacy:flow")
        status, found, said = self.verify()
        self.assertEqual(status, 1)
        self.assertEqual(len(found["surprises"]), 2, said)
        self.assertIn("survived by flow (explorer)", found["surprises"][0])

    def test_a_client_that_fails_is_named_with_what_leads_there_again(self):
        self.both({"broken": FINE})
        self.table()
        found = self.verify()[1]
        for engine in ("Relacy: fail", "explorer"):
            self.assertTrue(any(text.startswith(f"thing/broken: {engine}: ") and text.endswith(": p; --replay 7")
                                for text in found["surprises"]), found["surprises"])

    def test_an_order_without_a_row_is_a_surprise_that_says_what_to_run(self):
        self.both({"flow": FINE})
        self.table()
        status, found, _ = self.verify("--quick")
        self.assertEqual(status, 1)
        self.assertIn("has no row", found["surprises"][0])
        self.assertIn("./kit audit --update", found["surprises"][0])

    def test_what_is_listed_as_undecided_stays_so_until_a_client_kills_it(self):
        self.table(f"{KEY} undecided because nobody knows")
        self.both({"flow": UNKNOWN})
        status, found, said = self.verify("--quick")
        self.assertEqual((status, found["mutants"][0]["verdict"]), (0, "undecided"), said)
        self.both({"flow": KILLED})
        status, found, _ = self.verify("--quick")
        self.assertEqual(status, 1)
        self.assertIn("is listed as undecided, but flow kills it", found["surprises"][0])

    def verify_unfinished(self, **at_random):
        self.program("explore", {"flow": KILLED}, unfinished=["flow"], at_random=at_random)
        self.program("relacy", {"flow": KILLED})
        self.table(f"{KEY} flow")
        status, found, said = self.verify("--quick")
        return status, next(c for c in found["clients"] if c["engine"] == "explorer"), found["surprises"], said

    def test_what_is_not_explored_to_the_end_is_tried_at_random_and_stays_unknown(self):
        status, client, _, said = self.verify_unfinished()
        self.assertEqual((status, client["verdict"], client["walked"]), (0, "unknown", 998), said)
        self.assertIn("stopped at max_seconds; bounded testing: 1000 random", client["words"])
        self.assertIn("0 of 1 explored to the end", said)
        self.assertIn("1 unknown, tried at random (998 executions by priorities: bounded testing, no pass)", said)
        self.assertIn("--client flow --walk 1000 --depth 3 --seed 1", self.log.read_text())

    def test_an_explorer_that_breaks_down_is_a_surprise_whatever_its_words_are(self):
        self.program("explore", {"flow": KILLED, "crashed": KILLED})
        self.program("relacy", {"flow": KILLED})
        self.table(f"{KEY} flow")
        status, found, said = self.verify("--quick")
        self.assertEqual(status, 1, said)
        self.assertEqual(found["surprises"], ["thing/crashed: explorer gave no answer: exit status 1: "
                                              "bounded_queue_explore: out of bounds"])

    def test_what_is_explored_to_the_end_is_not_tried_at_random(self):
        self.both({"flow": KILLED})
        self.table(f"{KEY} flow")
        status, found, said = self.verify("--quick")
        self.assertEqual(status, 0, said)
        self.assertNotIn("--walk", self.log.read_text())
        self.assertFalse(any("walked" in c for c in found["clients"]))

    def test_a_client_that_says_so_is_searched_by_states_and_they_are_counted(self):
        self.program("explore", {"flow": KILLED, "other": FINE}, unfinished=["flow"], by_states=["flow"])
        self.program("relacy", {"flow": KILLED})
        self.table(f"{KEY} flow")
        status, found, said = self.verify("--quick")
        flow, other = (c for c in found["clients"] if c["engine"] == "explorer")
        self.assertEqual((status, flow["verdict"], flow["states"]), (0, "pass", 36820), said)
        self.assertEqual((flow["words"], flow["scheduler"]), ("every state, explorer, RC20", "exhaustive, by states"))
        self.assertNotIn("states", other)
        self.assertIn("36,820     0.01  pass (every state, explorer, RC20)", said)
        self.assertIn("2 of 2 explored to the end (every execution, explorer, RC20; 1 of them every state, explorer, RC20)", said)
        asked = [line for line in self.log.read_text().splitlines() if "--states" in line]
        self.assertEqual(asked, ["--client flow --seconds 4 --sites --states"])

    def test_a_large_client_is_searched_by_states_if_thorough(self):
        self.program("explore", {"flow": KILLED}, unfinished=["flow"], if_thorough=["flow"])
        self.program("relacy", {"flow": KILLED})
        self.table(f"{KEY} flow")
        for mode, asked in (("--quick", []), ("--thorough", ["--client flow --seconds 3600 --sites --states"])):
            with self.subTest(mode=mode):
                self.log.unlink(missing_ok=True)
                status, _, said = self.verify(mode)
                self.assertEqual(status, 0, said)
                self.assertEqual([line for line in self.log.read_text().splitlines() if "--states" in line], asked)

    def test_a_large_client_has_more_time_for_every_execution_if_thorough(self):
        self.program("explore", {"flow": KILLED, "long_flow": KILLED})
        self.program("relacy", {"flow": KILLED})
        self.table(f"{KEY} flow")
        for mode, seconds in (("--quick", 1), ("--thorough", 3600)):
            with self.subTest(mode=mode):
                self.log.unlink(missing_ok=True)
                status, _, said = self.verify(mode)
                self.assertEqual(status, 0, said)
                self.assertIn(f"--client long_flow --seconds {seconds} --sites", self.log.read_text().splitlines())

    def test_an_execution_at_random_that_fails_is_a_surprise_with_its_token(self):
        status, client, surprises, said = self.verify_unfinished(flow=KILLED)
        self.assertEqual((status, client["verdict"], client["trace"]), (1, "fail", "T0 writes"), said)
        self.assertEqual(surprises, ["thing/flow: explorer, at random: data race: p; --replay w1/r1.0"])

    def test_no_answer_about_executions_at_random_is_a_surprise_and_so_is_a_pass(self):
        for answer in ("killed by a signal", {**TESTED, "ok": True}):
            status, client, surprises, said = self.verify_unfinished(flow=answer)
            self.assertEqual((status, client["verdict"]), (1, "unknown"), said)
            self.assertIn("thing/flow: explorer gave no answer about executions at random", surprises[0])

    def test_a_mutant_that_the_explorer_comes_to_no_end_of_may_be_killed_at_random(self):
        self.program("explore", {"flow": UNKNOWN}, at_random={"flow": KILLED})
        self.program("relacy", {"flow": FINE})
        self.table(f"{KEY} explorer:flow")
        status, found, said = self.verify()
        self.assertEqual(status, 0, said)
        self.assertEqual((found["mutants"][0]["engine"], found["mutants"][0]["verdict"]), ("explorer", "killed"))
        self.program("explore", {"flow": UNKNOWN})
        status, found, _ = self.verify()
        self.assertEqual(status, 1)
        self.assertIn("unknown by flow (explorer): stopped at max_seconds", found["surprises"][0])

    def test_a_client_that_does_not_exist_is_an_error(self):
        self.both({"flow": FINE})
        self.table(f"{KEY} flow")
        self.assertEqual(self.verify("--only", "flow")[1]["only"], "flow")
        (self.root / "out/results.json").unlink()
        status, _, said = self.verify("--only", "nothing_like_it")
        self.assertEqual(status, 2)
        self.assertIn("no client's name contains 'nothing_like_it'", said)

    def test_a_name_that_no_source_has_is_refused_before_anything_is_built(self):
        for pattern, status in (("nothing_like_it", 2), ("mpmc_ring/two_to_two", 0), ("close_wakes", 0), ("", 0)):
            with contextlib.redirect_stderr(io.StringIO()) as said:
                self.assertEqual(verify.main(["--check", "--only", pattern, "--out", "no/such/folder"]), status, pattern)
            self.assertEqual("no client's name contains" in said.getvalue(), status != 0)

    def test_quick_and_thorough_at_once_are_refused(self):
        with contextlib.redirect_stderr(io.StringIO()) as said, self.assertRaises(SystemExit) as refused:
            verify.main(["--check", "--quick", "--thorough"])
        self.assertEqual(refused.exception.code, 2)
        self.assertIn("not allowed with", said.getvalue())

    def test_what_stops_a_program_stops_the_others_that_would_come_after_it(self):
        self.both({f"stopped{n}": FINE for n in range(60)})
        self.table()
        with self.assertRaises(KeyboardInterrupt):
            self.verify()
        self.assertLess(len(self.log.read_text().splitlines()), 30)

    def test_a_folder_for_results_that_is_none_is_told_before_anything_runs(self):
        self.both({"flow": FINE})
        self.table(f"{KEY} flow")
        (self.root / "out").write_text("a file")
        with self.assertRaises(SystemExit) as refused:
            self.verify()
        self.assertIn(f"no results can be written to {self.root}/out: File exists", refused.exception.code)
        self.assertFalse(self.log.exists())

    def test_unknown_options_are_refused(self):
        with self.assertRaises(SystemExit) as stopped:
            self.verify("--update-mutants")
        self.assertEqual(stopped.exception.code, 2)


if __name__ == "__main__":
    unittest.main()
