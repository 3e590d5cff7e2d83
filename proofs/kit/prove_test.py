# SPDX-License-Identifier: BSL-1.0
"""What `kit prove` has to refuse: a source that moved away from its proof, a theorem that assumes, a run that answers otherwise."""
import contextlib
import io
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import claims  # noqa: E402
import clauses  # noqa: E402
import compiled  # noqa: E402
import conformance  # noqa: E402
import coq  # noqa: E402
import prove  # noqa: E402
import skeleton  # noqa: E402
import spin  # noqa: E402

ROOT = HERE.parents[1]


class Folder(unittest.TestCase):
    def setUp(self):
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.root = pathlib.Path(made.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


class NothingIsMeant(unittest.TestCase):
    def test_a_pattern_that_is_in_no_row_is_refused_and_proves_nothing(self):
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as end:
            prove.Proofs(prove.parse_arguments(["--only", "nonsense"]))
        self.assertEqual(end.exception.code, 2)
        self.assertIn("no claim contains 'nonsense'", said.getvalue())

    def test_a_check_says_so_too_and_where_there_is_a_row_does_nothing(self):
        self.assertEqual(prove.main(["--check", "--only", "once", "--out", "no/such/folder"]), 0)
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as end:
            prove.main(["--check", "--only", "nonsense", "--out", "no/such/folder"])
        self.assertEqual(end.exception.code, 2)


class NoPlaceForResults(Folder):
    def test_a_folder_that_cannot_be_made_is_named_before_anything_is_proved(self):
        at = self.write("file", "") / "out"
        with self.assertRaises(SystemExit) as end:
            prove.main(["--out", str(at), "--only", "once"])
        self.assertIn(f"no results can be written to {at}: Not a directory", str(end.exception.code))


class TheSourceMovesAway(Folder):
    """Of the ring, as it is, with one thing changed in the header."""

    def tie(self, old, new):
        for part in ("primitives", "models/kit", "models/mpmc_ring", "proofs/iris", "proofs/weak"):
            shutil.copytree(ROOT / part, self.root / part)
        shutil.copy(ROOT / "proofs/README.md", self.root / "proofs/README.md")
        header = self.root / "primitives/sluice/mpmc_ring.hpp"
        self.assertIn(old, header.read_text())
        header.write_text(header.read_text().replace(old, new, 1))
        program = self.root / "build/models/mpmc_ring_record"
        program.parent.mkdir(parents=True)
        subprocess.run(["g++", "-std=c++20", "-O0", f"-I{self.root}/primitives", f"-I{self.root}/models", "-o", program,
                        self.root / "models/mpmc_ring/mpmc_ring_record.cpp"], check=True)
        args = prove.parse_arguments(["--build", str(self.root / "build"), "--out", str(self.root / "out"),
                                      "--only", "mpmc_ring"])
        proofs = prove.Proofs(args, self.root)
        with contextlib.redirect_stdout(io.StringIO()):
            proofs.tie()
        return "\n".join(p for c in proofs.claims for p in c.problems if "mpmc_ring.v" in p)

    def test_as_it_is_nothing_is_amiss(self):
        self.assertEqual(self.tie("// SPDX", "// SPDX"), "")

    def test_another_order_is_told_with_the_theorems_that_it_concerns(self):
        said = self.tie("s.turn.store(lap + filled, std::memory_order_release)",
                        "s.turn.store(lap + filled, std::memory_order_relaxed)")
        self.assertIn("try_push_spec", said)
        self.assertIn("slots_are_safe no longer speak of the source: weak/mpmc_ring.v: "
                      "fill store#2 is release in the proof, relaxed in mpmc_ring.hpp", said)

    def test_one_more_operation_is_told(self):
        said = self.tie("    slot& s = v.at(pos);\n",
                        "    slot& s = v.at(pos);\n    static_cast<void>(head_.load(std::memory_order_relaxed));\n")
        self.assertIn("fill load#1 is in mpmc_ring.hpp, not in the proof", said)
        self.assertIn("path push.success is", said)

    def test_two_operations_in_another_order_are_told(self):
        said = self.tie("        const bool full = head_.load(std::memory_order_seq_cst) == v.position.lap_before(pos);",
                        "        static_cast<void>(tail_.load(std::memory_order_seq_cst));\n"
                        "        const bool full = head_.load(std::memory_order_seq_cst) == v.position.lap_before(pos);")
        self.assertIn("path push.full is", said)


class TheSourceBreaks(Folder):
    def program(self, name):
        path = self.write(f"build/models/{name}", "#!/bin/sh\necho 'pop answers otherwise' >&2\nexit 3\n")
        path.chmod(0o755)

    def test_a_program_that_fails_is_told_and_not_a_crash(self):
        self.program("once_record")
        self.program("once_trace_record")
        self.write("a.v", "(*@ of primitives/sluice/once.hpp *)")
        said, = skeleton.check(self.root, self.root / "a.v", self.root / "build")
        self.assertEqual(said, "once_record ended with 3: a path is no longer what it was; pop answers otherwise")
        said, *_ = conformance.check(ROOT, "once", self.root / "build")
        self.assertEqual(said, ["once_trace_record ended with 3: somebody sleeps for ever, or worse"])


class Marks(Folder):
    def test_a_mark_names_function_operation_number_and_orders(self):
        said = skeleton.declared(self.write("a.v", "x (*@ f load#1 acquire, g storage *) (*@ of a/h.hpp\n"
                                                   "  without k: it is a hint\n  path p: f load#1,\n    g storage *)"))
        self.assertEqual(said.sites, {"f load#1": "acquire", "g storage": ""})
        self.assertEqual((said.headers, said.without), (["a/h.hpp"], {"k": "it is a hint"}))
        self.assertEqual(said.paths, {"p": ["f load#1", "g storage"]})

    def test_what_cannot_be_read_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "cannot read the mark 'f load 1'"):
            skeleton.declared(self.write("a.v", "(*@ f load 1 *)"))


