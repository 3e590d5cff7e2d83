"""A header that leans on what others include is found, whichever root its unit starts from."""

import pathlib
import tempfile
import unittest

import headers_alone

HEADERS = {
    "sluice/base.hpp": "#pragma once\n#include <cstdint>\n",
    "sluice/sound.hpp": "#pragma once\n#include <sluice/base.hpp>\ninline std::uint32_t one() { return 1; }\n",
    "sluice/leaning.hpp": "#pragma once\n#include <sluice/base.hpp>\ninline std::vector<int> none() { return {}; }\n",
    "sluice/alone.hpp": "#pragma once\ninline std::uint32_t two() { return 2; }\n",
    "sluice/narrow.hpp": "#pragma once\n#include <sluice/sound.hpp>\ninline char low(std::uint32_t x) { return x; }\n",
}
ROOTS = ("sluice/base.hpp",)


class HeadersAlone(unittest.TestCase):
    def test_what_is_reached_through_others_counts_and_what_hangs_on_a_condition_does_not(self):
        headers = {"a": "#include <b>", "b": "#if X\n#  include <c>\n#endif\n#include <d>", "c": "", "d": "#include <a>"}
        self.assertEqual(headers_alone.reached_from("a", headers), {"a", "b", "d"})

    def test_a_unit_starts_from_the_first_root_that_its_header_includes(self):
        self.assertEqual(headers_alone.root_of("sluice/narrow.hpp", HEADERS, ("sluice/alone.hpp", *ROOTS)), *ROOTS)
        self.assertIsNone(headers_alone.root_of("sluice/alone.hpp", HEADERS, ROOTS))
        self.assertIsNone(headers_alone.root_of("sluice/base.hpp", HEADERS, ROOTS))

    def test_a_root_that_includes_the_header_is_none_of_its(self):
        around = {"a": "#include <b>", "b": "#include <a>"}
        self.assertIsNone(headers_alone.root_of("a", around, ("b",)))

    def test_what_is_missing_and_what_warns_is_found_with_a_root_and_without(self):
        with tempfile.TemporaryDirectory() as folder:
            project = pathlib.Path(folder)
            (project / "primitives/sluice").mkdir(parents=True)
            for name, text in HEADERS.items():
                (project / "primitives" / name).write_text(text)
            wrong = headers_alone.check(project, HEADERS, ROOTS)
        self.assertEqual(sorted(wrong), ["sluice/alone.hpp", "sluice/leaning.hpp", "sluice/narrow.hpp"])
        self.assertIn("vector", wrong["sluice/leaning.hpp"])
        self.assertIn("Wimplicit-int-conversion", wrong["sluice/narrow.hpp"])


if __name__ == "__main__":
    unittest.main()
