# SPDX-License-Identifier: BSL-1.0
"""The references hold together; and each way in which they could not is found."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import bibliography  # noqa: E402

ENTRY = """% a comment with a { brace
@article{knuth1975, author = {Donald E. Knuth}, title = {On {C++} and
  more}, year = {1975}, doi = {10.1000/1.2}, usedby = {a.hpp, b/c.hpp}
}
"""


class Planted(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for path in ("a.hpp", "b/c.hpp", "papers/references.bib", "papers/notes/n.md", "papers/report/r.tex"):
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).touch()
        self.write(ENTRY, "as in [@knuth1975], see [there](../../a.hpp)")

    def write(self, bib=None, note=None, report=None):
        for path, text in (("references.bib", bib), ("notes/n.md", note), ("report/r.tex", report)):
            if text is not None:
                (self.root / "papers" / path).write_text(text)

    def problems(self):
        return list(bibliography.problems(self.root / "papers", self.root))

    def test_an_entry_is_read_with_its_braces(self):
        one, = bibliography.read(ENTRY)
        self.assertEqual((one.kind, one.key, one.fields["title"]), ("article", "knuth1975", "On {C++} and more"))
        self.assertEqual(one.files("usedby"), ["a.hpp", "b/c.hpp"])

    def test_what_is_whole_has_no_problems(self):
        self.assertEqual(self.problems(), [])

    def test_a_file_that_is_gone_is_found(self):
        (self.root / "b/c.hpp").unlink()
        self.assertEqual(self.problems(), ["knuth1975 names b/c.hpp, which is not there"])

    def test_an_entry_without_doi_and_address_is_found(self):
        self.write(ENTRY.replace("10.1000/1.2", "1000"))
        self.assertEqual(self.problems(), ["knuth1975 has neither a DOI nor an address"])

    def test_an_entry_without_an_author_or_a_file_is_found(self):
        self.write(ENTRY.replace("author", "editor").replace("usedby", "used"))
        self.assertEqual(self.problems(), ["knuth1975 has no author", "knuth1975 names no file of this repository"])

    def test_an_entry_that_is_there_twice_is_found(self):
        self.write(ENTRY + ENTRY)
        self.assertEqual(self.problems(), ["knuth1975 is there twice"])

    def test_an_entry_that_nobody_cites_is_found_and_the_report_counts(self):
        self.write(note="nothing")
        self.assertEqual(self.problems(), ["knuth1975 is cited by no note and not by the report"])
        self.write(report=r"\cite{knuth1975}")
        self.assertEqual(self.problems(), [])

    def test_a_citation_of_nothing_is_found(self):
        self.write(report=r"\cite{knuth1975, dijkstra}")
        self.assertEqual(self.problems(), ["r.tex cites dijkstra, which references.bib does not have"])

    def test_a_link_to_nothing_is_found(self):
        self.write(note="[@knuth1975] [a](../../gone.hpp) [b](n.md#2) [c](#2)\n## 2\n[d](n.md#3)")
        self.assertEqual(self.problems(), ["n.md links to ../../gone.hpp, which is not there",
                                           "n.md links to n.md#3, and there is no such heading"])


class Ours(unittest.TestCase):
    def test_the_references_of_this_repository_hold_together(self):
        self.assertEqual(list(bibliography.problems(bibliography.ROOT / "papers", bibliography.ROOT)), [])

    def test_there_are_enough_of_them(self):
        text = (bibliography.ROOT / "papers/references.bib").read_text()
        self.assertGreaterEqual(len([e for e in bibliography.read(text) if "doi" in e.fields]), 60)


if __name__ == "__main__":
    unittest.main()