class Theories(Folder):
    def theories(self, **texts):
        for name, text in texts.items():
            self.write(f"proofs/iris/{name}.v", text)
        found = coq.Theories(self.root / "proofs", self.root / "out")
        return found, dict(found.build(2))

    def test_a_theorem_that_rests_on_an_axiom_says_so(self):
        found, _ = self.theories(a="Axiom magic : False.\nTheorem t : 1 = 2. Proof. destruct magic. Qed.\n"
                                   "Theorem u : 1 = 1. Proof. reflexivity. Qed.")
        answers = found.assumptions([("iris/a", "t"), ("iris/a", "u"), ("iris/a", "v")])
        self.assertIn("magic", answers["iris/a", "t"])
        self.assertEqual(answers["iris/a", "u"], "")
        self.assertEqual(answers["iris/a", "v"], "there is no such theorem")
        self.assertEqual(list(found.left_open()), ["proofs/iris/a.v:1: Axiom"])

    def test_what_requires_a_broken_theory_is_not_compiled_and_what_did_not_change_is_kept(self):
        texts = {"a": "Definition x := 1.", "b": "From sluice Require Import a.\nLemma l : x = 1. Proof. reflexivity. Qed."}
        self.theories(**texts)
        _, again = self.theories(**texts)
        self.assertTrue(all(t.kept for t in again.values()))
        _, broken = self.theories(**{**texts, "a": "Definition x := ."})
        self.assertIn("proofs/iris/a.v", broken["iris/a"].error)
        self.assertEqual(broken["iris/b"].error, "needs iris/a")

    def test_what_another_checkout_has_compiled_is_taken_unless_something_has_changed(self):
        kept = compiled.Compiled(self.root / "kept")
        below = "From sluice Require Import a.\nLemma l : x = 1. Proof. reflexivity. Qed."

        def build(checkout, text, version=None):
            for name, of_it in {"a": text, "b": below}.items():
                self.write(f"{checkout}/proofs/iris/{name}.v", of_it)
            with unittest.mock.patch.object(coq.Theories, "version", lambda _: version or "as it is"):
                found = coq.Theories(self.root / checkout / "proofs", self.root / checkout / "out", kept)
                return {name.split("/")[1]: t for name, t in found.build(2)}

        build("one", "Definition x := 1.")
        other = build("other", "Definition x := 1.")
        self.assertTrue(all(t.kept and not t.error for t in other.values()))
        changed = build("third", "Definition x := 1. Definition y := 2.")
        self.assertFalse(any(t.kept or t.error for t in changed.values()))
        newer = build("fourth", "Definition x := 1.", "a newer Coq")
        self.assertFalse(any(t.kept or t.error for t in newer.values()))
        broken = build("fifth", "Definition x := 2.")
        self.assertTrue(broken["b"].error)
        self.assertTrue(build("sixth", "Definition x := 2.")["b"].error)

    def test_of_what_another_checkout_has_compiled_nothing_is_taken_beside_another_file_of_what_it_requires(self):
        kept = compiled.Compiled(self.root / "kept")
        one, other = self.write("one.vo", "1"), self.write("other.vo", "2")
        kept.put("key", [one], self.write("b.vo", "b"), 1.5)
        self.assertEqual(kept.take("key", [one], self.root / "to.vo"), 1.5)
        self.assertEqual((self.root / "to.vo").read_text(), "b")
        self.assertIsNone(kept.take("key", [other], self.root / "to.vo"))
        self.assertIsNone(kept.take("key", [self.root / "none.vo"], self.root / "to.vo"))
        self.assertIsNone(kept.take("another key", [one], self.root / "to.vo"))

    def test_a_theory_that_was_renamed_is_not_taken_by_its_text(self):
        kept = compiled.Compiled(self.root / "kept")
        for checkout, name in (("one", "a"), ("other", "c")):
            self.write(f"{checkout}/proofs/iris/{name}.v", "Definition x := 1.")
            self.write(f"{checkout}/proofs/iris/b.v", f"From sluice Require Import {name}.\nLemma l : x = 1. Proof. reflexivity. Qed.")
            found = dict(coq.Theories(self.root / checkout / "proofs", self.root / checkout / "out", kept).build(2))
            self.assertEqual([(n, t.error) for n, t in found.items() if t.error or t.kept], [])

    def test_what_was_taken_once_is_compiled_where_nothing_is_to_be_taken(self):
        kept = compiled.Compiled(self.root / "kept")

        def build(checkout, elsewhere, below="Lemma l : x = 1. Proof. reflexivity. Qed."):
            self.write(f"{checkout}/proofs/iris/a.v", "Definition x := 1.")
            self.write(f"{checkout}/proofs/iris/b.v", f"From sluice Require Import a.\n{below}")
            found = dict(coq.Theories(self.root / checkout / "proofs", self.root / checkout / "out", elsewhere).build(2))
            self.assertFalse(any(t.error for t in found.values()))
            return [found[name].kept for name in ("iris/a", "iris/b")]

        build("one", kept)
        self.assertEqual(build("other", kept, "Definition y := x."), [True, False])  # what is beneath it was taken
        self.assertEqual(build("other", kept, "Definition y := x."), [True, True])
        self.assertEqual(build("other", None, "Definition y := x."), [False, False])
        self.assertEqual(build("other", None, "Definition y := x."), [True, True])

    def test_what_was_compiled_when_it_was_stopped_is_not_kept_for_what_was_there_before(self):
        def build(text):
            self.write("proofs/iris/a.v", text)
            return next(t for _, t in coq.Theories(self.root / "proofs", self.root / "out").build(1))

        proves = "Lemma l : 1 = 1. Proof. reflexivity. Qed."
        build(proves)
        with unittest.mock.patch.object(pathlib.Path, "write_text", self.stopped_at_a_key):
            self.assertRaises(KeyboardInterrupt, build, "Lemma l : True. Proof. exact I. Qed.")
        self.assertEqual((build(proves).kept, build(proves).kept), (False, True))
        (self.root / "out/iris/a.key").write_text("")
        self.assertEqual(build(proves).kept, False)

    @staticmethod
    def stopped_at_a_key(path, text):
        if path.suffix == ".key":
            raise KeyboardInterrupt
        with path.open("w") as f:
            f.write(text)

    def test_where_nothing_can_be_kept_it_is_compiled(self):
        kept = compiled.Compiled(self.write("a file", "") / "kept")
        self.write("proofs/iris/a.v", "Definition x := 1.")
        built = dict(coq.Theories(self.root / "proofs", self.root / "out", kept).build(1))
        self.assertEqual((built["iris/a"].error, built["iris/a"].kept), ("", False))

    def test_where_no_theory_is_wanted_none_is_compiled(self):
        found, _ = self.theories(a="Definition x := 1.")
        self.assertEqual(list(found.build(1, set())), [])

    def test_beside_theories_that_wait_for_each_other_something_else_is_done(self):
        for name, text in {"a": "Definition x := 1.", "b": "From sluice Require Import a."}.items():
            self.write(f"proofs/iris/{name}.v", text)
        done = []
        built = coq.Theories(self.root / "proofs", self.root / "out").build(2, None, [lambda: done.append("a run")])
        self.assertEqual([name for name, _ in built], ["iris/a", "iris/b"])
        self.assertEqual(done, ["a run"])

    def test_a_clause_that_nothing_needs_is_found(self):
        self.write("proofs/iris/a.v", "Lemma l : 1 = 1 /\\ 2 = 2. Proof. split; reflexivity. Qed.")
        (self.root / "proofs/weak").mkdir()
        self.assertEqual(clauses.without(clauses.Clause("iris/a", "/\\ 2 = 2", "/\\ 2 = 3"), self.root / "proofs", self.root, 1),
                         "iris/a")
        self.assertEqual(clauses.without(clauses.Clause("iris/a", "2 = 2", "3 = 3"), self.root / "proofs", self.root, 1), "")

    def test_what_rests_on_a_clause_is_compiled_again_without_it_and_the_rest_is_not(self):
        self.write("proofs/iris/a.v", "Definition x := 1. Definition y := 2.")
        self.write("proofs/iris/b.v", "From sluice Require Import a.\nLemma l : x = 1. Proof. reflexivity. Qed.")
        (self.root / "proofs/weak").mkdir()
        dict(coq.Theories(self.root / "proofs", self.root / "coq").build(1))
        kept = (self.root / "coq/iris/a.vo").read_bytes()
        for text, instead, broken in (("x := 1", "x := 3", "iris/b"), ("y := 2", "y := 3", "")):
            self.assertEqual(clauses.without(clauses.Clause("iris/a", text, instead), self.root / "proofs", self.root, 1), broken)
        self.assertEqual((self.root / "coq/iris/a.vo").read_bytes(), kept)


