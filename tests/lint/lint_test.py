"""Each rule finds the fault that it is for, at its line, and leaves sound code alone."""

import unittest

import go_names
import lint
import readme_files
from cpp import Source

RING = """#pragma once
// Edges (release -> acquire)
//   [full]   push -> pop   constructed before moved out
//   [order]  both          seq_cst: forbids that both
//            find it empty
// Relaxed: the rest.
#include <atomic>
#include <sluice/platform.hpp>
template <class Platform>
class ring {
  void push() {
    turn_.store(1, std::memory_order_release);  // [full] -> pop
    tail_.fetch_add(1, std::memory_order_seq_cst);  // [order]
  }
  void pop() {
    while (!turn_.compare_exchange_weak(a, b, std::memory_order_acquire,  // [full]
                                        std::memory_order_relaxed)) {
    }
    // [order]
    head_.load(std::memory_order_seq_cst);
  }
  typename Platform::template atomic<int> turn_{0};
  typename Platform::template var<int> plain_;
};
"""
AT = "primitives/sluice/ring.hpp"


def findings(files):
    sources = {path: Source(path, text) for path, text in files.items()}
    return [(finding.path, finding.line, finding.message) for finding in lint.check(sources)]


class Lint(unittest.TestCase):
    def clean(self, files):
        self.assertEqual(findings(files), [])

    def found(self, files, line, words, path=None):
        path = path or next(iter(files))
        hits = [f for f in findings(files) if f[0] == path and f[1] == line and words in f[2]]
        self.assertTrue(hits, f"nothing about '{words}' at {path}:{line} in {findings(files)}")

    def ring(self, old, new):
        self.assertIn(old, RING)
        return {AT: RING.replace(old, new)}

    def test_sound_header(self):
        self.clean({AT: RING})


class Edges(Lint):
    def test_order_without_a_tag(self):
        self.found(self.ring("// [full] -> pop", ""), 12, "release without an edge")

    def test_tag_that_no_table_has(self):
        self.found(self.ring("// [full] -> pop", "// [ful] -> pop"), 12, "tag [ful] is in no table")

    def test_edge_without_its_acquiring_end(self):
        self.found(self.ring("memory_order_acquire,  // [full]", "memory_order_relaxed,"), 3, "no acquiring end")

    def test_edge_without_its_releasing_end(self):
        self.found(self.ring("memory_order_release);  // [full] -> pop", "memory_order_relaxed);"), 3, "no releasing end")

    def test_weakened_end(self):
        self.found(self.ring("memory_order_release)", "memory_order_relaxed)"), 3, "no releasing end")

    def test_one_place_for_both_ends(self):
        text = RING.replace("    // [order]\n", "").replace("head_.load(std::memory_order_seq_cst);", "")
        self.found({AT: text}, 4, "one place for both ends")

    def test_edge_that_the_code_does_not_have(self):
        self.found(self.ring("//   [order]", "//   [gone]   a -> b\n//   [order]"), 4, "edge [gone]")

    def test_seq_cst_that_forbids_nothing(self):
        self.found(self.ring("forbids that both", "is safer, if both"), 13, "seq_cst without a reason")

    def test_plain_names_of_orders(self):
        self.found(self.ring("std::memory_order_release);  // [full] -> pop", "release);"), 12, "release without an edge")

    def test_table_of_a_shared_part(self):
        shared = "#pragma once\ninline void f(auto& a) { a.store(1, std::memory_order_release); }  // [shared]\n"
        user = self.ring("//   [full]", "//   [shared]  f -> g  reason\n//   [full]")
        user[AT] = user[AT].replace("#include <atomic>", "#include <sluice/detail/f.hpp>")
        user[AT] = user[AT].replace("    // [order]", "    x_.load(std::memory_order_acquire);  // [shared]\n    // [order]")
        self.clean({**user, "primitives/sluice/detail/f.hpp": shared})
        self.found({"primitives/sluice/detail/f.hpp": shared}, 2, "tag [shared] is in no table")

    def test_prose_is_no_tag(self):
        self.clean(self.ring("// Relaxed: the rest.", "// Relaxed: the rest. Unlike event_count's [park] edge."))
        self.clean(self.ring("  void pop() {", "  void pop() {  // takes a[i] of [first, last) per [conqueue.pop]"))


