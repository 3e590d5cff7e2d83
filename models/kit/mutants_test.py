# SPDX-License-Identifier: BSL-1.0
"""Mutants and their table, from a header and sites that are written here."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from mutants import Mutant, Row, Source, Table, unowned, weaker  # noqa: E402

HEADER = """\
// Edges (release -> acquire)
//   [full]  push -> pop   constructed before moved out
void push() {
  word_.store(1, std::memory_order_release);  // [full] -> pop
  other_.store(1, std::memory_order_relaxed);
}
bool pop() {
  return word_.compare_exchange_strong(old, 2,
                                       std::memory_order_acq_rel,   // [full] <- push
                                       std::memory_order_acquire);  // [late] <- pop
}
void sleep() { Platform::fence_heavy(); }
void wait() { Platform::wait(word_, 1); }
"""
FILE = "primitives/sluice/thing.hpp"


def site(line, operation, order, which=0, function="push", **more):
    return {"file": f"/somewhere/{FILE}", "line": line, "function": function, "operation": operation, "order": order,
            "which": which, **more}


SITES = [site(4, "store", "release"), site(5, "store", "relaxed"),
         site(8, "compare_exchange_strong", "acq_rel", function="pop<int>"),
         site(8, "compare_exchange_strong", "acquire", which=1, function="pop<int>"),
         site(12, "fence_heavy", "seq_cst", function="sleep")]


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for path in (self.root / FILE, self.root / "models/thing/mutants"):
            path.parent.mkdir(parents=True)
        (self.root / FILE).write_text(HEADER)

    def source(self, sites):
        return Source(self.root, [FILE], sites)

    def table(self, *rows):
        (self.root / "models/thing/mutants").write_text("\n".join([f"# owns {FILE}", *rows]) + "\n")
        return Table(self.root, "thing")


class Steps(unittest.TestCase):
    def test_each_legal_step_is_taken_and_no_other(self):
        self.assertEqual(weaker("load", 0, "seq_cst"), ["acquire", "relaxed"])
        self.assertEqual(weaker("load", 0, "relaxed"), [])
        self.assertEqual(weaker("store", 0, "seq_cst"), ["release", "relaxed"])
        self.assertEqual(weaker("fetch_add", 0, "seq_cst"), ["acq_rel", "acquire", "release", "relaxed"])
        self.assertEqual(weaker("exchange", 0, "acq_rel"), ["acquire", "release", "relaxed"])
        self.assertEqual(weaker("compare_exchange_weak", 1, "seq_cst"), ["acquire", "relaxed"])
        self.assertEqual(weaker("compare_exchange_weak", 0, "release"), ["relaxed"])
        self.assertEqual(weaker("fence", 0, "acq_rel"), ["acquire", "release", "relaxed"])
        self.assertEqual(weaker("fence_light", 0, "seq_cst"), ["relaxed"])

    def test_a_strong_compare_exchange_is_made_weak_whatever_its_order(self):
        self.assertEqual(weaker("compare_exchange_strong", 0, "relaxed"), ["weak"])
        self.assertEqual(weaker("compare_exchange_strong", 0, "acquire"), ["relaxed", "weak"])
        self.assertEqual(weaker("compare_exchange_strong", 1, "acquire"), ["relaxed"])


class Mutants(Folder):
    def test_every_order_fence_and_strong_compare_exchange_has_its_mutants(self):
        found = [m.describe() for m in self.source(SITES).mutants()]
        self.assertEqual(found, [
            "thing.hpp:4 push store release -> relaxed [full]",
            "thing.hpp:8 pop compare_exchange_strong acq_rel -> acquire [full]",
            "thing.hpp:8 pop compare_exchange_strong acq_rel -> release [full]",
            "thing.hpp:8 pop compare_exchange_strong acq_rel -> relaxed [full]",
            "thing.hpp:8 pop compare_exchange_strong strong -> weak [full]",
            "thing.hpp:8 pop compare_exchange_strong (failure) acquire -> relaxed [late]",
            "thing.hpp:12 sleep fence_heavy left out "])

    def test_an_operation_is_named_by_its_place_among_its_like(self):
        m = self.source([site(5, "store", "release"), site(4, "store", "release")]).mutants()
        self.assertEqual([x.key for x in m], [f"{FILE} push store#1 success release relaxed",
                                              f"{FILE} push store#2 success release relaxed"])
        self.assertEqual(m[0].argument, f"{FILE}:4:store:0:relaxed")

    def test_what_the_engine_reads_for_itself_is_none_of_the_headers(self):
        self.assertEqual(self.source([site(13, "load", "acquire", function="wait")]).mutants(), [])

    def test_an_order_that_no_client_meets_is_named(self):
        self.assertEqual(list(self.source(SITES).unmet()), [])
        unmet = list(self.source(SITES[:2]).unmet())
        self.assertEqual([text.split(": ")[0] for text in unmet], [f"{FILE}:8", f"{FILE}:9", f"{FILE}:10", f"{FILE}:12"])

    def test_a_header_with_orders_that_no_table_owns_is_named(self):
        self.table()
        (self.root / "primitives/sluice/detail").mkdir()
        (self.root / "primitives/sluice/detail/part.hpp").write_text("\nx.load(std::memory_order_acquire);\n")
        (self.root / "primitives/sluice/plain.hpp").write_text("x.load(std::memory_order_relaxed);\n")
        (self.root / "primitives/sluice/platform_linux.hpp").write_text("x.load(std::memory_order_acquire);\n")
        self.assertEqual([text.split(": ")[0] for text in unowned(self.root)], ["primitives/sluice/detail/part.hpp:2"])

    def test_two_operations_on_a_line_cannot_be_told_apart(self):
        two = [site(4, "store", "release", column=3), site(4, "store", "release", column=30)]
        self.assertIn("more than one store", " ".join(self.source(SITES + two).unmet()))


class Tables(Folder):
    KEY = f"{FILE} push store#1 success release relaxed"

    def test_a_row_names_a_client_per_engine_or_one_for_either(self):
        self.assertEqual(Row.parse("-", "a", "").killers, {"": "a"})
        row = Row.parse("[x]", "explorer:a,relacy:b", "")
        self.assertEqual(row.killers, {"explorer": "a", "relacy": "b"})
        self.assertEqual(str(row), "[x] explorer:a,relacy:b")

    def test_a_row_that_nothing_kills_has_a_standing_and_a_reason(self):
        for word, standing in (("redundant", "redundant"), ("undecided", "undecided"), ("unkilled", "undecided")):
            row = Row.parse("-", word, "because of it")
            self.assertEqual((row.standing, row.killers, row.kept), (standing, {}, True))
        self.assertFalse(Row.parse("-", "undecided", "").kept)
        self.assertFalse(Row.parse("-", "-", "").kept)

    def test_what_the_table_lacks_or_has_too_much_is_said(self):
        m = self.source(SITES[:1]).mutants()
        self.assertEqual(list(self.table(f"{self.KEY} [full] explorer:flow").differences(m)), [])
        self.assertIn("has no row", " ".join(self.table().differences(m)))
        self.assertIn("no client kills", " ".join(self.table(f"{self.KEY} [full] -").differences(m)))
        self.assertIn("has edge [other]", " ".join(self.table(f"{self.KEY} [other] flow").differences(m)))
        self.assertIn("no longer there", " ".join(self.table(f"{self.KEY} [full] flow").differences([])))

    def test_a_broken_row_is_an_error_with_its_text(self):
        with self.assertRaisesRegex(ValueError, "8 columns or more, not 3: a b c"):
            self.table("a b c")

    def test_what_is_written_is_read_again(self):
        table = self.table()
        m = self.source(SITES[:1] + SITES[-1:]).mutants()
        table.write(m, {m[0].key: Row("", {"relacy": "b", "explorer": "a"}),
                        m[1].key: Row("", {}, "undecided", "because nobody knows yet")})
        again = Table(self.root, "thing")
        self.assertEqual(again.owned, [FILE])
        self.assertEqual({key: str(row) for key, row in again.rows.items()}, {
            m[0].key: "[full] explorer:a,relacy:b", m[1].key: "- undecided because nobody knows yet"})

    def test_a_primitive_without_a_table_owns_nothing(self):
        self.assertEqual((Table(self.root, "none").owned, Table(self.root, "none").rows), ([], {}))

    def test_a_mutant_says_what_it_is(self):
        m = Mutant(FILE, 7, "f", "fence", 1, 0, "seq_cst", "acq_rel", "[x]")
        self.assertEqual((m.step, m.part), ("seq_cst -> acq_rel", "success"))


if __name__ == "__main__":
    unittest.main()