class Models(Folder):
    def run_model(self, text, *pan):
        self.write("m.pml", text)
        return spin.run(spin.Run("m", "r", "ok", "quick", [], list(pan)), self.root, self.root / "out").found

    def test_what_spin_finds_has_a_name(self):
        self.assertEqual(self.run_model("init { skip }"), "ok")
        self.assertEqual(self.run_model("init { assert(false) }"), "assertion")
        self.assertEqual(self.run_model("bool b; init { b }"), "deadlock")
        self.assertEqual(self.run_model("bool b; init { do :: b = 0 od } ltl p { <> b }", "-a", "-f"), "liveness")

    def test_a_model_that_does_not_compile_is_no_answer(self):
        self.assertIn("unknown", self.run_model("init { nonsense }"))


class Conformance(unittest.TestCase):
    """Short runs of a wait group by hand: what may come next, what it finds, who sleeps."""
    ONE = 1 << 32
    ADD = conformance.Step(0, "add fetch_add#1", 0, ONE)
    WAIT = [conformance.Step(1, "none_left load#1", ONE, ONE), conformance.Step(1, "wait_registered load#1", 0, 0),
            conformance.Step(1, "wait_registered load#2", ONE, ONE),
            conformance.Step(1, "wait_registered compare_exchange_weak#1", ONE, ONE + 1), conformance.Step(1, "wait_registered load#3", 0, 0),
            conformance.Step(1, "wait_registered wait", 0, 1)]
    DONE = [conformance.Step(2, "done fetch_sub#1", ONE + 1, 1), conformance.Step(2, "release fetch_add#1", 0, 2),
            conformance.Step(2, "release wake_all_by_key", 1, 0)]
    LEAVE = [conformance.Step(1, "wait_registered load#3", 2, 2), conformance.Step(1, "wait_registered fetch_sub#1", 1, 0)]

    def refusal(self, *steps):
        return conformance.refusal(conformance.WaitGroup, steps)

    def test_a_run_of_the_system_is_allowed(self):
        self.assertEqual(self.refusal(self.ADD, *self.WAIT, *self.DONE, *self.LEAVE), "")

    def test_who_sleeps_does_nothing_until_woken(self):
        self.assertIn("its thread sleeps", self.refusal(self.ADD, *self.WAIT, *self.LEAVE))

    def test_an_operation_that_is_left_out_is_missed(self):
        for i in range(len(self.WAIT)):
            self.assertNotEqual(self.refusal(self.ADD, *self.WAIT[:i], *self.WAIT[i + 1:], *self.DONE, *self.LEAVE), "", self.WAIT[i].site)

    def test_a_phase_that_is_read_after_the_registration_is_refused(self):
        late = [self.WAIT[0], self.WAIT[2], self.WAIT[3], self.WAIT[1], *self.WAIT[4:]]
        self.assertIn("wait_registered load#1 has to come first", self.refusal(self.ADD, *late))

    def test_a_wake_up_before_the_phase_moves_on_is_refused(self):
        self.assertIn("release fetch_add#1 has to come first", self.refusal(self.ADD, *self.WAIT, self.DONE[0], self.DONE[2]))

    def test_a_value_that_is_not_there_is_refused(self):
        self.assertIn("finds 0, where", self.refusal(self.ADD, conformance.Step(1, "none_left load#1", 0, 0)))

    def test_an_operation_that_does_not_end_is_named(self):
        self.assertEqual(self.refusal(self.ADD, *self.WAIT, *self.DONE[:2]), "thread 1 ends before wait_registered load#3")