class Seam(Lint):
    def test_around_the_platform(self):
        for what in ("std::atomic<int> x;", "std::mutex m;", "std::this_thread::yield();", "std::condition_variable c;",
                     "std::atomic_thread_fence(o);"):
            self.found(self.ring("  void pop() {", f"  {what}\n  void pop() {{"), 15, "goes around the Platform")

    def test_preprocessor(self):
        self.found(self.ring("class ring {", "#ifdef FAST\n#endif\nclass ring {"), 10, "#ifdef in a primitive")
        self.found(self.ring("class ring {", "#define FAST\nclass ring {"), 10, "#define in a primitive")

    def test_no_order(self):
        self.found(self.ring("tail_.fetch_add(1, std::memory_order_seq_cst)", "tail_.fetch_add(1)"), 13, "without an order")
        self.found(self.ring("  void pop() {", "  void pop() {\n    turn_.load();"), 16, "load without an order")

    def test_plain_data_has_no_order(self):
        self.clean(self.ring("  void pop() {", "  void pop() {\n    plain_.load();"))

    def test_the_platform_may(self):
        self.clean({"primitives/sluice/platform_linux.hpp": "#if defined(__linux__)\n#include <sched.h>\n"
                    "inline std::atomic<int> x{0};\n#endif\n"})

    def test_comments_do_not_count(self):
        self.clean(self.ring("// Relaxed", "// Unlike std::mutex, std::atomic::wait hashes\n// Relaxed"))


class Includes(Lint):
    FILES = {"primitives/sluice/platform.hpp": "", "primitives/sluice/ring.hpp": "", "primitives/sluice/detail/x.hpp": "",
             "models/kit/a.hpp": "", "models/kit/relacy_platform.hpp": "", "models/specs/queue.hpp": "",
             "models/ring/clients.hpp": "", "tests/kit/helper.hpp": ""}

    def check(self, path, include, allowed):
        text = f"#pragma once\n#include {include}\nstatic_assert(true);\n"
        files = {path: text, **{name: "" for name in self.FILES if name != path}}
        if allowed:
            self.clean(files)
        else:
            self.found(files, 2, "includes", path)

    def test_directions(self):
        for path, include, allowed in (
                ("primitives/sluice/a.hpp", "<vector>", True),
                ("primitives/sluice/a.hpp", "<sluice/detail/x.hpp>", True),
                ("primitives/sluice/a.hpp", "<kit/a.hpp>", False),
                ("primitives/sluice/a.hpp", "<specs/queue.hpp>", False),
                ("primitives/sluice/a.hpp", "<boost/context/fiber.hpp>", False),
                ("primitives/sluice/a.hpp", "<linux/futex.h>", False),
                ("primitives/sluice/platform_futex.hpp", "<linux/futex.h>", True),
                ("models/kit/b.hpp", "<sluice/platform.hpp>", True),
                ("models/kit/b.hpp", "<sluice/ring.hpp>", False),
                ("models/kit/b.hpp", "<sluice/detail/x.hpp>", False),
                ("models/kit/b.hpp", "<CLI/CLI.hpp>", True),
                ("models/kit/b.hpp", "<relacy/var.hpp>", False),
                ("models/kit/relacy_futex.hpp", "<relacy/var.hpp>", True),
                ("models/kit/b.hpp", "<ring/clients.hpp>", False),
                ("models/specs/stack.hpp", "<deque>", True),
                ("models/specs/stack.hpp", "<sluice/ring.hpp>", False),
                ("models/specs/stack.hpp", "<nlohmann/json.hpp>", False),
                ("models/ring/ring_relacy.cpp", "<sluice/ring.hpp>", True),
                ("models/ring/ring_relacy.cpp", '"clients.hpp"', True),
                ("models/ring/ring_relacy.cpp", "<kit/relacy_platform.hpp>", True),
                ("models/ring/ring_relacy.cpp", '"../../tests/kit/helper.hpp"', False),
                ("tests/kit/wrong/x_test.cpp", '"../helper.hpp"', True),
                ("tests/kit/wrong/x_test.cpp", "<relacy/var.hpp>", False),
                ("bench/ring_bench.cpp", "<sluice/ring.hpp>", True),
                ("bench/ring_bench.cpp", "<kit/a.hpp>", False),
                ("bench/explore/x_bench.cpp", "<kit/a.hpp>", True),
                ("bench/explore/x_bench.cpp", "<relacy/var.hpp>", False)):
            with self.subTest(path=path, include=include):
                self.check(path, include, allowed)