class ConformanceOfOnce(unittest.TestCase):
    FIRST = [conformance.Step(0, "done load#1", 0, 0), conformance.Step(0, "call_slowly load#1", 0, 0),
             conformance.Step(0, "call_slowly compare_exchange_weak#1", 0, 1)]
    SETTLED = conformance.Step(0, "settle exchange#1", 1, 3)

    def test_one_runs_the_function_and_settles(self):
        self.assertEqual(conformance.refusal(conformance.Once, [*self.FIRST, self.SETTLED]), "")

    def test_a_second_one_that_runs_it_meanwhile_is_refused(self):
        second = [conformance.Step(1, s.site, s.found, s.left) for s in self.FIRST]
        said = conformance.refusal(conformance.Once, [*self.FIRST[:2], *second[:2], self.FIRST[2], second[2]])
        self.assertIn("finds 0, where 1 is", said)

    def test_who_returns_before_it_is_over_is_refused(self):
        look = conformance.Step(1, "done load#1", 1, 1)
        self.assertIn("call_slowly load#1 has to come first", conformance.refusal(conformance.Once, [*self.FIRST, look, look]))


class ConformanceOfSelect(unittest.TestCase):
    """Words 1 and 2: who won thread 1's select, and its bell. Thread 0 claims and rings."""
    FREE = conformance.Election.UNDECIDED
    CLAIM = conformance.Step(0, "elect compare_exchange_strong#1", FREE, 1, 1)
    RING = [conformance.Step(0, "ring exchange#1", 1, 2, 2), conformance.Step(0, "ring wake_by_key", 1, 0)]
    WAIT = [conformance.Step(1, "wait compare_exchange_weak#1", 0, 1, 2), conformance.Step(1, "has_rung load#1", 1, 1, 2),
            conformance.Step(1, "wait wait", 1, 1, 2)]
    GO_ON = [conformance.Step(1, "has_rung load#1", 2, 2, 2), conformance.Step(1, "winner load#1", 1, 1, 1)]

    def refusal(self, *steps):
        return conformance.refusal(conformance.Election, steps)

    def test_who_is_claimed_is_rung_and_fires_what_was_claimed(self):
        self.assertEqual(self.refusal(*self.WAIT, self.CLAIM, *self.RING, *self.GO_ON), "")

    def test_a_second_claim_that_succeeds_is_refused(self):
        second = conformance.Step(2, self.CLAIM.site, self.FREE, 0, 1)
        self.assertIn("where 1 is", self.refusal(*self.WAIT, self.CLAIM, second))

    def test_a_claim_that_fails_is_none(self):
        second = conformance.Step(2, self.CLAIM.site, 1, 1, 1)
        self.assertEqual(self.refusal(*self.WAIT, self.CLAIM, second, *self.RING, *self.GO_ON), "")
        self.assertIn("has not claimed", self.refusal(*self.WAIT, self.CLAIM, second, conformance.Step(2, "ring exchange#1", 1, 2, 2)))

    def test_a_ring_before_the_claim_and_a_claim_that_is_not_rung_are_refused(self):
        self.assertIn("has not claimed", self.refusal(*self.WAIT, self.RING[0], self.CLAIM, self.RING[1], *self.GO_ON))
        self.assertIn("thread 0 ends before ring", self.refusal(self.CLAIM))

    def test_who_goes_on_unrung_or_with_another_case_is_refused(self):
        self.assertIn("sleeps", self.refusal(*self.WAIT, self.CLAIM, *self.GO_ON))
        other = conformance.Step(1, "winner load#1", 0, 0, 1)
        self.assertIn("finds 0, where 1 is", self.refusal(*self.WAIT, self.CLAIM, *self.RING, self.GO_ON[0], other))


class Claims(Folder):
    def test_a_row_names_theorems_runs_and_what_ties_it(self):
        row = "| c | `iris/a.v` `t` `u`, `spin/m.pml` `r` | Coq | | | `iris/a.v` | |"
        one, = claims.read(self.write("README.md", f"{claims.HEAD}\n|---|---|---|---|---|---|---|\n{row}\n\nmore"))
        self.assertEqual((one.theorems, one.runs, one.ties), ([("iris/a", "t"), ("iris/a", "u")], [("m", "r")], ["iris/a.v"]))

    def test_a_row_that_names_nothing_is_an_error(self):
        with self.assertRaisesRegex(ValueError, "names no theorem"):
            claims.read(self.write("README.md", f"{claims.HEAD}\n|---|\n| c | somewhere | Coq | | | | |"))


if __name__ == "__main__":
    unittest.main()