class Sizes(Lint):
    BODY = "  x();\n" * 39

    def test_long_header(self):
        self.found({"models/kit/a.hpp": "\n" * 301}, 301, "301 lines")
        self.clean({"models/kit/a.hpp": "\n" * 300})

    def test_long_function(self):
        for head in ("void f(int x)", "template <class T>\nvoid f(T x) noexcept(noexcept(T{}))",
                     "namespace a {\nclass c {\n public:\n  c(int x) : x_{x}, y_(g()), z_{1}"):
            with self.subTest(head=head):
                line = 1 + (2 + 1 if "class c" in head else 0)
                self.found({"models/kit/a.hpp": f"{head} {{\n{self.BODY}}}\n"}, line, "lines, more than 40")

    def test_short_functions_of_a_long_class(self):
        text = "class c {\n" + "  void f() {\n    if (a) { b(); }\n    for (;;) { c(); }\n  }\n" * 20 + "};\n"
        self.clean({"models/kit/a.hpp": text})


class LeftOvers(Lint):
    def test_words(self):
        for word in ("TODO: more", "FIXME", "XXX", "GTEST_SKIP()", "TEST(A, DISABLED_B)"):
            self.found({"README.md": f"fine\n{word}\n"}, 2, "left over")
        self.clean({"CHANGELOG.md": "TODO\n", "a.sh": "mktemp XXXXXX\n", "README.md": "`context.TODO()` is Go's\n"})

    def test_paths_of_one_machine(self):
        for path in ("/home/me/x", "/usr/local/bin/y", "/srv/main"):
            self.found({"a.json": f'{{\n"executable": "{path}"}}\n'}, 2, "a path of one machine")
        self.clean({"a.sh": "#!/usr/bin/env bash\npython=/usr/bin/python3\nls out/home/x\n"})

    def test_test_without_a_check(self):
        self.found({"tests/unit/a_test.cpp": "// EXPECT_TRUE\nint main() {}\n"}, 1, "no check in a test")
        self.clean({"tests/unit/a_test.cpp": "TEST(A, B) { EXPECT_TRUE(true); }\n"})


class GoNames(Lint):
    TEST = "// Section: Tasks\n  // Go: `go f()`\n  go(f);\n    // Go: a report\n    } catch (const error& e) {\nEXPECT_TRUE(e);\n"
    ROWS = ["| **Tasks** | |", "| `go f()` | `go(f);` |", "| a report | `catch (const error& e)` |"]

    def files(self, rows, begin=go_names.BEGIN):
        table = ["# Sluice", begin, "", "| Go | here |", "|---|---|", *rows, "", go_names.END, ""]
        return {go_names.README: "\n".join(table), go_names.TEST: self.TEST}

    def test_the_same_rows(self):
        self.clean(self.files(self.ROWS))

    def test_a_row_that_the_test_does_not_run(self):
        self.found(self.files([self.ROWS[0], "| `go f()` | `go(g);` |", self.ROWS[2]]), 7, "runs something else")

    def test_rows_that_are_missing(self):
        self.found(self.files(self.ROWS[:2]), 7, "2 rows, but")
        self.found(self.files([]), 1, "0 rows, but")

    def test_no_table(self):
        self.found(self.files(self.ROWS, "<!-- something else -->"), 1, "no table")


class ReadmeFiles(Lint):
    def files(self, shown, path="tests/a.hpp"):
        return {readme_files.README: f"# Sluice\n\n<!-- as in {path} -->\n```c++\n{shown}```\n", "tests/a.hpp": "#pragma once\nint a();\n"}

    def test_the_same_text(self):
        self.clean(self.files("#pragma once\nint a();\n"))

    def test_another_text(self):
        self.found(self.files("#pragma once\nint b();\n"), 3, "tests/a.hpp is otherwise")
        self.found(self.files("#pragma once\n"), 3, "tests/a.hpp is otherwise")

    def test_a_file_that_is_not_there(self):
        self.found(self.files("int a();\n", "tests/b.hpp"), 3, "shows tests/b.hpp, which is not there")


if __name__ == "__main__":
    unittest.main()
